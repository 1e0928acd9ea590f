//! Keys: what is parsed, what is refused, what is shown.

use base64::Engine as _;
use serde_json::{Value, json};

use super::key;
use crate::{Alg, Jwk, KeyError, SigningKey, Typ, URL_SAFE_NO_PAD, VerifyingKey};

fn public(alg: Alg) -> Value {
    serde_json::to_value(key(alg).public()).unwrap()
}

/// The public key with one member replaced, or removed by `null`.
fn with(alg: Alg, member: &str, value: Value) -> Result<Jwk, KeyError> {
    let mut jwk = public(alg);
    if value.is_null() {
        jwk.as_object_mut().unwrap().remove(member);
    } else {
        jwk[member] = value;
    }
    Jwk::parse(jwk.to_string().as_bytes())
}

fn b64(bytes: impl AsRef<[u8]>) -> Value {
    URL_SAFE_NO_PAD.encode(bytes).into()
}

#[test]
fn a_rendered_key_parses_to_itself() {
    for alg in Alg::ALL {
        let jwk = key(alg).public();
        let json = serde_json::to_vec(jwk).unwrap();
        assert_eq!(&Jwk::parse(&json).unwrap(), jwk);
        assert_eq!(jwk.kid(), Some(key(alg).kid()));
        assert_eq!(jwk.alg(), alg);
    }
}

