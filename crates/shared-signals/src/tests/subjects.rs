//! Subject identifiers as RFC 9493 and SSF 1.0 §3 have them.

use serde_json::{Value, json};

use crate::{Complex, Identifier, Subject};

fn read(value: &Value) -> Result<Subject, String> {
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

/// The examples of RFC 9493 §3.2, SSF 1.0 §3 and RFC 9967 §2.1.
fn examples() -> Vec<Value> {
    vec![
        json!({ "format": "account", "uri": "acct:example.user@service.example.com" }),
        json!({ "format": "email", "email": "user@example.com" }),
        json!({ "format": "iss_sub", "iss": "https://issuer.example.com/", "sub": "145234573" }),
        json!({ "format": "opaque", "id": "11112222333344445555" }),
        json!({ "format": "phone_number", "phone_number": "+12065550100" }),
        json!({ "format": "did", "url": "did:example:123456" }),
        json!({ "format": "did", "url": "did:example:123456/did/url/path?versionId=1" }),
        json!({ "format": "uri", "uri": "https://user.example.com/" }),
        json!({ "format": "uri", "uri": "urn:uuid:4e851e98-83c4-4743-a5da-150ecb53042f" }),
        json!({ "format": "aliases", "identifiers": [
            { "format": "email", "email": "user@example.com" },
            { "format": "phone_number", "phone_number": "+12065550100" },
            { "format": "email", "email": "user+qualifier@example.com" },
        ] }),
        json!({
            "format": "jwt_id",
            "iss": "https://idp.example.com/123456789/",
            "jti": "B70BA622-9515-4353-A866-823539EECBC8",
        }),
        json!({
            "format": "saml_assertion_id",
            "issuer": "https://idp.example.com/123456789/",
            "assertion_id": "_8e8dc5f69a98cc4c1ff3427e5ce34606fd672f91e6",
        }),
        json!({ "format": "ip-addresses", "ip-addresses": ["10.29.37.75", "2001:db8:85a3::8a2e:370:7334"] }),
        json!({ "format": "scim", "uri": "/Users/44f6142df96bd6ab61e7521d9" }),
        json!({ "format": "scim", "uri": "/Users/44f6142d", "externalId": "alice@example.com" }),
        json!({ "format": "scim", "uri": "/Users/44f6142d", "id": "44f6142d", "userName": "alice" }),
        json!({ "format": "catalog_item", "catalog_id": "c0384/winter/2354122" }),
        json!({
            "format": "complex",
            "user": { "format": "email", "email": "bar@example.com" },
            "tenant": { "format": "iss_sub", "iss": "https://example.com/idp1", "sub": "1234" },
            "shop": { "format": "opaque", "id": "12" },
        }),
    ]
}

#[test]
fn every_example_reads_and_writes_as_it_is() {
    for example in examples() {
        let subject = read(&example).unwrap();
        assert_eq!(subject.format(), example["format"]);
        assert_eq!(serde_json::to_value(&subject).unwrap(), example);
    }
}

#[test]
fn a_member_that_the_format_does_not_define_makes_an_identifier_invalid() {
    let open = |example: &Value| {
        ["complex", "catalog_item", "scim"].contains(&example["format"].as_str().unwrap())
    };
    for example in examples().into_iter().filter(|example| !open(example)) {
        let mut more = example.clone();
        more["extra"] = "x".into();
        assert!(read(&more).unwrap_err().contains("extra"), "{more}");
        for name in example.as_object().unwrap().keys() {
            let mut less = example.clone();
            less.as_object_mut().unwrap().remove(name);
            assert!(read(&less).is_err(), "{less}");
            let mut empty = example.clone();
            empty[name] = if example[name].is_array() {
                json!([])
            } else {
                json!("")
            };
            assert!(read(&empty).is_err(), "{empty}");
            let mut null = example.clone();
            null[name] = Value::Null;
            assert!(read(&null).is_err(), "{null}");
        }
    }
}

#[test]
fn what_is_no_subject_is_refused() {
    for wrong in [
        json!(["email", "user@example.com"]),
        json!("user@example.com"),
        json!({}),
        json!({ "email": "user@example.com" }),
        json!({ "format": 1, "email": "user@example.com" }),
        json!({ "format": "email", "email": "user" }),
        json!({ "format": "email", "email": "user@" }),
        json!({ "format": "email", "email": "us er@example.com" }),
        json!({ "format": "account", "uri": "user@example.com" }),
        json!({ "format": "account", "uri": "acct:user" }),
        json!({ "format": "phone_number", "phone_number": "12065550100" }),
        json!({ "format": "phone_number", "phone_number": "+1-206-555-0100" }),
        json!({ "format": "phone_number", "phone_number": "+1234567890123456" }),
        json!({ "format": "did", "url": "https://example.com" }),
        json!({ "format": "did", "url": "did:example" }),
        json!({ "format": "did", "url": "did:example:1 2" }),
        json!({ "format": "uri", "uri": "/relative" }),
        json!({ "format": "uri", "uri": " https://user.example.com/" }),
        json!({ "format": "uri", "uri": "https://user.example.com/\n" }),
        json!({ "format": "uri", "uri": "https://user.example.com/ä" }),
        json!({ "format": "ip-addresses", "ip-addresses": ["10.29.37"] }),
        json!({ "format": "aliases", "identifiers": [{ "format": "complex" }] }),
        json!({ "format": "aliases", "identifiers": [
            { "format": "aliases", "identifiers": [{ "format": "opaque", "id": "1" }] },
        ] }),
        json!({ "format": "scim", "id": "44f6142d" }),
        json!({ "format": "scim", "uri": "" }),
        json!({ "format": "scim", "uri": null }),
        json!({ "format": "scim", "uri": "/Users/44f6142d", "externalId": null }),
        json!({ "format": "scim", "uri": "/Users/44f6142d", "externalId": "" }),
        json!({ "format": "complex" }),
        json!({ "format": "complex", "user": "user@example.com" }),
        json!({ "format": "complex", "user": { "format": "complex", "user": { "format": "opaque", "id": "1" } } }),
        json!({ "format": "complex", "": { "format": "opaque", "id": "1" } }),
    ] {
        assert!(read(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_complex_subject_matches_where_what_both_have_is_identical() {
    let user = || Identifier::email("alice@example.com").unwrap();
    let session = |id: &str| Identifier::opaque(id).unwrap();
    let alice = Subject::from(Complex::new("user", user()).unwrap());
    let one = Subject::from(
        Complex::new("user", user())
            .unwrap()
            .with("session", session("1"))
            .unwrap(),
    );
    let two = Subject::from(
        Complex::new("user", user())
            .unwrap()
            .with("session", session("2"))
            .unwrap(),
    );
    let device = Subject::from(Complex::new("device", session("d")).unwrap());
    assert!(alice.matches(&one) && one.matches(&alice));
    assert!(!one.matches(&two));
    assert!(device.matches(&one), "no member in common: nothing differs");
    assert!(
        !Subject::from(user()).matches(&alice),
        "a simple subject is not a complex one"
    );
    assert!(Subject::from(user()).matches(&Subject::email("alice@example.com").unwrap()));
    assert!(!Subject::from(user()).matches(&Subject::email("Alice@example.com").unwrap()));
}

#[test]
fn a_member_cannot_be_called_format() {
    let id = || Identifier::opaque("1").unwrap();
    assert!(Complex::new("format", id()).is_err());
    assert!(Complex::new("", id()).is_err());
}
