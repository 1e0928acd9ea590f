//! Values that the database must give back but must not know: private keys, TOTP secrets, client
//! secrets for symmetric use.
//!
//! A sealed value is bound to the table, row and column it lies in, so that nobody with write
//! access to the database can move one to where it does something else. The master key stays
//! outside of the database and of its backups; see `keys::master_file`.

use core::fmt;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use crate::aead::Aead;
use crate::rng::Rng;

/// 256 secret bits, erased from memory when dropped.
pub type Secret = Zeroizing<[u8; 32]>;

/// A secret for one purpose, derived from another (HKDF-SHA256, RFC 5869). One purpose never
/// reveals another, nor the secret behind them.
pub fn derive(secret: &Secret, purpose: &str) -> Secret {
    let mut out = Secret::default();
    Salt::new(HKDF_SHA256, b"chancery")
        .extract(secret.as_slice())
        .expand(&[purpose.as_bytes()], HKDF_SHA256)
        .and_then(|okm| okm.fill(out.as_mut_slice()))
        .expect("HKDF-SHA256 gives 32 bytes");
    out
}

/// Where a sealed value lies.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The primary key of the row.
    pub row: &'a [u8],
    /// The column.
    pub column: &'a str,
}

/// Why a sealed value did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a sealed value, or one of a later version.
    #[error("not a sealed value of a known version")]
    Malformed,
    /// The master key is not the one it was sealed under.
    #[error("sealed under another master key")]
    OtherMasterKey,
    /// It was altered, or it was sealed for another table, row or column.
    #[error("the sealed value was altered or belongs elsewhere")]
    Altered,
}

/// Seals and opens values of the database.
///
/// A sealed value is `version || key id || nonce || ciphertext || tag`. The key id is derived from
/// the key: it tells a wrong master key from an altered value, and later, old keys from new ones.
pub struct MasterKey {
    secret: Secret,
    id: [u8; KEY_ID_LEN],
    aead: Aead,
}

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 4;
const HEADER_LEN: usize = 1 + KEY_ID_LEN;

impl MasterKey {
    /// The master key with these bits.
    pub fn new(secret: Secret) -> Self {
        let derived = derive(&secret, "sealed value key id");
        let mut id = [0; KEY_ID_LEN];
        id.copy_from_slice(&derived[..KEY_ID_LEN]);
        let aead = Aead::new(&derive(&secret, "sealed values"));
        Self { secret, id, aead }
    }

    /// Seals a value for its place.
    pub fn seal(&self, place: Place<'_>, plaintext: &[u8], rng: &dyn Rng) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(HEADER_LEN + plaintext.len() + 28);
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.id);
        let context = context(&sealed, place);
        self.aead.seal(&mut sealed, &context, plaintext, rng);
        sealed
    }

    /// Opens a value in its place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (header, body) = sealed
            .split_at_checked(HEADER_LEN)
            .ok_or(SealError::Malformed)?;
        if header[0] != VERSION {
            return Err(SealError::Malformed);
        }
        if header[1..] != self.id {
            return Err(SealError::OtherMasterKey);
        }
        self.aead
            .open(&context(header, place), body)
            .ok_or(SealError::Altered)
    }

    /// A secret of its own for one purpose.
    pub fn derive(&self, purpose: &str) -> Secret {
        // The prefix keeps callers apart from the two derivations above.
        derive(&self.secret, &format!("purpose: {purpose}"))
    }
}

/// Never shows the key.
impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").finish_non_exhaustive()
    }
}

/// Header and place, each part behind its length: no two places read the same.
fn context(header: &[u8], place: Place<'_>) -> Vec<u8> {
    let mut context = header.to_vec();
    for part in [place.table.as_bytes(), place.row, place.column.as_bytes()] {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part);
    }
    context
}

#[cfg(test)]
mod tests {
    use super::{MasterKey, Place, SealError, Secret};
    use crate::rng::{SeededRng, SystemRng};

    const PLACE: Place<'_> = Place {
        table: "signing_key_material",
        row: b"kid-1",
        column: "sealed",
    };

    fn key(byte: u8) -> MasterKey {
        MasterKey::new(Secret::new([byte; 32]))
    }

    #[test]
    fn a_value_opens_in_its_place() {
        for value in [&b""[..], b"x", &[7; 5000]] {
            let sealed = key(1).seal(PLACE, value, &SystemRng);
            assert_eq!(key(1).open(PLACE, &sealed).unwrap().as_slice(), value);
        }
    }

    #[test]
    fn a_value_does_not_open_elsewhere() {
        let sealed = key(1).seal(PLACE, b"secret", &SystemRng);
        for elsewhere in [
            Place {
                table: "clients",
                ..PLACE
            },
            Place {
                row: b"kid-2",
                ..PLACE
            },
            Place { row: b"", ..PLACE },
            Place {
                column: "other",
                ..PLACE
            },
            Place {
                row: b"kid-1s",
                column: "ealed",
                ..PLACE
            },
            Place {
                table: "signing_key_materialk",
                row: b"id-1",
                ..PLACE
            },
        ] {
            assert_eq!(
                key(1).open(elsewhere, &sealed),
                Err(SealError::Altered),
                "{elsewhere:?}"
            );
        }
    }

    #[test]
    fn a_wrong_master_key_is_told_apart() {
        let sealed = key(1).seal(PLACE, b"secret", &SystemRng);
        assert_eq!(key(2).open(PLACE, &sealed), Err(SealError::OtherMasterKey));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealed = key(1).seal(PLACE, b"secret", &SystemRng);
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let expected = match bit / 8 {
                0 => SealError::Malformed,
                1..=4 => SealError::OtherMasterKey,
                _ => SealError::Altered,
            };
            assert_eq!(key(1).open(PLACE, &flipped), Err(expected), "bit {bit}");
        }
    }

    #[test]
    fn every_cut_and_addition_is_noticed() {
        let sealed = key(1).seal(PLACE, b"secret", &SystemRng);
        for length in 0..sealed.len() {
            assert!(key(1).open(PLACE, &sealed[..length]).is_err(), "{length}");
        }
        assert_eq!(key(1).open(PLACE, b""), Err(SealError::Malformed));
        assert_eq!(
            key(1).open(PLACE, &[sealed, vec![0]].concat()),
            Err(SealError::Altered)
        );
    }

    #[test]
    fn the_same_value_looks_different_each_time() {
        let rng = SeededRng::new(1);
        assert_ne!(
            key(1).seal(PLACE, b"secret", &rng),
            key(1).seal(PLACE, b"secret", &rng)
        );
    }

    #[test]
    fn purposes_and_keys_have_different_secrets() {
        let refresh = key(1).derive("refresh tokens");
        assert_eq!(refresh, key(1).derive("refresh tokens"));
        assert_ne!(refresh, key(1).derive("device cookies"));
        assert_ne!(refresh, key(2).derive("refresh tokens"));
        assert_ne!(refresh, Secret::new([1; 32]));
    }

    #[test]
    fn derivation_is_hkdf() {
        use aws_lc_rs::hmac;
        // RFC 5869 §2.2 and §2.3 for one block, by hand.
        let mac = |key: &[u8], data: &[u8]| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data)
                .as_ref()
                .to_vec()
        };
        let pseudorandom_key = mac(b"chancery", &[1; 32]);
        let expected = mac(&pseudorandom_key, b"purpose: x\x01");
        assert_eq!(key(1).derive("x").as_slice(), expected);
    }

    #[test]
    fn debug_output_hides_the_key() {
        assert_eq!(format!("{:?}", key(1)), "MasterKey { .. }");
    }
}
