//! Tokens by someone who wants in.

use base64::Engine as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::key;
use crate::{Alg, Jwk, MAX_TOKEN, SignError, SigningKey, TokenError, Typ, URL_SAFE_NO_PAD};
use crate::{Unverified, VerifyingKey};

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with this header, signed by the key whatever the header says.
fn signed(key: &SigningKey, header: &str, payload: &str) -> String {
    let input = format!("{}.{}", b64(header), b64(payload));
    let mut signature = vec![0; key.signature_len()];
    key.signature(input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", b64(signature))
}

fn verify(alg: Alg, token: &str, typ: Typ) -> Result<Value, TokenError> {
    VerifyingKey::from_jwk(key(alg).public())
        .unwrap()
        .verify(token, typ)?
        .claims()
}

#[test]
fn any_changed_character_is_noticed() {
    for alg in Alg::ALL {
        let token = key(alg).sign(Typ::JWT, &json!({ "sub": "alice" })).unwrap();
        assert!(verify(alg, &token, Typ::JWT).is_ok());
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' {
                b'B'
            } else {
                b'A'
            };
            let changed = String::from_utf8(changed).unwrap();
            assert!(
                verify(alg, &changed, Typ::JWT).is_err(),
                "{alg} at {position}"
            );
        }
    }
}

