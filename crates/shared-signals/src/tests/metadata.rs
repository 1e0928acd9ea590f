//! The transmitter's metadata and where it lies (SSF 1.0 §7).

use serde_json::{Value, json};

use crate::stream::{
    AuthorizationScheme, DefaultSubjects, OAUTH, TransmitterMetadata, well_known_suffix_url,
    well_known_url,
};
use crate::{Deviation, Mode, ReadError};

const ISSUER: &str = "https://tr.example.com";

/// The example of SSF 1.0 §7.2.3.
fn example() -> Value {
    json!({
        "spec_version": "1_0",
        "issuer": ISSUER,
        "jwks_uri": "https://tr.example.com/jwks.json",
        "delivery_methods_supported": ["urn:ietf:rfc:8935", "urn:ietf:rfc:8936"],
        "configuration_endpoint": "https://tr.example.com/ssf/mgmt/stream",
        "status_endpoint": "https://tr.example.com/ssf/mgmt/status",
        "add_subject_endpoint": "https://tr.example.com/ssf/mgmt/subject:add",
        "remove_subject_endpoint": "https://tr.example.com/ssf/mgmt/subject:remove",
        "verification_endpoint": "https://tr.example.com/ssf/mgmt/verification",
        "critical_subject_members": ["tenant", "user"],
        "authorization_schemes": [{ "spec_urn": OAUTH }, { "spec_urn": "urn:ietf:rfc:8705" }],
        "default_subjects": "NONE",
    })
}

fn read(document: &Value, mode: Mode) -> Result<Vec<Deviation>, ReadError> {
    TransmitterMetadata::read(document.to_string().as_bytes(), ISSUER, mode)
        .map(|read| read.deviations.as_slice().to_vec())
}

#[test]
fn the_example_reads_and_writes_as_it_is() {
    let document = example().to_string();
    let read = TransmitterMetadata::read(document.as_bytes(), ISSUER, Mode::Strict).unwrap();
    assert_eq!(read.value.default_subjects, Some(DefaultSubjects::None));
    assert_eq!(serde_json::to_value(read.value).unwrap(), example());
}

#[test]
fn an_empty_array_is_never_written() {
    let metadata = TransmitterMetadata {
        issuer: ISSUER.into(),
        ..Default::default()
    };
    assert_eq!(
        serde_json::to_value(&metadata).unwrap(),
        json!({ "issuer": ISSUER })
    );
    let spec_urn = OAUTH.to_owned();
    let schemes = vec![AuthorizationScheme { spec_urn }];
    let metadata = TransmitterMetadata {
        authorization_schemes: schemes,
        ..metadata
    };
    assert_eq!(
        serde_json::to_value(&metadata)
            .unwrap()
            .as_object()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn the_document_is_its_issuers_in_any_mode() {
    let mut document = example();
    document["issuer"] = json!("https://tr.example.com/");
    for mode in [Mode::Strict, Mode::Tolerant] {
        assert!(matches!(
            read(&document, mode),
            Err(ReadError::Malformed(_))
        ));
    }
}

#[test]
fn what_is_not_standard_is_named_and_tolerated() {
    for (name, value, expected) in [
        (
            "spec_version",
            json!("1_0-ID2"),
            Deviation::SpecVersion(Some("1_0-ID2".into())),
        ),
        (
            "default_subjects",
            Value::Null,
            Deviation::Null("default_subjects".into()),
        ),
        (
            "authorization_schemes",
            Value::Null,
            Deviation::Null("authorization_schemes".into()),
        ),
        // The receiver's machine, not the transmitter's.
        (
            "jwks_uri",
            json!("http://127.0.0.1:8080/admin"),
            Deviation::InsecureUrl("jwks_uri"),
        ),
        (
            "critical_subject_members",
            json!([]),
            Deviation::EmptyArray("critical_subject_members".into()),
        ),
        (
            "jwks_uri",
            json!("http://tr.example.com/jwks.json"),
            Deviation::InsecureUrl("jwks_uri"),
        ),
        (
            "status_endpoint",
            json!("/status"),
            Deviation::InsecureUrl("status_endpoint"),
        ),
    ] {
        let mut document = example();
        document[name] = value;
        let tolerated = read(&document, Mode::Tolerant).unwrap();
        let Err(ReadError::NonStandard(deviations)) = read(&document, Mode::Strict) else {
            panic!("{name} passed");
        };
        assert_eq!(deviations.as_slice(), tolerated);
        assert_eq!(tolerated, [expected]);
    }
}

#[test]
fn a_version_that_is_absent_is_a_drafts() {
    let mut document = example();
    document.as_object_mut().unwrap().remove("spec_version");
    let tolerated = read(&document, Mode::Tolerant).unwrap();
    assert_eq!(tolerated, [Deviation::SpecVersion(None)]);
}

#[test]
fn the_well_known_name_goes_before_the_path() {
    for (issuer, inserted, behind) in [
        (
            "https://tr.example.com",
            "https://tr.example.com/.well-known/ssf-configuration",
            "https://tr.example.com/.well-known/ssf-configuration",
        ),
        (
            "https://tr.example.com/",
            "https://tr.example.com/.well-known/ssf-configuration",
            "https://tr.example.com/.well-known/ssf-configuration",
        ),
        (
            "https://tr.example.com:8443/issuer1/",
            "https://tr.example.com:8443/.well-known/ssf-configuration/issuer1",
            "https://tr.example.com:8443/issuer1/.well-known/ssf-configuration",
        ),
        (
            "http://127.0.0.1:9100/a/b",
            "http://127.0.0.1:9100/.well-known/ssf-configuration/a/b",
            "http://127.0.0.1:9100/a/b/.well-known/ssf-configuration",
        ),
    ] {
        assert_eq!(well_known_url(issuer).unwrap(), inserted);
        assert_eq!(well_known_suffix_url(issuer).unwrap(), behind);
    }
    for wrong in [
        "",
        "tr.example.com",
        "http://tr.example.com",
        "ftp://tr.example.com",
        "https://tr.example.com?a",
        "https://tr.example.com/#a",
        "https:tr.example.com",
        "https:///tr.example.com",
        "https:////tr.example.com/issuer1",
        " https://tr.example.com",
    ] {
        assert!(well_known_url(wrong).is_err(), "{wrong}");
    }
}