#[test]
fn a_rendered_key_has_the_members_of_its_type() {
    let members = |alg| {
        public(alg)
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(members(Alg::Rs256), ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(
        members(Alg::Es256),
        ["alg", "crv", "kid", "kty", "use", "x", "y"]
    );
    assert_eq!(
        members(Alg::EdDsa),
        ["alg", "crv", "kid", "kty", "use", "x"]
    );
    assert_eq!(public(Alg::EdDsa)["alg"], "EdDSA");
}

#[test]
fn a_private_key_survives_pkcs8() {
    for alg in Alg::ALL {
        let again = SigningKey::from_pkcs8(alg, &key(alg).to_pkcs8().unwrap()).unwrap();
        assert_eq!(again.kid(), key(alg).kid());
        let token = again.sign(Typ::JWT, &json!({})).unwrap();
        assert!(
            VerifyingKey::from_jwk(key(alg).public())
                .unwrap()
                .verify(&token, Typ::JWT)
                .is_ok()
        );
    }
}

#[test]
fn a_private_key_of_another_type_is_refused() {
    let pkcs8 = key(Alg::Es256).to_pkcs8().unwrap();
    for alg in [Alg::Rs256, Alg::Ps256, Alg::EdDsa] {
        assert_eq!(
            SigningKey::from_pkcs8(alg, &pkcs8).unwrap_err(),
            KeyError::Pkcs8
        );
    }
}

#[test]
fn debug_output_names_the_key_and_hides_it() {
    let shown = format!("{:?}", key(Alg::EdDsa));
    assert_eq!(
        shown,
        format!(
            "SigningKey {{ alg: EdDsa, kid: {:?}, .. }}",
            key(Alg::EdDsa).kid()
        )
    );
}

#[test]
fn required_members_are_required() {
    for (alg, members) in [
        (Alg::Rs256, &["n", "e"][..]),
        (Alg::Es256, &["crv", "x", "y"]),
        (Alg::EdDsa, &["crv", "x"]),
    ] {
        for member in members {
            assert_eq!(
                with(alg, member, Value::Null),
                Err(KeyError::Missing(member))
            );
        }
        assert_eq!(with(alg, "kty", Value::Null), Err(KeyError::Malformed));
        assert!(with(alg, "kid", Value::Null).is_ok());
        assert!(with(alg, "alg", Value::Null).is_ok());
        assert!(with(alg, "x5t", json!(["ignored"])).is_ok());
    }
}

#[test]
fn without_alg_the_type_of_the_key_decides() {
    assert_eq!(
        with(Alg::Rs256, "alg", Value::Null).unwrap().alg(),
        Alg::Rs256
    );
    assert_eq!(
        with(Alg::Ps256, "alg", Value::Null).unwrap().alg(),
        Alg::Rs256
    );
    assert_eq!(
        with(Alg::Es256, "alg", Value::Null).unwrap().alg(),
        Alg::Es256
    );
    assert_eq!(
        with(Alg::EdDsa, "alg", Value::Null).unwrap().alg(),
        Alg::EdDsa
    );
}

#[test]
fn type_curve_and_algorithm_belong_together() {
    for (alg, member, value) in [
        (Alg::Rs256, "alg", "ES256"),
        (Alg::Rs256, "alg", "RS512"),
        (Alg::Rs256, "alg", "RSA-OAEP"),
        (Alg::Es256, "alg", "none"),
        (Alg::Es256, "crv", "P-384"),
        (Alg::Es256, "crv", "Ed25519"),
        (Alg::EdDsa, "crv", "X25519"),
        (Alg::EdDsa, "kty", "oct"),
    ] {
        let result = with(alg, member, json!(value));
        assert_eq!(result, Err(KeyError::Unsupported), "{member} {value}");
    }
    let rsa = key(Alg::Rs256).public();
    assert!(VerifyingKey::with_alg(rsa, Alg::Ps256).is_ok());
    assert_eq!(
        VerifyingKey::with_alg(rsa, Alg::Es256).unwrap_err(),
        KeyError::Unsupported
    );
}

#[test]
fn keys_for_other_purposes_are_refused() {
    let refused = Err(KeyError::NotForSignatures);
    assert_eq!(with(Alg::Rs256, "use", json!("enc")), refused);
    assert_eq!(with(Alg::Rs256, "key_ops", json!(["encrypt"])), refused);
    assert!(with(Alg::Rs256, "key_ops", json!(["sign", "verify"])).is_ok());
}

#[test]
fn private_material_is_refused_even_in_a_set() {
    for member in ["d", "k"] {
        assert_eq!(
            with(Alg::EdDsa, member, json!("AA")),
            Err(KeyError::Private)
        );
    }
    let mut leaked = public(Alg::Es256);
    leaked["d"] = json!("AA");
    let set = json!({ "keys": [public(Alg::EdDsa), leaked] }).to_string();
    assert_eq!(Jwk::parse_set(set.as_bytes()), Err(KeyError::Private));
}

#[test]
fn base64_is_without_padding_and_canonical() {
    let x = public(Alg::EdDsa)["x"].as_str().unwrap().to_owned();
    for wrong in [
        format!("{x}="),
        format!("{x} "),
        x.replace(&x[..1], "+"),
        x[1..].to_owned() + "é",
    ] {
        assert_eq!(
            with(Alg::EdDsa, "x", wrong.into()),
            Err(KeyError::Malformed)
        );
    }
}

#[test]
fn coordinates_have_their_full_length_and_lie_on_the_curve() {
    for length in [0, 31, 33] {
        assert_eq!(
            with(Alg::Es256, "y", b64(vec![1; length])),
            Err(KeyError::Invalid)
        );
        assert_eq!(
            with(Alg::EdDsa, "x", b64(vec![1; length])),
            Err(KeyError::Invalid)
        );
    }
    let off = with(Alg::Es256, "y", b64([7; 32])).unwrap();
    assert_eq!(VerifyingKey::from_jwk(&off).unwrap_err(), KeyError::Invalid);
}

#[test]
fn rsa_keys_are_at_least_2048_bits_and_sane() {
    let modulus = |bytes: usize| {
        let mut n = vec![0xff; bytes];
        n[0] = 0x80;
        n
    };
    assert!(with(Alg::Rs256, "n", b64(modulus(256))).is_ok());
    assert!(with(Alg::Rs256, "n", b64(modulus(1024))).is_ok());
    assert_eq!(
        with(Alg::Rs256, "n", b64(modulus(255))),
        Err(KeyError::Weak)
    );
    assert_eq!(
        with(Alg::Rs256, "n", b64([vec![0x7f], modulus(255)].concat())),
        Err(KeyError::Weak)
    );
    assert_eq!(
        with(Alg::Rs256, "n", b64(modulus(1025))),
        Err(KeyError::Invalid)
    );
    assert_eq!(
        with(Alg::Rs256, "n", b64([vec![0], modulus(256)].concat())),
        Err(KeyError::Invalid)
    );
    for exponent in [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[0, 3],
        &[1, 0, 0],
        &[1, 0, 0, 0, 1],
    ] {
        assert_eq!(
            with(Alg::Rs256, "e", b64(exponent)),
            Err(KeyError::Invalid),
            "{exponent:?}"
        );
    }
}

#[test]
fn a_set_keeps_what_it_can_use() {
    let set = json!({ "keys": [
        public(Alg::Es256),
        { "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA" },
        { "kty": "unheard-of" },
        { "kty": 7 },
        "no object",
        public(Alg::Rs256),
    ]});
    let keys = Jwk::parse_set(set.to_string().as_bytes()).unwrap();
    let kids: Vec<_> = keys.iter().filter_map(Jwk::kid).collect();
    assert_eq!(kids, [key(Alg::Es256).kid(), key(Alg::Rs256).kid()]);
    assert_eq!(Jwk::parse_set(b"{}"), Err(KeyError::Malformed));
    assert_eq!(Jwk::parse_set(b"[[]]"), Err(KeyError::Malformed));
}
