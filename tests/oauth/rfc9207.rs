//! RFC 9207: every answer of the authorization endpoint names the issuer.

use crate::support::app::ISSUER;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished: codes_and_errors_name_the_issuer];

async fn codes_and_errors_name_the_issuer(app: TestApp) {
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    for answer in [
        flow.answer().await,
        flow.clone()
            .without("scope")
            .scope("no:such")
            .answer()
            .await,
        flow.clone().with("prompt", "none").answer().await,
        flow.clone().without("response_type").answer().await,
    ] {
        assert_eq!(answer.parameters["iss"], ISSUER, "{answer:?}");
    }
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
}
