//! What an `error_description` may consist of.

use std::borrow::Cow;

/// A text as `error_description`: visible ASCII and spaces, without quotation marks and backslashes (RFC 6749
/// §4.1.2.1 and §5.2, RFC 6750 §3). Words may quote what a client sent, which is anything.
pub fn description(text: &str) -> Cow<'_, str> {
    let fits = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
    if text.chars().all(fits) {
        return text.into();
    }
    let fitting = text.chars().map(|c| match c {
        '"' | '\\' => '\'',
        c if fits(c) => c,
        _ => '?',
    });
    fitting.collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_replaced() {
        for (text, expected) in [
            ("the scope is unknown", "the scope is unknown"),
            (
                "the scope \"a\\b\" is unknown",
                "the scope 'a'b' is unknown",
            ),
            (
                "ä is given\r\n\tmore than once\u{7f}",
                "? is given???more than once?",
            ),
            ("", ""),
        ] {
            assert_eq!(description(text), expected);
        }
    }
}
