//! OpenID Connect Back-Channel Logout 1.0: who is told that a session ended.

use std::sync::Arc;

use chancery::command::sessions::EndSession;
use chancery::delivery::{Channel, Engine, queue};
use chancery::oauth::backchannel_logout::channel::LogoutTokens;
use chancery::oauth::backchannel_logout::consumer::Logouts;
use domain::session::EndReason;
use domain::value::EndpointUrl;
use jose::Typ;
use serde_json::json;

use super::receiver::Receiver;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    clients_that_took_part_in_a_session_are_told_that_it_ended,
    a_logout_token_is_what_the_specification_says,
];

async fn clients_that_took_part_in_a_session_are_told_that_it_ended(app: TestApp) {
    for client in ["web", "cli"] {
        app.set_client(client, |settings| {
            let url = format!("https://{client}.example/logout");
            settings.backchannel_logout_uri = Some(EndpointUrl::parse(&url).unwrap());
        })
        .await;
    }
    let tokens = app.client("web").code_flow("alice").scope("openid").await;
    let claims = tokens.id_claims(&app);
    end_session_of_alice(&app).await;
    let told = app.waiting("logout/web").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].claims["sid"], claims["sid"]);
    assert_eq!(told[0].claims["sub"], claims["sub"]);
    assert!(
        app.waiting("logout/cli").await.is_empty(),
        "it took no part"
    );
}

/// Ends what alice began, and has it looked at.
async fn end_session_of_alice(app: &TestApp) {
    let alice = app.user_named("alice").await;
    let sessions = chancery::read::sessions::of_user(&app.log, alice).await;
    let end = EndSession {
        id: sessions.unwrap()[0].session.id,
        of: None,
        reason: EndReason::EndedByAdmin,
    };
    app.run(&end).await;
    app.digest(&Logouts).await;
}

async fn a_logout_token_is_what_the_specification_says(app: TestApp) {
    let receiver = Receiver::start().await;
    app.set_client("web", |settings| {
        settings.backchannel_logout_uri = Some(EndpointUrl::parse(&receiver.url).unwrap());
    })
    .await;
    let tokens = app.client("web").code_flow("alice").scope("openid").await;
    let id_token = tokens.id_claims(&app);
    end_session_of_alice(&app).await;
    let channel = Arc::new(LogoutTokens) as Arc<dyn Channel>;
    let engine = Engine::new((*app).clone(), [channel]);
    // A client that is away is told later, by a token that is good then.
    receiver.answers([503]);
    engine.drain().await.unwrap();
    app.clock.advance(3600);
    engine.drain().await.unwrap();
    let pushes = receiver.pushes();
    let [early, late] = &pushes[..] else {
        panic!("{} pushes", pushes.len());
    };
    assert_eq!(
        late.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    let claims = |push: &super::receiver::Push| {
        let token = push.token.strip_prefix("logout_token=").unwrap();
        app.claims(token, Typ::LOGOUT_JWT)
    };
    let (early, late) = (claims(early), claims(late));
    assert_eq!(early["jti"], late["jti"]);
    let now = app.now().seconds();
    assert_eq!(
        (&late["iat"], &late["exp"]),
        (&json!(now), &json!(now + 120))
    );
    for (claim, expected) in [
        ("iss", json!("https://id.example")),
        ("aud", json!("web")),
        ("sub", id_token["sub"].clone()),
        ("sid", id_token["sid"].clone()),
        (
            "events",
            json!({"http://schemas.openid.net/event/backchannel-logout": {}}),
        ),
    ] {
        assert_eq!(late[claim], expected, "{claim}");
    }
    assert!(late.get("nonce").is_none());
    let queue = queue::status(&app.log, "logout/web").await.unwrap();
    assert_eq!(queue.unwrap().pending, 0);
}
