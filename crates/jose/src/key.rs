//! Private keys. Parsed once, so that a signature costs what the algorithm costs.

use core::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding,
};
use zeroize::Zeroizing;

use crate::jwk::{self, Jwk, Material};
use crate::{Alg, KeyError, SignError};

/// The longest signature: RSA with 8192 bits.
pub(crate) const MAX_SIGNATURE: usize = 1024;

/// A private key with its algorithm and its public half. The key id is the RFC 7638 thumbprint.
pub struct SigningKey {
    pair: Pair,
    public: Jwk,
    kid: String,
    /// The JSON header of every token this key signs, up to the value of `typ`.
    header: String,
}

enum Pair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// A new key; RSA keys have 2048 bits.
    pub fn generate(alg: Alg) -> Result<Self, KeyError> {
        let pair = match alg {
            Alg::Rs256 | Alg::Ps256 => RsaKeyPair::generate(KeySize::Rsa2048)
                .map(|pair| Pair::Rsa(pair, rsa_encoding(alg))),
            Alg::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::P256),
            Alg::EdDsa => Ed25519KeyPair::generate().map(Pair::Ed25519),
        };
        Self::new(alg, pair.map_err(|_| KeyError::Crypto)?)
    }

    /// Parses an unencrypted PKCS#8 private key (RFC 5208, RFC 8410).
    pub fn from_pkcs8(alg: Alg, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match alg {
            Alg::Rs256 | Alg::Ps256 => {
                RsaKeyPair::from_pkcs8(der).map(|pair| Pair::Rsa(pair, rsa_encoding(alg)))
            }
            Alg::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::P256)
            }
            Alg::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Pair::Ed25519),
        };
        Self::new(alg, pair.map_err(|_| KeyError::Pkcs8)?)
    }

    /// The private key as PKCS#8, to be sealed. It is erased from memory when dropped.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let copy = |der: &[u8]| Zeroizing::new(der.to_vec());
        let der = match &self.pair {
            Pair::Rsa(pair, _) => AsDer::<Pkcs8V1Der>::as_der(pair).map(|der| copy(der.as_ref())),
            Pair::P256(pair) => pair.to_pkcs8v1().map(|der| copy(der.as_ref())),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|der| copy(der.as_ref())),
        };
        der.map_err(|_| KeyError::Crypto)
    }

    /// The algorithm.
    pub fn alg(&self) -> Alg {
        self.public.alg
    }

    /// The public half, with `kid` and `alg`.
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// The key id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    pub(crate) fn signature_len(&self) -> usize {
        match &self.pair {
            Pair::Rsa(pair, _) => pair.public_modulus_len(),
            Pair::P256(_) | Pair::Ed25519(_) => 64,
        }
    }

    /// Writes the signature of `input` to `out`, which has [`Self::signature_len`] bytes.
    pub(crate) fn signature(&self, input: &[u8], out: &mut [u8]) -> Result<(), SignError> {
        match &self.pair {
            // The library draws its own randomness; the argument is kept for ring's sake.
            Pair::Rsa(pair, encoding) => pair.sign(*encoding, &SystemRandom::new(), input, out),
            Pair::P256(pair) => pair
                .sign(&SystemRandom::new(), input)
                .map(|signature| out.copy_from_slice(signature.as_ref())),
            Pair::Ed25519(pair) => pair
                .try_sign(input)
                .map(|signature| out.copy_from_slice(signature.as_ref())),
        }
        .map_err(|_| SignError::Crypto)
    }

    fn new(alg: Alg, pair: Pair) -> Result<Self, KeyError> {
        let public = Jwk::named_by_thumbprint(pair.public()?, alg);
        let kid = public.thumbprint();
        let header = format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":""#);
        Ok(Self {
            pair,
            public,
            kid,
            header,
        })
    }
}

impl Pair {
    fn public(&self) -> Result<Material, KeyError> {
        let material = match self {
            Self::Rsa(pair, _) => {
                let (n, e) = rsa_integers(pair.public_key().as_ref()).ok_or(KeyError::Crypto)?;
                return jwk::rsa(n.to_vec(), e.to_vec());
            }
            Self::P256(pair) => p256_coordinates(pair.public_key().as_ref()),
            Self::Ed25519(pair) => pair
                .public_key()
                .as_ref()
                .try_into()
                .ok()
                .map(|x| Material::Ed25519 { x }),
        };
        material.ok_or(KeyError::Crypto)
    }
}

/// Never shows the private half.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("alg", &self.alg())
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

fn rsa_encoding(alg: Alg) -> &'static dyn RsaEncoding {
    if alg == Alg::Ps256 {
        &RSA_PSS_SHA256
    } else {
        &RSA_PKCS1_SHA256
    }
}

/// The coordinates of an uncompressed point, `04 || x || y` (SEC 1 §2.3.3).
fn p256_coordinates(point: &[u8]) -> Option<Material> {
    let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
    Some(Material::P256 {
        x: x.try_into().ok()?,
        y: y.try_into().ok()?,
    })
}

/// The two numbers of an `RSAPublicKey` (RFC 8017 §A.1.1) without their sign octets.
fn rsa_integers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
        let (&[found, length], rest) = der.split_first_chunk()?;
        let (length, rest) = match length {
            0..0x80 => (usize::from(length), rest),
            0x82 => {
                let (&length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(length)), rest)
            }
            _ => return None,
        };
        if found == tag {
            rest.split_at_checked(length)
        } else {
            None
        }
    }
    fn unsigned(number: &[u8]) -> &[u8] {
        number.strip_prefix(&[0]).unwrap_or(number)
    }
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 0x02;

    let (sequence, _) = value(SEQUENCE, der)?;
    let (n, rest) = value(INTEGER, sequence)?;
    let (e, _) = value(INTEGER, rest)?;
    Some((unsigned(n), unsigned(e)))
}
