//! Secrets of clients and APIs: made here, shown once, kept as SHA-256.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::rng::Rng;

/// 256 random bits in base64url.
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn generate(rng: &dyn Rng) -> Self {
        Self(URL_SAFE_NO_PAD.encode(rng.bytes::<32>()))
    }

    /// SHA-256 of the text. That is enough for what cannot be guessed.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref());
        hash
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRng;

    #[test]
    fn a_secret_has_256_bits_and_is_no_other() {
        let rng = SeededRng::new(1);
        let (one, other) = (Secret::generate(&rng), Secret::generate(&rng));
        assert_eq!(one.0.len(), 43);
        assert_ne!(one.hash(), other.hash());
        assert_eq!(URL_SAFE_NO_PAD.decode(one.into_text()).unwrap().len(), 32);
    }
}
