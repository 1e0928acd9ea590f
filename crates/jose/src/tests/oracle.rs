//! Round trips against `jsonwebtoken`, in both directions and with every algorithm.

use jsonwebtoken::jwk::{Jwk as OracleJwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};

use super::key;
use crate::{Alg, SigningKey, Typ, VerifyingKey};

fn algorithm(alg: Alg) -> Algorithm {
    alg.as_str().parse().unwrap()
}

fn encoding_key(key: &SigningKey) -> EncodingKey {
    let pkcs8 = key.to_pkcs8().unwrap();
    match key.alg() {
        // The oracle wants PKCS#1: with RSA-2048 it starts behind 26 bytes of PKCS#8.
        Alg::Rs256 | Alg::Ps256 => EncodingKey::from_rsa_der(&pkcs8[26..]),
        Alg::Es256 => EncodingKey::from_ec_der(&pkcs8),
        Alg::EdDsa => EncodingKey::from_ed_der(&pkcs8),
    }
}

fn claims() -> Value {
    json!({ "iss": "https://id.example", "sub": "älice", "exp": 4_000_000_000_u64, "n": [1, null] })
}

#[test]
fn the_oracle_accepts_what_we_sign() {
    for alg in Alg::ALL {
        let key = key(alg);
        let token = key.sign(Typ::AT_JWT, &claims()).unwrap();
        let jwk: OracleJwk =
            serde_json::from_str(&serde_json::to_string(key.public()).unwrap()).unwrap();
        assert_eq!(jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), key.kid());
        let mut validation = Validation::new(algorithm(alg));
        validation.validate_aud = false;
        let data =
            decode::<Value>(&token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap();
        assert_eq!(data.claims, claims());
        assert_eq!(data.header.typ.as_deref(), Some("at+jwt"));
        assert_eq!(data.header.kid.as_deref(), Some(key.kid()));
    }
}

#[test]
fn we_accept_what_the_oracle_signs() {
    for alg in Alg::ALL {
        let key = key(alg);
        let token = encode(&Header::new(algorithm(alg)), &claims(), &encoding_key(key)).unwrap();
        let verified = VerifyingKey::from_jwk(key.public())
            .unwrap()
            .verify(&token, Typ::JWT)
            .unwrap();
        assert_eq!(verified.claims::<Value>().unwrap(), claims());
    }
}
