//! The checks on what comes back through the browser (RFC 6749 §4.1.2, RFC 9207 §2.4).
//! Everything here was handed over by the browser, so nothing is believed before `state` and `iss` match.

use serde::Deserialize;

/// What was remembered in the session when the browser was sent away.
#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) state: String,
    pub(crate) nonce: String,
    /// The PKCE secret (RFC 7636), which only the token endpoint gets to see.
    pub(crate) verifier: String,
    /// The API to call afterwards; `None` is a plain sign-in.
    pub(crate) api: Option<String>,
}

/// The query of the redirect URI.
#[derive(Default, Deserialize)]
pub(crate) struct Callback {
    pub(crate) code: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) iss: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) error_description: Option<String>,
}

/// Why an answer is not used.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum CallbackError {
    #[error("this answer belongs to no sign-in that this browser started")]
    State,
    #[error("this answer does not name the identity provider that the browser was sent to")]
    Issuer,
    #[error("{error}: {description}")]
    Refused { error: String, description: String },
    #[error("the answer holds neither a code nor an error")]
    Empty,
}

/// The authorization code, if the answer is one to `pending` and comes from `issuer`.
pub(crate) fn check(
    answer: Callback,
    pending: &Pending,
    issuer: &str,
) -> Result<String, CallbackError> {
    if answer.state.as_deref() != Some(pending.state.as_str()) {
        return Err(CallbackError::State);
    }
    // Compared as strings, without normalization; errors carry `iss` as well (RFC 9207 §2).
    if answer.iss.as_deref() != Some(issuer) {
        return Err(CallbackError::Issuer);
    }
    if let Some(error) = answer.error {
        let description = answer.error_description.unwrap_or_default();
        return Err(CallbackError::Refused { error, description });
    }
    answer.code.ok_or(CallbackError::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";

    fn pending() -> Pending {
        Pending {
            state: "s1".into(),
            nonce: "n1".into(),
            verifier: "v1".into(),
            api: None,
        }
    }

    fn answer() -> Callback {
        Callback {
            code: Some("c1".into()),
            state: Some("s1".into()),
            iss: Some(ISSUER.into()),
            ..Callback::default()
        }
    }

    #[test]
    fn the_answer_to_our_own_request_gives_its_code() {
        assert_eq!(check(answer(), &pending(), ISSUER), Ok("c1".into()));
    }

    #[test]
    fn another_state_or_none_is_refused() {
        for state in [None, Some("s2".into()), Some(String::new())] {
            let forged = Callback { state, ..answer() };
            assert_eq!(check(forged, &pending(), ISSUER), Err(CallbackError::State));
        }
    }

    #[test]
    fn an_answer_of_another_issuer_is_refused_even_with_our_state() {
        for iss in [
            None,
            Some("https://evil.example".into()),
            Some("https://id.example/".into()),
        ] {
            let mixed_up = Callback { iss, ..answer() };
            assert_eq!(
                check(mixed_up, &pending(), ISSUER),
                Err(CallbackError::Issuer)
            );
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_identity_provider() {
        let refused = Callback {
            code: None,
            error: Some("access_denied".into()),
            error_description: Some("not in the group".into()),
            ..answer()
        };
        assert_eq!(
            check(refused, &pending(), ISSUER).unwrap_err().to_string(),
            "access_denied: not in the group"
        );
    }

    #[test]
    fn a_refusal_from_elsewhere_is_not_believed() {
        let forged = Callback {
            error: Some("access_denied".into()),
            iss: None,
            ..answer()
        };
        assert_eq!(
            check(forged, &pending(), ISSUER),
            Err(CallbackError::Issuer)
        );
    }

    #[test]
    fn an_answer_without_code_and_error_is_refused() {
        let empty = Callback {
            code: None,
            ..answer()
        };
        assert_eq!(check(empty, &pending(), ISSUER), Err(CallbackError::Empty));
    }
}
