//! What an operator reads about an attempt: short, and of nothing but printable characters.

use std::fmt::Display;

use crate::outbound::Answer;

/// How many characters are kept.
const LENGTH: usize = 300;

/// An answer in words: its status, and how its body begins.
pub(super) fn said(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    match body.trim() {
        "" => format!("status {}", answer.status),
        body => clean(format!("status {}: {body}", answer.status)),
    }
}

/// The beginning of a text, on one line. No control character is left: a database may not store one, and a
/// terminal may obey it.
pub(super) fn clean(text: impl Display) -> String {
    let text = text.to_string();
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &[u8]) -> Answer {
        Answer {
            status,
            retry_after: None,
            content_type: None,
            body: body.to_owned(),
        }
    }

    #[test]
    fn an_answer_is_one_short_line() {
        assert_eq!(said(&answer(202, b"")), "status 202");
        assert_eq!(
            said(&answer(400, b" {\"err\":\0\n1}\xff")),
            "status 400: {\"err\":  1}\u{fffd}"
        );
        assert_eq!(said(&answer(500, &[b'x'; 9_000])).chars().count(), LENGTH);
        assert_eq!(clean("\u{1b}[31mred"), " [31mred");
    }
}
