//! SSF 1.0 §7: where this transmitter is found, and what it says of itself.

use serde_json::json;
use shared_signals::Mode;
use shared_signals::stream::{DefaultSubjects, TransmitterMetadata, well_known_url};

use super::Receiver;
use crate::support::app::{BEGINNING, ISSUER};
use crate::support::database::Database;
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    the_document_is_read_by_the_strictest_receiver,
    every_endpoint_it_names_answers,
];

async fn the_document_is_read_by_the_strictest_receiver(app: TestApp) {
    let answer = app.get(&well_known_url(ISSUER).unwrap()).await.is(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let read = TransmitterMetadata::read(answer.body.as_bytes(), ISSUER, Mode::Strict);
    let metadata = read.unwrap().value;
    assert_eq!(metadata.spec_version.as_deref(), Some("1_0"));
    assert_eq!(metadata.jwks_uri, Some(format!("{ISSUER}/jwks")));
    assert_eq!(metadata.default_subjects, Some(DefaultSubjects::All));
    assert_eq!(
        answer.json()["authorization_schemes"],
        json!([{"spec_urn": "urn:ietf:rfc:6749"}])
    );
    assert_eq!(
        answer.json()["delivery_methods_supported"],
        json!(["urn:ietf:rfc:8935", "urn:ietf:rfc:8936"])
    );
    assert!(answer.json()["critical_subject_members"].is_null());
}

async fn every_endpoint_it_names_answers(app: TestApp) {
    let metadata = app.get("/.well-known/ssf-configuration").await.json();
    let receiver = Receiver::new(&app, "rx", 1).await;
    let mut count = 0;
    for (name, address) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") {
            let answer = app.get(address.as_str().unwrap()).await;
            // Nobody gets in without a token; some take no GET.
            assert!([401, 405].contains(&answer.status.as_u16()), "{answer:?}");
            count += 1;
        }
    }
    assert_eq!(count, 5);
    receiver.get("/nothing").await.error(404, "not_found");
    app.get(metadata["jwks_uri"].as_str().unwrap())
        .await
        .is(200);
}

/// The name goes between host and path, or behind the path as OpenID Connect has it.
#[tokio::test]
async fn it_is_found_below_a_path() {
    let issuer = "https://id.example/realm";
    let app = TestApp::node(Database::empty_sqlite(issuer), BEGINNING).await;
    for address in [
        "/.well-known/ssf-configuration/realm",
        "/realm/.well-known/ssf-configuration",
    ] {
        let metadata = app.get(address).await.is(200).json();
        assert_eq!(metadata["issuer"], issuer);
        let expected = format!("{issuer}/ssf/streams");
        assert_eq!(metadata["configuration_endpoint"], expected);
    }
    app.get("/.well-known/ssf-configuration").await.is(404);
    app.get("/ssf/streams").await.is(404);
    app.get("/realm/ssf/streams").await.is(401);
    let resource = "/.well-known/oauth-protected-resource/realm/ssf";
    let metadata = app.get(resource).await.is(200).json();
    assert_eq!(metadata["resource"], format!("{issuer}/ssf"));
    assert_eq!(
        metadata["scopes_supported"],
        json!(["ssf.read", "ssf.manage"])
    );
}
