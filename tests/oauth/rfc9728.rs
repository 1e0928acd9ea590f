//! RFC 9728: where our own APIs are, and who issues tokens for them.

use crate::support::app::ISSUER;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished: our_own_apis_describe_themselves];

async fn our_own_apis_describe_themselves(app: TestApp) {
    for path in ["/userinfo", "/api/v1", "/ssf"] {
        let address = format!("/.well-known/oauth-protected-resource{path}");
        let answer = app.get(&address).await.is(200);
        let metadata = answer.json();
        assert_eq!(metadata["resource"], format!("{ISSUER}{path}"));
        assert_eq!(
            metadata["authorization_servers"],
            serde_json::json!([ISSUER])
        );
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    // Whoever is refused is told where to look.
    let refused = app.get("/userinfo").await.is(401);
    let challenge = refused.header("www-authenticate");
    let expected =
        format!("resource_metadata=\"{ISSUER}/.well-known/oauth-protected-resource/userinfo\"");
    assert!(challenge.starts_with("Bearer "), "{challenge}");
    assert!(challenge.contains(&expected), "{challenge}");
    assert!(
        !challenge.contains("error="),
        "no token, no error: {challenge}"
    );
}
