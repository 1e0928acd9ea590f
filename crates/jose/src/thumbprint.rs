//! JWK thumbprints (RFC 7638, RFC 8037 §2): the SHA-256 of the required members in lexicographic
//! order. They name our own keys and bind tokens to the keys of others (`jkt`).

use aws_lc_rs::digest;
use base64::Engine as _;

use crate::URL_SAFE_NO_PAD;
use crate::jwk::{Jwk, Material};

impl Jwk {
    /// The thumbprint, 43 characters of base64url.
    pub fn thumbprint(&self) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let canonical = match &self.material {
            Material::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n))
            }
            Material::P256 { x, y } => {
                format!(
                    r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                    text(x),
                    text(y)
                )
            }
            Material::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x))
            }
        };
        text(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
    }
}
