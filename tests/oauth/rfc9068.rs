//! RFC 9068: JWT access tokens, as an API that knows nothing but the metadata finds them.

use domain::value::{SigningAlg, TokenFormat};
use jose::Unverified;

use crate::support::client::unverified;
use crate::support::furnished::PHOTOS;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    the_algorithm_is_the_apis_choice,
    every_key_is_published,
    a_person_is_told_apart_from_a_client,
    groups_are_told_where_the_api_wants_them,
    third_parties_tokens_live_shorter,
    an_id_token_is_no_access_token,
    an_opaque_token_tells_nothing,
];

async fn the_algorithm_is_the_apis_choice(app: TestApp) {
    for (alg, name) in [
        (SigningAlg::Es256, "ES256"),
        (SigningAlg::Rs256, "RS256"),
        (SigningAlg::EdDsa, "EdDSA"),
    ] {
        app.set_api(PHOTOS, |settings| settings.signing_alg = alg)
            .await;
        let request = app.client("machine").credentials().resource(PHOTOS);
        let tokens = request.await.ok();
        let header = tokens.access_token.split('.').next().unwrap();
        let header =
            base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header);
        let header: serde_json::Value = serde_json::from_slice(&header.unwrap()).unwrap();
        assert_eq!(header["alg"], name);
        assert_eq!(header["typ"], "at+jwt");
        assert_eq!(tokens.claims(&app)["aud"], PHOTOS);
    }
}

async fn every_key_is_published(app: TestApp) {
    let answer = app.get("/jwks").await.is(200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 3);
    let request = app.client("machine").credentials().resource(PHOTOS);
    let token = request.await.ok().access_token;
    let kid = Unverified::parse(&token).unwrap().kid().unwrap().to_owned();
    let signer = keys.iter().find(|key| key["kid"] == *kid).unwrap();
    assert_eq!(
        (&signer["kty"], &signer["alg"]),
        (&"EC".into(), &"ES256".into())
    );
    for key in &keys {
        for private in ["d", "p", "q", "dp", "dq", "qi"] {
            assert!(key[private].is_null(), "{private} is published");
        }
    }
}

async fn a_person_is_told_apart_from_a_client(app: TestApp) {
    let machine = app.client("machine").credentials().resource(PHOTOS);
    let machine = machine.await.ok().claims(&app);
    assert_eq!(machine["sub"], machine["client_id"]);
    assert!(machine["auth_time"].is_null() && machine["sid"].is_null());
    let person = app.client("web").code_flow("alice").scope("photos:read");
    let person = person.await.claims(&app);
    assert_eq!(person["auth_time"], app.now().seconds());
    assert_eq!(person["amr"], serde_json::json!(["pwd"]));
    assert!(person["groups"].is_null());
    // What the person is called is nobody's business at an API that did not ask.
    assert!(!person.to_string().contains("alice"));
}

async fn groups_are_told_where_the_api_wants_them(app: TestApp) {
    use chancery::command::groups::NestGroup;
    let photos = app.group_named("photos").await;
    let inner = app.group("inner").await;
    let nest = NestGroup {
        parent: photos,
        child: inner,
    };
    app.run(&nest).await;
    app.add(app.user_named("dora").await, inner).await;
    app.set_api(PHOTOS, |settings| settings.groups_claim = vec![photos])
        .await;
    for user in ["carol", "dora"] {
        // Carol is in `files`, too; dora is in `photos` by nesting.
        let flow = app.client("web").code_flow(user).scope("photos:read");
        assert_eq!(
            flow.await.claims(&app)["groups"],
            serde_json::json!(["photos"])
        );
    }
}

async fn third_parties_tokens_live_shorter(app: TestApp) {
    let flow = app
        .client("third-party")
        .code_flow("alice")
        .scope("photos:read");
    assert_eq!(flow.await.expires_in, 300);
    app.set_api(PHOTOS, |settings| settings.token_lifetime = 77)
        .await;
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    assert_eq!(flow.await.expires_in, 77);
}

async fn an_id_token_is_no_access_token(app: TestApp) {
    let flow = app
        .client("web")
        .code_flow("alice")
        .scope("openid photos:read");
    let tokens = flow.await;
    let id_token = tokens.id_token.unwrap();
    assert_eq!(app.introspect(PHOTOS, &id_token).await["active"], false);
    app.userinfo(&id_token).await.is(401);
}

async fn an_opaque_token_tells_nothing(app: TestApp) {
    app.set_api(PHOTOS, |settings| {
        settings.token_format = TokenFormat::Opaque;
    })
    .await;
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let token = flow.await.access_token;
    assert!(!token.contains('.') && !token.contains("photos"));
    let told = app.introspect(PHOTOS, &token).await;
    assert_eq!(told["active"], true);
    assert_eq!(
        (&told["aud"], &told["scope"]),
        (&PHOTOS.into(), &"photos:read".into())
    );
    // The same claims as in a JWT.
    app.set_api(PHOTOS, |settings| settings.token_format = TokenFormat::Jwt)
        .await;
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let claims = unverified(&flow.await.access_token);
    for name in claims.as_object().unwrap().keys() {
        assert!(!told[name].is_null(), "{name}");
    }
}
