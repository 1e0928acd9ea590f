//! Proof Key for Code Exchange (RFC 7636), method S256 only.

use super::text::text_value;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

const CHALLENGE_BYTES: usize = 43;

text_value!(
    /// `code_challenge` (RFC 7636 §4.2): a SHA-256 digest in base64url, 43 characters.
    CodeChallenge, InvalidPkce
);

text_value!(
    /// `code_verifier` (RFC 7636 §4.1): 43 to 128 unreserved characters.
    CodeVerifier, InvalidPkce
);

/// Why a text is no challenge or verifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPkce {
    /// Not 43 characters of base64url that encode 32 bytes.
    #[error("code_challenge is not the base64url form of a SHA-256 digest (43 characters)")]
    Challenge,
    /// Wrong length or characters.
    #[error("code_verifier has 43 to 128 letters, digits, \"-\", \".\", \"_\" or \"~\"")]
    Verifier,
}

impl CodeChallenge {
    /// Reads a challenge.
    pub fn parse(text: &str) -> Result<Self, InvalidPkce> {
        let mut digest = [0; 33];
        match BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut digest) {
            Ok(32) => Ok(Self(text.into())),
            _ => Err(InvalidPkce::Challenge),
        }
    }

    /// Whether `digest`, the SHA-256 of the verifier, answers the challenge. The challenge is
    /// public, so the comparison need not hide its timing.
    pub fn is_answered_by(&self, digest: &[u8; 32]) -> bool {
        let mut encoded = [0; CHALLENGE_BYTES];
        BASE64_URL_SAFE_NO_PAD
            .encode_slice(digest, &mut encoded)
            .is_ok()
            && encoded == self.as_str().as_bytes()
    }
}

impl CodeVerifier {
    /// Reads a verifier.
    pub fn parse(text: &str) -> Result<Self, InvalidPkce> {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidPkce::Verifier)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const DIGEST: [u8; 32] = [
        19, 211, 30, 150, 26, 26, 216, 236, 47, 22, 177, 12, 76, 152, 46, 8, 118, 168, 120, 173,
        109, 241, 68, 86, 110, 225, 137, 74, 203, 112, 249, 195,
    ];

    #[test]
    fn the_example_of_the_rfc_answers() {
        assert!(CodeVerifier::parse(VERIFIER).is_ok());
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(challenge.is_answered_by(&DIGEST));
        let mut other = DIGEST;
        other[31] ^= 1;
        assert!(!challenge.is_answered_by(&other));
    }

    #[test]
    fn lengths_and_alphabets_are_checked() {
        for text in [
            "",
            &CHALLENGE[..42],
            &alloc::format!("{CHALLENGE}="),
            &CHALLENGE.replace('-', "+"),
            // The last character carries two bits that must be zero.
            &CHALLENGE.replace("cM", "cN"),
        ] {
            assert!(CodeChallenge::parse(text).is_err(), "{text}");
        }
        for text in [
            &VERIFIER[..42],
            &"a".repeat(129),
            &VERIFIER.replace('-', "+"),
        ] {
            assert!(CodeVerifier::parse(text).is_err(), "{text}");
        }
    }
}
