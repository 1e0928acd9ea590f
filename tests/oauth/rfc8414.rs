//! RFC 8414 and OpenID Connect Discovery: one document, wherever a client looks for it.

use crate::support::app::{BEGINNING, ISSUER};
use crate::support::database::Database;
use crate::support::furnished::{FILES, PHOTOS, furnish};
use crate::support::http::Sending;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    the_document_is_the_same_at_each_address,
    every_endpoint_it_names_answers,
    it_says_what_the_server_does,
    it_is_for_every_origin_and_tokens_for_registered_ones,
];

async fn the_document_is_the_same_at_each_address(app: TestApp) {
    let first = app.get("/.well-known/openid-configuration").await.is(200);
    let second = app
        .get("/.well-known/oauth-authorization-server")
        .await
        .is(200);
    assert_eq!(first.json(), second.json());
    assert_eq!(first.json()["issuer"], ISSUER);
    assert_eq!(first.header("content-type"), "application/json");
}

async fn every_endpoint_it_names_answers(app: TestApp) {
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    let endpoints = metadata.as_object().unwrap().iter();
    let endpoints =
        endpoints.filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
    let mut count = 0;
    for (name, url) in endpoints {
        let url = url.as_str().unwrap();
        assert!(url.starts_with(ISSUER), "{url}");
        let answer = app.get(url).await;
        assert_ne!(answer.status.as_u16(), 404, "{name}");
        count += 1;
    }
    assert_eq!(count, 7);
}

async fn it_says_what_the_server_does(app: TestApp) {
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    let lists = |name: &str, value: &str| {
        let list = metadata[name].as_array().unwrap();
        assert!(list.iter().any(|other| other == value), "{name}: {list:?}");
    };
    lists("response_types_supported", "code");
    lists("code_challenge_methods_supported", "S256");
    lists("response_modes_supported", "form_post");
    lists("id_token_signing_alg_values_supported", "RS256");
    lists("subject_types_supported", "public");
    for method in [
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ] {
        lists("token_endpoint_auth_methods_supported", method);
    }
    for scope in ["openid", "profile", "email", "offline_access"] {
        lists("scopes_supported", scope);
    }
    assert_eq!(metadata["request_uri_parameter_supported"], false);
    // RFC 9728 §4: an API is named only where it wants to be.
    assert!(metadata["protected_resources"].is_null());
    app.set_api(PHOTOS, |settings| settings.advertise = true)
        .await;
    app.set_api(FILES, |settings| settings.advertise = false)
        .await;
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["protected_resources"], serde_json::json!([PHOTOS]));
}

async fn it_is_for_every_origin_and_tokens_for_registered_ones(app: TestApp) {
    use axum::http::Method;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/ssf-configuration",
        "/jwks",
    ] {
        let answer = app.send(Sending::get(path).with("origin", "https://any.example"));
        let allowed = answer
            .await
            .header("access-control-allow-origin")
            .to_owned();
        assert_eq!(allowed, "*", "{path}");
        let preflight = Sending::new(Method::OPTIONS, path)
            .with("origin", "https://any.example")
            .with("access-control-request-method", "GET")
            .with("access-control-request-headers", "x-trace");
        let answer = app.send(preflight).await.is(204);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-headers"), "*");
    }
    for (origin, allowed) in [
        ("https://web.example", "https://web.example"),
        ("https://evil.example", ""),
    ] {
        for path in ["/token", "/revoke", "/userinfo"] {
            let preflight = Sending::new(Method::OPTIONS, path)
                .with("origin", origin)
                .with("access-control-request-method", "POST");
            let answer = app.send(preflight).await;
            assert_eq!(answer.header("access-control-allow-origin"), allowed);
        }
        let request = app.client("web").asks("client_credentials").sending();
        let answer = app.send(request.with("origin", origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        let flow = app.client("web").code_flow("alice").scope("photos:read");
        let request = Sending::get(&flow.address()).with("origin", origin);
        let answer = app.send(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}

/// The issuer may have a path, and a proxy in front that serves other things beside it.
#[tokio::test]
async fn everything_works_below_a_path() {
    let issuer = "https://id.example/realm";
    let database = Database::empty_sqlite(issuer);
    let app = TestApp::node(database, BEGINNING).await;
    furnish(&app).await;
    for address in [
        "/realm/.well-known/openid-configuration",
        "/.well-known/openid-configuration/realm",
        "/.well-known/oauth-authorization-server/realm",
    ] {
        let metadata = app.get(address).await.is(200).json();
        assert_eq!(metadata["issuer"], issuer, "{address}");
        assert_eq!(metadata["token_endpoint"], "https://id.example/realm/token");
    }
    app.get("/.well-known/openid-configuration").await.is(404);
    app.get("/token").await.is(404);

    let client = app.client("third-party");
    let scopes = "openid email photos:read";
    let tokens = client.code_flow("alice").scope(scopes).await;
    let refreshed = client.refresh(&tokens).resource(PHOTOS).await.ok();
    let claims = refreshed.claims(&app);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&issuer.into(), &PHOTOS.into())
    );
    let tokens = client.code_flow("alice").scope("openid email").await;
    app.userinfo(&tokens.access_token).await.is(200);
    for home in ["/realm", "/realm/"] {
        let answer = app.get(home).await;
        assert_eq!(answer.header("location"), "/realm/account", "{home}");
    }
    let address = "/.well-known/oauth-protected-resource/realm/userinfo";
    let metadata = app.get(address).await.is(200).json();
    assert_eq!(metadata["resource"], format!("{issuer}/userinfo"));
}
