//! What can be wrong with a key or a token. No message ever contains key or token material.

/// Why a key, or a set of keys, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a JSON object, a member of the wrong type, or not unpadded base64url.
    #[error("the key is not a well-formed JWK")]
    Malformed,
    /// A member that this key type requires is not there.
    #[error("the key lacks the member {0:?}")]
    Missing(&'static str),
    /// `kty`, `crv` or `alg` outside of what this crate knows, or not belonging together.
    #[error("the key's type, curve or algorithm is not supported")]
    Unsupported,
    /// `use` or `key_ops` say that it does not verify signatures.
    #[error("the key is not meant for signatures")]
    NotForSignatures,
    /// A private or symmetric key where a public one belongs.
    #[error("the key contains private material")]
    Private,
    /// RSA below 2048 bits.
    #[error("the RSA key is smaller than 2048 bits")]
    Weak,
    /// Numbers that are no key: wrong length, a point off the curve, an even exponent.
    #[error("the key's numbers do not form a valid key")]
    Invalid,
    /// The private key is not PKCS#8 of the expected algorithm.
    #[error("the private key is not PKCS#8 of the expected algorithm")]
    Pkcs8,
    /// The cryptographic library could not generate or export a key.
    #[error("the cryptographic library failed")]
    Crypto,
    /// Two keys of a set share a `kid`.
    #[error("two keys of the set share a key id")]
    DuplicateKid,
    /// Two keys of a set would sign with the same algorithm.
    #[error("two keys of the set are active for {0}")]
    TwoActive(crate::Alg),
}

/// Why a token could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The claims do not serialise to a JSON object.
    #[error("the claims are not a JSON object")]
    Claims,
    /// The cryptographic library refused to sign.
    #[error("the cryptographic library failed")]
    Crypto,
}

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN`](crate::MAX_TOKEN).
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of unpadded base64url with a JSON object as the header.
    #[error("the token is not a compact JWS")]
    Malformed,
    /// `alg` is `none`, symmetric or unknown.
    #[error("the token's algorithm is not supported")]
    UnsupportedAlgorithm,
    /// `alg` is not the algorithm of the key.
    #[error("the token's algorithm is not the key's")]
    WrongAlgorithm,
    /// `typ` is not the expected one.
    #[error("the token is of another type")]
    WrongType,
    /// A `crit` header: no extension is understood (RFC 7515 §4.1.11).
    #[error("the token demands an extension")]
    Critical,
    /// No published key has the token's `kid`, or it has none.
    #[error("the token's key is not known")]
    UnknownKey,
    /// The signature does not verify.
    #[error("the token's signature is not valid")]
    BadSignature,
    /// The payload is not an object with the expected members.
    #[error("the token's claims are not of the expected form")]
    Claims,
}
