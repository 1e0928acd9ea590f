//! Authenticated encryption with a random nonce: `nonce || ciphertext || tag`.
//!
//! AES-256-GCM-SIV (RFC 8452) and not plain GCM: nonces are random, one key seals a great many
//! values, and a restored machine may draw the same randomness twice. Here a repeated nonce only
//! shows that two values are equal.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::rng::Rng;

const TAG_LEN: usize = 16;

/// A key, expanded once.
pub(crate) struct Aead(LessSafeKey);

impl Aead {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM_SIV, key).expect("the key has 256 bits");
        Self(LessSafeKey::new(key))
    }

    /// Appends the sealed `plaintext` to `out`. It opens only with the same `context`.
    pub(crate) fn seal(&self, out: &mut Vec<u8>, context: &[u8], plaintext: &[u8], rng: &dyn Rng) {
        let nonce: [u8; NONCE_LEN] = rng.bytes();
        out.reserve(NONCE_LEN + plaintext.len() + TAG_LEN);
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(plaintext);
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context),
                &mut out[start..],
            )
            .expect("the plaintext is shorter than 64 GiB");
        out.extend_from_slice(tag.as_ref());
    }

    /// The plaintext, or nothing if key, context or any bit is another.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(context),
                &mut buffer,
            )
            .ok()?
            .len();
        buffer.truncate(length);
        Some(buffer)
    }
}
