//! Public JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2): RSA, EC P-256 and Ed25519.
//!
//! Parsing is strict about what it uses and ignores every other member. A [`Jwk`] has numbers of
//! the right size; that they are a usable key is checked by [`VerifyingKey`](crate::VerifyingKey).

use base64::Engine as _;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::{Alg, KeyError, URL_SAFE_NO_PAD, object};

/// A public signature key with the algorithm it is used with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Jwk {
    pub(crate) material: Material,
    pub(crate) alg: Alg,
    pub(crate) kid: Option<String>,
}

/// The numbers of a key, big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256 { x: [u8; 32], y: [u8; 32] },
    Ed25519 { x: [u8; 32] },
}

impl Jwk {
    /// Parses one key.
    pub fn parse(json: &[u8]) -> Result<Self, KeyError> {
        object::parse::<Wire>(json)
            .ok_or(KeyError::Malformed)?
            .try_into()
    }

    /// Parses a key set (RFC 7517 §5) and leaves out the keys that are of no use here: other
    /// types, other purposes, malformed or weak ones. A private key is an error nevertheless:
    /// its owner has to hear of it.
    pub fn parse_set(json: &[u8]) -> Result<Vec<Self>, KeyError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = object::parse(json).ok_or(KeyError::Malformed)?;
        let mut keys = Vec::with_capacity(set.keys.len());
        for value in set.keys {
            match serde_json::from_value::<Wire>(value).map(Self::try_from) {
                Ok(Ok(key)) => keys.push(key),
                Ok(Err(KeyError::Private)) => return Err(KeyError::Private),
                Ok(Err(_)) | Err(_) => {}
            }
        }
        Ok(keys)
    }

    /// The algorithm: the `alg` member, or else ES256, RS256 or EdDSA by the type of the key.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// The key id its owner gave it.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// A public key named by its own thumbprint.
    pub(crate) fn named_by_thumbprint(material: Material, alg: Alg) -> Self {
        let mut key = Self {
            material,
            alg,
            kid: None,
        };
        key.kid = Some(key.thumbprint());
        key
    }
}

impl Material {
    fn default_alg(&self) -> Alg {
        match self {
            Self::Rsa { .. } => Alg::Rs256,
            Self::P256 { .. } => Alg::Es256,
            Self::Ed25519 { .. } => Alg::EdDsa,
        }
    }

    pub(crate) fn fits(&self, alg: Alg) -> bool {
        alg == self.default_alg() || (matches!(self, Self::Rsa { .. }) && alg == Alg::Ps256)
    }
}

/// The JSON form.
#[derive(Default, Serialize, Deserialize)]
struct Wire {
    kty: String,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ops: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    /// The private part of every asymmetric type.
    #[serde(skip_serializing)]
    d: Option<IgnoredAny>,
    /// The whole of a symmetric key.
    #[serde(skip_serializing)]
    k: Option<IgnoredAny>,
}

impl TryFrom<Wire> for Jwk {
    type Error = KeyError;

    fn try_from(wire: Wire) -> Result<Self, KeyError> {
        if wire.d.is_some() || wire.k.is_some() {
            return Err(KeyError::Private);
        }
        let verifies = |ops: &[String]| ops.iter().any(|op| op == "verify");
        if wire.usage.is_some_and(|usage| usage != "sig")
            || wire.key_ops.is_some_and(|ops| !verifies(&ops))
        {
            return Err(KeyError::NotForSignatures);
        }
        let material = match (wire.kty.as_str(), wire.crv.as_deref()) {
            ("RSA", _) => rsa(bytes("n", wire.n)?, bytes("e", wire.e)?)?,
            ("EC", Some("P-256")) => Material::P256 {
                x: coordinate("x", wire.x)?,
                y: coordinate("y", wire.y)?,
            },
            ("OKP", Some("Ed25519")) => Material::Ed25519 {
                x: coordinate("x", wire.x)?,
            },
            ("EC" | "OKP", None) => return Err(KeyError::Missing("crv")),
            _ => return Err(KeyError::Unsupported),
        };
        let alg = match wire.alg {
            Some(name) => Alg::parse(&name).ok_or(KeyError::Unsupported)?,
            None => material.default_alg(),
        };
        if !material.fits(alg) {
            return Err(KeyError::Unsupported);
        }
        Ok(Self {
            material,
            alg,
            kid: wire.kid,
        })
    }
}

impl From<Jwk> for Wire {
    fn from(key: Jwk) -> Self {
        let text = |bytes: &[u8]| Some(URL_SAFE_NO_PAD.encode(bytes));
        let wire = Self {
            usage: Some("sig".into()),
            alg: Some(key.alg.as_str().into()),
            kid: key.kid,
            ..Self::default()
        };
        match key.material {
            Material::Rsa { n, e } => Self {
                kty: "RSA".into(),
                n: text(&n),
                e: text(&e),
                ..wire
            },
            Material::P256 { x, y } => Self {
                kty: "EC".into(),
                crv: Some("P-256".into()),
                x: text(&x),
                y: text(&y),
                ..wire
            },
            Material::Ed25519 { x } => Self {
                kty: "OKP".into(),
                crv: Some("Ed25519".into()),
                x: text(&x),
                ..wire
            },
        }
    }
}

fn bytes(name: &'static str, value: Option<String>) -> Result<Vec<u8>, KeyError> {
    let text = value.ok_or(KeyError::Missing(name))?;
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| KeyError::Malformed)
}

/// A coordinate has its full length, leading zeros included (RFC 7518 §6.2.1.2).
fn coordinate(name: &'static str, value: Option<String>) -> Result<[u8; 32], KeyError> {
    bytes(name, value)?
        .try_into()
        .map_err(|_| KeyError::Invalid)
}

/// An RSA key of 2048 to 8192 bits whose exponent is odd, above 1 and short: a long one would make
/// every verification slow. Both numbers come without leading zeros (RFC 7518 §6.3.1).
pub(crate) fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<Material, KeyError> {
    let minimal = |number: &[u8]| number.first().is_some_and(|&first| first != 0);
    let odd = |number: &[u8]| number.last().is_some_and(|&last| last % 2 == 1);
    if !minimal(&n) || !minimal(&e) || !odd(&n) || !odd(&e) || e == [1] || e.len() > 4 {
        return Err(KeyError::Invalid);
    }
    let bits = n.len() * 8 - n[0].leading_zeros() as usize;
    match bits {
        0..2048 => Err(KeyError::Weak),
        2048..=8192 => Ok(Material::Rsa { n, e }),
        _ => Err(KeyError::Invalid),
    }
}
