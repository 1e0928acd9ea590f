//! Small values that browsers and clients carry for us and can neither read nor change: opaque
//! access tokens, the state of a login.
//!
//! Each value is bound to its purpose, so that one kind never passes for another. When it expires
//! is part of the value and the caller's to check.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::aead::Aead;
use crate::rng::Rng;
use crate::seal::{Secret, derive};

/// Seals and opens such values.
pub struct TokenCipher(Aead);

const VERSION: u8 = 1;

impl TokenCipher {
    /// The cipher under a realm's root secret.
    pub fn new(root: &Secret) -> Self {
        Self(Aead::new(&derive(root, "token cipher")))
    }

    /// Seals a value: base64url, fit for cookies, headers and URLs.
    ///
    /// # Panics
    /// If the value does not serialise to JSON, which is a property of its type.
    pub fn seal_for(&self, purpose: &'static str, value: &impl Serialize, rng: &dyn Rng) -> String {
        let plaintext = serde_json::to_vec(value).expect("the type serialises to JSON");
        self.seal_bytes(purpose, &plaintext, rng)
    }

    /// Seals bytes, in the same way.
    pub fn seal_bytes(&self, purpose: &'static str, plaintext: &[u8], rng: &dyn Rng) -> String {
        let mut sealed = vec![VERSION];
        self.0.seal(&mut sealed, &context(purpose), plaintext, rng);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The value, if it was sealed here and for this purpose.
    pub fn open_for<T: DeserializeOwned>(&self, purpose: &'static str, text: &str) -> Option<T> {
        serde_json::from_slice(&self.open_bytes(purpose, text)?).ok()
    }

    /// The bytes, if they were sealed here and for this purpose.
    pub fn open_bytes(&self, purpose: &'static str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let sealed = sealed.strip_prefix(&[VERSION])?;
        self.0.open(&context(purpose), sealed)
    }
}

fn context(purpose: &str) -> Vec<u8> {
    [&[VERSION], purpose.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use proptest::prelude::*;

    use super::{TokenCipher, URL_SAFE_NO_PAD};
    use crate::rng::{SeededRng, SystemRng};
    use crate::seal::Secret;

    const LOGIN: &str = "login";

    fn cipher(byte: u8) -> TokenCipher {
        TokenCipher::new(&Secret::new([byte; 32]))
    }

    fn open(text: &str) -> Option<(String, i64)> {
        cipher(1).open_for(LOGIN, text)
    }

    fn sealed() -> String {
        cipher(1).seal_for(LOGIN, &("älice", 7), &SystemRng)
    }

    #[test]
    fn a_value_comes_back() {
        assert_eq!(open(&sealed()), Some(("älice".into(), 7)));
    }

    #[test]
    fn another_purpose_or_key_does_not_open_it() {
        let text = sealed();
        assert_eq!(
            cipher(1).open_for::<(String, i64)>("access token", &text),
            None
        );
        assert_eq!(cipher(1).open_for::<(String, i64)>("", &text), None);
        assert_eq!(cipher(2).open_for::<(String, i64)>(LOGIN, &text), None);
    }

    #[test]
    fn another_form_does_not_open_it() {
        assert_eq!(cipher(1).open_for::<String>(LOGIN, &sealed()), None);
        assert_eq!(open(&format!("{}=", sealed())), None);
        assert_eq!(open(&format!("{} ", sealed())), None);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = URL_SAFE_NO_PAD.decode(sealed()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&URL_SAFE_NO_PAD.encode(flipped)), None, "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(
                open(&URL_SAFE_NO_PAD.encode(&bytes[..length])),
                None,
                "{length}"
            );
        }
    }

    #[test]
    fn the_same_value_looks_different_each_time() {
        let rng = SeededRng::new(1);
        assert_ne!(
            cipher(1).seal_for(LOGIN, &1, &rng),
            cipher(1).seal_for(LOGIN, &1, &rng)
        );
    }

    proptest! {
        #[test]
        fn nothing_made_up_opens(text in "[A-Za-z0-9_-]{0,200}|.*") {
            prop_assert_eq!(cipher(1).open_for::<serde_json::Value>(LOGIN, &text), None);
        }
    }
}