#[test]
fn the_header_does_not_choose_the_algorithm() {
    for alg in Alg::ALL {
        for other in Alg::ALL.into_iter().filter(|other| *other != alg) {
            let token = key(other).sign(Typ::JWT, &json!({})).unwrap();
            assert_eq!(
                verify(alg, &token, Typ::JWT),
                Err(TokenError::WrongAlgorithm)
            );
            let lie = signed(key(alg), &format!(r#"{{"alg":"{other}"}}"#), "{}");
            assert_eq!(verify(alg, &lie, Typ::JWT), Err(TokenError::WrongAlgorithm));
        }
    }
}

#[test]
fn unsigned_and_symmetric_tokens_are_refused() {
    for name in [
        "none", "None", "NONE", "", "HS256", "es256", "ES256K", "RS512",
    ] {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        for token in [
            format!("{}.{}.", b64(&header), b64("{}")),
            signed(key(Alg::Es256), &header, "{}"),
        ] {
            assert_eq!(
                verify(Alg::Es256, &token, Typ::JWT),
                Err(TokenError::UnsupportedAlgorithm),
                "{name}"
            );
        }
    }
    let unsigned = format!("{}.{}.", b64(r#"{"alg":"ES256"}"#), b64("{}"));
    assert_eq!(
        verify(Alg::Es256, &unsigned, Typ::JWT),
        Err(TokenError::BadSignature)
    );
}

#[test]
fn another_key_of_the_same_algorithm_does_not_verify() {
    let other = SigningKey::generate(Alg::Es256).unwrap();
    let token = other.sign(Typ::JWT, &json!({})).unwrap();
    assert_eq!(
        verify(Alg::Es256, &token, Typ::JWT),
        Err(TokenError::BadSignature)
    );
}

#[test]
fn another_type_of_token_is_refused() {
    let token = key(Alg::Es256).sign(Typ::LOGOUT_JWT, &json!({})).unwrap();
    assert_eq!(
        verify(Alg::Es256, &token, Typ::JWT),
        Err(TokenError::WrongType)
    );
    assert_eq!(
        verify(Alg::Es256, &token, Typ::AT_JWT),
        Err(TokenError::WrongType)
    );
    assert_eq!(verify(Alg::Es256, &token, Typ::LOGOUT_JWT), Ok(json!({})));
}

#[test]
fn a_critical_extension_is_refused_even_if_it_is_empty() {
    for crit in [r#"["b64"]"#, "[]", "null", "false"] {
        let header = format!(r#"{{"alg":"ES256","b64":false,"crit":{crit}}}"#);
        let token = signed(key(Alg::Es256), &header, "{}");
        assert_eq!(
            verify(Alg::Es256, &token, Typ::JWT),
            Err(TokenError::Critical),
            "{crit}"
        );
    }
}

#[test]
fn a_header_that_is_no_plain_object_is_refused() {
    for header in [
        "",
        "null",
        "[]",
        r#"["ES256",null,null]"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":null}"#,
        r#"{"alg":["ES256"]}"#,
        r#"{"alg":"ES256","alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":7}"#,
        r#"{"alg":"ES256"} "x""#,
        "{\"alg\":\"ES256\",\"kid\":\"\u{0}\"}",
    ] {
        let token = signed(key(Alg::Es256), header, "{}");
        assert_eq!(
            verify(Alg::Es256, &token, Typ::JWT),
            Err(TokenError::Malformed),
            "{header}"
        );
    }
}

#[test]
fn the_form_of_a_token_is_strict() {
    let token = key(Alg::Es256).sign(Typ::JWT, &json!({})).unwrap();
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let long = b64([0; 1100]);
    for wrong in [
        String::new(),
        "..".into(),
        rest.into(),
        format!("{token}="),
        format!("{token}."),
        format!(".{token}"),
        format!("{token} "),
        format!("{rest}.{signature}.{signature}"),
        format!("{rest}.{long}"),
    ] {
        assert_eq!(
            verify(Alg::Es256, &wrong, Typ::JWT),
            Err(TokenError::Malformed),
            "{wrong}"
        );
    }
}

#[test]
fn a_token_is_read_up_to_16_kib() {
    let fill = |length: usize| json!({ "a": "x".repeat(length) });
    let fits = key(Alg::EdDsa).sign(Typ::JWT, &fill(12_100)).unwrap();
    assert!(fits.len() <= MAX_TOKEN);
    assert!(verify(Alg::EdDsa, &fits, Typ::JWT).is_ok());
    let long = key(Alg::EdDsa).sign(Typ::JWT, &fill(12_200)).unwrap();
    assert!(long.len() > MAX_TOKEN);
    assert_eq!(
        verify(Alg::EdDsa, &long, Typ::JWT),
        Err(TokenError::TooLong)
    );
}

#[test]
fn claims_are_an_object() {
    for claims in [json!([1]), json!("x"), json!(null)] {
        assert_eq!(
            key(Alg::EdDsa).sign(Typ::JWT, &claims),
            Err(SignError::Claims)
        );
    }
    for payload in ["[]", "null", "", "{", "{}{}"] {
        let token = signed(key(Alg::EdDsa), r#"{"alg":"EdDSA"}"#, payload);
        assert_eq!(
            verify(Alg::EdDsa, &token, Typ::JWT),
            Err(TokenError::Claims),
            "{payload}"
        );
    }
}

#[test]
fn the_peek_reads_the_header_and_the_claims_without_a_key() {
    let token = key(Alg::Es256)
        .sign(Typ::AT_JWT, &json!({ "iss": "app" }))
        .unwrap();
    let peek = Unverified::parse(&token).unwrap();
    assert_eq!(peek.alg(), Alg::Es256);
    assert_eq!(peek.kid(), Some(key(Alg::Es256).kid()));
    assert_eq!(peek.typ(), Some("at+jwt"));
    assert_eq!(peek.claims::<Value>().unwrap(), json!({ "iss": "app" }));
}

proptest! {
    #[test]
    fn no_token_panics(token in ".*") {
        let _ = verify(Alg::Es256, &token, Typ::JWT);
    }

    #[test]
    fn no_three_parts_panic(
        header in prop::collection::vec(any::<u8>(), 0..60),
        payload in prop::collection::vec(any::<u8>(), 0..60),
        signature in prop::collection::vec(any::<u8>(), 0..1200),
        alg in 0..Alg::ALL.len(),
    ) {
        let alg = Alg::ALL[alg];
        let (payload, signature) = (b64(payload), b64(signature));
        let noise = format!("{}.{payload}.{signature}", b64(header));
        prop_assert!(verify(alg, &noise, Typ::JWT).is_err());
        let forged = format!("{}.{payload}.{signature}", b64(format!(r#"{{"alg":"{alg}"}}"#)));
        prop_assert!(verify(alg, &forged, Typ::JWT).is_err());
    }

    #[test]
    fn no_key_panics(
        kty in "RSA|EC|OKP|oct|.*",
        crv in "P-256|Ed25519|.*",
        a in prop::collection::vec(any::<u8>(), 0..300),
        b in prop::collection::vec(any::<u8>(), 30..34),
    ) {
        let (a, b) = (b64(a), b64(b));
        for json in [
            json!({ "kty": kty, "crv": crv, "n": a, "e": b, "x": a, "y": b }),
            json!({ "kty": kty, "crv": crv, "n": a, "e": "AQAB", "x": b, "y": b }),
        ] {
            if let Ok(jwk) = Jwk::parse(json.to_string().as_bytes()) {
                let _ = VerifyingKey::from_jwk(&jwk);
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Jwk::parse(&bytes);
        let _ = Jwk::parse_set(&bytes);
        for alg in Alg::ALL {
            prop_assert!(SigningKey::from_pkcs8(alg, &bytes).is_err());
        }
    }
}
