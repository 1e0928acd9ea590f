//! RFC 7523: a client proves itself by a signature (`private_key_jwt`).

use domain::client::AuthMethod;
use jose::{Alg, SigningKey, Typ};
use serde_json::{Value, json};

use crate::support::app::ISSUER;
use crate::support::furnished::{FILES, client};
use crate::support::http::{Answer, Sending};
use crate::support::realm::machine;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_signature_of_the_client_is_taken_once,
    what_it_does_not_say_is_refused,
];

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client with a key of its own.
struct Signing<'a> {
    app: &'a TestApp,
    key: SigningKey,
}

async fn signing(app: &TestApp) -> Signing<'_> {
    let key = SigningKey::generate(Alg::Es256).unwrap();
    let mut settings = machine("A machine with a key");
    settings.auth_method = AuthMethod::PrivateKeyJwt;
    settings.jwks = Some(json!({ "keys": [key.public()] }));
    app.run(&client("signing", settings, None)).await;
    Signing { app, key }
}

impl Signing<'_> {
    fn claims(&self, jti: &str) -> Value {
        let now = self.app.now().seconds();
        json!({ "iss": "signing", "sub": "signing", "aud": ISSUER, "jti": jti, "exp": now + 60 })
    }

    fn sign(&self, claims: &Value) -> String {
        self.key.sign(Typ::JWT, claims).unwrap()
    }

    async fn ask(&self, assertion: &str) -> Answer {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", TYPE),
            ("client_assertion", assertion),
            ("resource", FILES),
        ];
        self.app.send(Sending::form("/token", fields)).await
    }
}

async fn a_signature_of_the_client_is_taken_once(app: TestApp) {
    let signing = signing(&app).await;
    let assertion = signing.sign(&signing.claims("1"));
    // Authenticated; there is only nothing that this client may have.
    signing.ask(&assertion).await.refused("invalid_target");
    signing.ask(&assertion).await.refused("invalid_client");
    let another = signing.sign(&signing.claims("2"));
    signing.ask(&another).await.refused("invalid_target");
    // The row outlives the assertion, and goes then.
    app.pass(60).await;
    signing.ask(&another).await.refused("invalid_client");
    app.pass(120).await;
    let used = app.log.read("SELECT value FROM used_values", &[]).await;
    assert_eq!(used.unwrap().len(), 0);
}

async fn what_it_does_not_say_is_refused(app: TestApp) {
    let signing = signing(&app).await;
    let now = app.now().seconds();
    for (name, value) in [
        ("iss", json!("web")),
        ("sub", json!("web")),
        ("aud", json!("https://other.example")),
        ("aud", json!([ISSUER, "https://other.example"])),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 3600)),
        ("exp", Value::Null),
        ("jti", Value::Null),
        ("nbf", json!(now + 600)),
    ] {
        let mut claims = signing.claims("1");
        claims[name] = value.clone();
        let answer = signing.ask(&signing.sign(&claims)).await;
        assert_eq!(answer.json()["error"], "invalid_client", "{name}: {value}");
    }
    let stranger = SigningKey::generate(Alg::Es256).unwrap();
    let forged = stranger.sign(Typ::JWT, &signing.claims("1")).unwrap();
    signing.ask(&forged).await.refused("invalid_client");
    let access_token = signing.key.sign(Typ::AT_JWT, &signing.claims("1"));
    signing
        .ask(&access_token.unwrap())
        .await
        .refused("invalid_client");
    // All of this has used nothing up.
    let assertion = signing.sign(&signing.claims("1"));
    signing.ask(&assertion).await.refused("invalid_target");
}
