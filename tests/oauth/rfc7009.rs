//! RFC 7009: a client gives a token back.

use crate::support::furnished::{NOTES, PHOTOS};
use crate::support::http::Sending;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_refresh_token_takes_its_grant_along,
    an_access_token_goes_alone,
    a_token_of_another_client_stays,
    what_is_worth_nothing_is_fine,
    a_former_refresh_token_still_revokes,
];

async fn a_refresh_token_takes_its_grant_along(app: TestApp) {
    let web = app.client("web");
    let tokens = web.code_flow("alice").scope("photos:read").await;
    let other = web.code_flow("alice").scope("photos:read").await;
    web.revoke(tokens.refresh_token.as_ref().unwrap())
        .await
        .is(200);
    web.refresh(&tokens).await.refused("invalid_grant");
    assert_eq!(
        app.introspect(PHOTOS, &tokens.access_token).await["active"],
        false
    );
    web.refresh(&other).await.ok();
    let last = app.events_after(0).await.pop();
    assert_eq!(last.as_deref(), Some("grant.revoked"));
    app.is_what_the_log_says().await;
}

async fn an_access_token_goes_alone(app: TestApp) {
    let web = app.client("web");
    for (api, scope) in [(PHOTOS, "photos:read"), (NOTES, "notes:read")] {
        let tokens = web.code_flow("alice").scope(scope).await;
        let before = app.log.head().await.unwrap();
        web.revoke(&tokens.access_token).await.is(200);
        web.revoke(&tokens.access_token).await.is(200);
        assert_eq!(
            app.introspect(api, &tokens.access_token).await["active"],
            false
        );
        assert_eq!(app.log.head().await, Ok(before), "no event");
        let tokens = web.refresh(&tokens).await.ok();
        assert_eq!(
            app.introspect(api, &tokens.access_token).await["active"],
            true
        );
    }
    let machine = app.client("machine");
    let tokens = machine.credentials().resource(PHOTOS).await.ok();
    machine.revoke(&tokens.access_token).await.is(200);
    assert_eq!(
        app.introspect(PHOTOS, &tokens.access_token).await["active"],
        false
    );
    // The row goes once the token would be over.
    let revoked = async || app.log.read("SELECT jti FROM revoked_tokens", &[]).await;
    assert_eq!(revoked().await.unwrap().len(), 3);
    app.pass(601).await;
    assert_eq!(revoked().await.unwrap().len(), 0);
}

async fn a_token_of_another_client_stays(app: TestApp) {
    let (web, cli) = (app.client("web"), app.client("cli"));
    let tokens = web.code_flow("alice").scope("photos:read").await;
    cli.revoke(&tokens.access_token)
        .await
        .refused("invalid_grant");
    let refresh_token = tokens.refresh_token.as_ref().unwrap();
    cli.revoke(refresh_token).await.refused("invalid_grant");
    assert_eq!(
        app.introspect(PHOTOS, &tokens.access_token).await["active"],
        true
    );
    web.refresh(&tokens).await.ok();
    let stranger = Sending::form("/revoke", [("token", "x")]);
    app.send(stranger).await.refused("invalid_client");
}

async fn what_is_worth_nothing_is_fine(app: TestApp) {
    let web = app.client("web");
    for token in ["garbage", "a.b.c"] {
        web.revoke(token).await.is(200);
    }
    let tokens = web.code_flow("alice").scope("photos:read").await;
    app.clock.advance(601);
    web.revoke(&tokens.access_token).await.is(200);
}

async fn a_former_refresh_token_still_revokes(app: TestApp) {
    let web = app.client("web");
    let first = web.code_flow("alice").scope("photos:read").await;
    let second = web.refresh(&first).await.ok();
    web.revoke(first.refresh_token.as_ref().unwrap())
        .await
        .is(200);
    web.refresh(&second).await.refused("invalid_grant");
}
