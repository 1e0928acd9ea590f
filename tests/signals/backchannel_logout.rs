//! OpenID Connect Back-Channel Logout 1.0: who is told that a session ended.

use chancery::command::sessions::EndSession;
use chancery::oauth::backchannel_logout::consumer::Logouts;
use domain::session::EndReason;
use domain::value::EndpointUrl;

use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished: clients_that_took_part_in_a_session_are_told_that_it_ended];

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
    let alice = app.user_named("alice").await;
    let sessions = chancery::read::sessions::of_user(&app.log, alice)
        .await
        .unwrap();
    let end = EndSession {
        id: sessions[0].session.id,
        of: None,
        reason: EndReason::EndedByAdmin,
    };
    app.run(&end).await;
    app.digest(&Logouts).await;
    let told = app.waiting("logout/web").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].claims["sid"], claims["sid"]);
    assert_eq!(told[0].claims["sub"], claims["sub"]);
    assert!(
        app.waiting("logout/cli").await.is_empty(),
        "it took no part"
    );
}
