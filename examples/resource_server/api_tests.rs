//! The API as a client meets it, with an issuer that is asked over HTTP.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use jose::{Alg, SigningKey, Typ};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::super::issuer::{self, fixture::TestIssuer};
use super::{Config, quotable, router};

const PHOTOS: &str = "https://photos.example/";

struct Setup {
    issuer: TestIssuer,
    api: Router,
}

struct Answer {
    status: StatusCode,
    challenge: String,
    body: Value,
}

impl Setup {
    async fn new() -> Self {
        let issuer = TestIssuer::start().await;
        let config = Config {
            issuer: issuer.url.clone(),
            identifier: PHOTOS.into(),
            name: "photos".into(),
            url: "http://127.0.0.1:8601".into(),
        };
        Self {
            issuer,
            api: router(config).unwrap(),
        }
    }

    /// Claims that are in order, with one of them replaced.
    fn claims(&self, name: &str, value: Value) -> Value {
        let now = issuer::now();
        let mut claims = json!({
            "iss": self.issuer.url, "sub": "alice", "aud": PHOTOS, "client_id": "web",
            "iat": now, "exp": now + 600, "jti": "t1", "scope": "photos:read photos:write",
        });
        claims[name] = value;
        claims
    }

    fn token(&self, name: &str, value: Value) -> String {
        self.issuer.sign(Typ::AT_JWT, &self.claims(name, value))
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.api.clone().oneshot(request).await.unwrap();
        let challenge = response.headers().get(header::WWW_AUTHENTICATE);
        Answer {
            status: response.status(),
            challenge: challenge
                .map_or("", |value| value.to_str().unwrap())
                .to_owned(),
            body: serde_json::from_slice(&to_bytes(response.into_body(), 9999).await.unwrap())
                .unwrap(),
        }
    }

    async fn get(&self, token: &str) -> Answer {
        let request = Request::get("/photos").header(header::AUTHORIZATION, token);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, token: &str, title: &str) -> Answer {
        let request = Request::post("/photos")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        let body = json!({ "title": title }).to_string();
        self.send(request.body(body.into()).unwrap()).await
    }
}

#[tokio::test]
async fn a_token_for_this_api_opens_it_and_everyone_sees_their_own() {
    let setup = Setup::new().await;
    let alice = setup.token("sub", json!("alice"));
    let added = setup.post(&alice, "harbour").await;
    assert_eq!(added.status, StatusCode::CREATED);
    assert_eq!(added.body, json!({ "owner": "alice", "added": "harbour" }));
    // The scheme's name is not case-sensitive (RFC 9110 §11.1).
    let list = setup.get(&format!("bearer {alice}")).await;
    assert_eq!(list.status, StatusCode::OK);
    assert_eq!(
        list.body,
        json!({ "owner": "alice", "client": "web", "photos": ["harbour"] })
    );
    let carol = setup.token("sub", json!("carol"));
    assert_eq!(
        setup.get(&format!("Bearer {carol}")).await.body["photos"],
        json!([])
    );
}

#[tokio::test]
async fn without_a_token_the_answer_says_where_to_get_one_and_names_no_error() {
    let setup = Setup::new().await;
    for credentials in ["", "Basic YTpi", "Bearer"] {
        let answer = setup.get(credentials).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.challenge,
            "Bearer scope=\"photos:read\", resource_metadata=\
             \"http://127.0.0.1:8601/.well-known/oauth-protected-resource\""
        );
    }
}

#[tokio::test]
async fn every_wrong_token_is_refused_with_the_reason() {
    let setup = Setup::new().await;
    let valid = setup.claims("jti", json!("t2"));
    let foreign_key = SigningKey::generate(Alg::Es256).unwrap();
    let good = setup.token("jti", json!("t3"));
    let (content, signature) = good.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let cases = [
        (
            setup.token("aud", json!("https://files.example/")),
            "this API is https://photos.example/",
        ),
        (
            setup.token("iss", json!("https://evil.example")),
            "issued by https://evil.example",
        ),
        (
            setup.token("exp", json!(issuer::now() - 60)),
            "the token expired 6",
        ),
        (setup.issuer.sign(Typ::JWT, &valid), "typ is not at+jwt"),
        (
            foreign_key.sign(Typ::AT_JWT, &valid).unwrap(),
            "key is not known",
        ),
        (
            format!("{content}.{first}{}", &signature[1..]),
            "signature is not valid",
        ),
        (
            setup.token("client_id", json!(null)),
            "claims are not of the expected form",
        ),
        ("opaque".to_owned(), "not a compact JWS"),
    ];
    for (token, reason) in cases {
        let answer = setup.get(&format!("Bearer {token}")).await;
        let told = answer.body["error_description"].as_str().unwrap();
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{told}");
        assert_eq!(answer.body["error"], "invalid_token");
        assert!(told.contains(reason), "{told}");
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{told}\", ");
        assert!(
            answer.challenge.starts_with(&challenge),
            "{}",
            answer.challenge
        );
    }
}

#[tokio::test]
async fn a_route_needs_its_scope_and_says_which() {
    let setup = Setup::new().await;
    let reader = setup.token("scope", json!("photos:read"));
    assert_eq!(
        setup.get(&format!("Bearer {reader}")).await.status,
        StatusCode::OK
    );
    let refused = setup.post(&reader, "harbour").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.body["error"], "insufficient_scope");
    assert_eq!(
        refused.body["error_description"],
        "this needs the scope photos:write, and the token has: photos:read"
    );
    assert!(
        refused.challenge.contains(r#"scope="photos:write""#),
        "{}",
        refused.challenge
    );
}

#[tokio::test]
async fn an_issuer_that_is_down_is_not_the_tokens_fault() {
    let setup = Setup::new().await;
    let token = setup.token("jti", json!("t2"));
    setup.issuer.stop().await;
    let answer = setup.get(&format!("Bearer {token}")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.challenge, "");
}

#[tokio::test]
async fn the_metadata_names_the_issuer_to_ask() {
    let setup = Setup::new().await;
    let request = Request::get("/.well-known/oauth-protected-resource");
    let answer = setup.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["resource"], PHOTOS);
    assert_eq!(
        answer.body["authorization_servers"],
        json!([setup.issuer.url])
    );
}

#[test]
fn an_identifier_with_a_path_has_its_metadata_behind_the_well_known_part() {
    let path = super::metadata_path("https://api.example/photos/");
    assert_eq!(path, "/.well-known/oauth-protected-resource/photos");
}

#[test]
fn a_challenge_cannot_be_broken_out_of() {
    assert_eq!(quotable("a\" b\\ c\r\nd é"), "a' b' c''d '");
}
