//! Reasons in words (CAEP 1.0 §2, `reason_admin`).

use shared_signals::event::Localized;

/// A reason in English; none where there are no words.
pub(in crate::ssf) fn english(words: &str) -> Option<Localized> {
    Localized::new("en", words).ok()
}
