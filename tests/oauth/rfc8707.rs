//! RFC 8707: a token is for the API that was asked for, and for no other.

use crate::support::furnished::{FILES, NOTES, PHOTOS};
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_resource_that_cannot_be_had_is_refused_with_one_text,
    a_resource_that_is_malformed_is_refused,
    the_resource_is_compared_in_canonical_form_only,
    an_alias_is_the_api_itself,
    a_refresh_never_widens,
    the_refresh_token_keeps_the_whole_grant,
    without_a_resource_the_scopes_name_it,
    several_apis_and_none_named_is_a_userinfo_token_or_refused,
    a_resource_without_scopes_means_all_of_them,
    an_api_left_empty_is_dropped_if_another_remains,
    a_client_that_must_name_a_resource_is_refused_without,
    a_deleted_scope_or_disabled_api_ends_what_hangs_from_it,
];

async fn a_resource_that_cannot_be_had_is_refused_with_one_text(app: TestApp) {
    // Unknown, disabled, or not for this client: nobody finds out which.
    app.set_api(NOTES, |settings| settings.enabled = false)
        .await;
    let flow = app.client("third-party").code_flow("alice");
    let mut texts = Vec::new();
    for resource in [
        "https://unknown.example/",
        NOTES,
        "https://id.example/api/v1",
    ] {
        let answer = flow.clone().resource(resource).answer().await;
        answer.refused("invalid_target");
        texts.push(answer.parameters["error_description"].clone());
        let request = app.client("machine").credentials().resource(resource);
        let answer = request.await;
        answer.refused("invalid_target");
        let text = answer.0.json()["error_description"].clone();
        texts.push(text.as_str().unwrap().to_owned());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
}

async fn a_resource_that_is_malformed_is_refused(app: TestApp) {
    let long = format!("https://photos.example/{}", "a".repeat(2048));
    for resource in [
        "photos.example",
        "/photos",
        "https://photos.example/#",
        "https://photos.example/#part",
        "https://photos.example/ x",
        "https://photos.example/\\",
        &long,
    ] {
        let flow = app.client("web").code_flow("alice").scope("photos:read");
        flow.resource(resource)
            .answer()
            .await
            .refused("invalid_target");
        let request = app.client("machine").credentials().resource(resource);
        request.await.refused("invalid_target");
    }
}

async fn the_resource_is_compared_in_canonical_form_only(app: TestApp) {
    let request = app.client("machine").credentials().scope("photos:read");
    for same in ["HTTPS://Photos.Example/", "https://photos.example:443"] {
        let tokens = request.clone().resource(same).await.ok();
        assert_eq!(tokens.claims(&app)["aud"], PHOTOS, "{same}");
    }
    for other in [
        "http://photos.example/",
        "https://photos.example:8443/",
        "https://photos.example/x",
        "https://photos.example/?x",
        "https://photos.example.evil.example/",
    ] {
        let answer = request.clone().resource(other).await;
        answer.refused("invalid_target");
    }
}

async fn an_alias_is_the_api_itself(app: TestApp) {
    let alias = domain::value::ResourceUri::parse("urn:example:photos").unwrap();
    app.set_api(PHOTOS, |settings| settings.aliases = vec![alias.clone()])
        .await;
    let request = app.client("machine").credentials().scope("photos:read");
    let tokens = request.resource("urn:example:photos").await.ok();
    assert_eq!(tokens.claims(&app)["aud"], PHOTOS);
}

async fn a_refresh_never_widens(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("carol").scope("photos:read").resource(PHOTOS);
    let tokens = flow.await;
    web.refresh(&tokens)
        .resource(FILES)
        .await
        .refused("invalid_target");
    let wider = web.refresh(&tokens).scope("photos:read photos:write");
    wider.await.refused("invalid_scope");
    let tokens = web.refresh(&tokens).scope("photos:read").await.ok();
    assert_eq!(tokens.scope, "photos:read");
}

async fn the_refresh_token_keeps_the_whole_grant(app: TestApp) {
    let web = app.client("web");
    let flow = web
        .code_flow("carol")
        .scope("photos:read photos:write files:read");
    let tokens = flow.at_token("resource", FILES).await;
    assert_eq!(tokens.scope, "files:read");
    let tokens = web.refresh(&tokens).resource(PHOTOS).scope("photos:read");
    let tokens = tokens.await.ok();
    assert_eq!(tokens.scope, "photos:read");
    let tokens = web.refresh(&tokens).resource(PHOTOS).await.ok();
    assert_eq!(tokens.scope, "photos:read photos:write");
}

async fn without_a_resource_the_scopes_name_it(app: TestApp) {
    let tokens = app.client("web").code_flow("alice").scope("photos:read");
    assert_eq!(tokens.await.claims(&app)["aud"], PHOTOS);
    let tokens = app.client("machine").credentials().scope("files:write");
    assert_eq!(tokens.await.ok().claims(&app)["aud"], FILES);
}

async fn several_apis_and_none_named_is_a_userinfo_token_or_refused(app: TestApp) {
    let web = app.client("web");
    let flow = web
        .code_flow("carol")
        .scope("openid photos:read files:read");
    let tokens = flow.await;
    app.userinfo(&tokens.access_token).await.is(200);
    let tokens = web.refresh(&tokens).resource(PHOTOS).await.ok();
    assert_eq!(tokens.claims(&app)["aud"], PHOTOS);

    let flow = web.code_flow("carol").scope("photos:read files:read");
    flow.token_answer().await.refused("invalid_target");
}

async fn a_resource_without_scopes_means_all_of_them(app: TestApp) {
    let flow = app.client("web").code_flow("alice").resource(PHOTOS);
    assert_eq!(flow.await.scope, "photos:read photos:write");
    let flow = app
        .client("third-party")
        .code_flow("alice")
        .resource(PHOTOS);
    assert_eq!(flow.await.scope, "photos:read");
}

async fn an_api_left_empty_is_dropped_if_another_remains(app: TestApp) {
    let web = app.client("web");
    let scopes = "openid photos:read files:read";
    let flow = web.code_flow("alice").scope(scopes);
    let flow = flow.resource(PHOTOS).resource(FILES);
    let tokens = flow.clone().at_token("resource", PHOTOS).await;
    assert_eq!(tokens.scope, "openid photos:read");
    web.refresh(&tokens)
        .resource(FILES)
        .await
        .refused("invalid_target");
    // Whatever OpenID Connect scopes remain: nobody signs in to get nothing.
    let flow = web.code_flow("dora").scope(scopes);
    flow.answer().await.refused("access_denied");
}

async fn a_client_that_must_name_a_resource_is_refused_without(app: TestApp) {
    for client in ["web", "machine"] {
        app.set_client(client, |settings| settings.require_resource = true)
            .await;
    }
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    flow.answer().await.refused("invalid_target");
    flow.resource(PHOTOS).await;
    let request = app.client("machine").credentials().scope("photos:read");
    request.clone().await.refused("invalid_target");
    request.resource(PHOTOS).await.ok();
}

async fn a_deleted_scope_or_disabled_api_ends_what_hangs_from_it(app: TestApp) {
    use chancery::command::apis::{Change, ChangeApi};
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("photos:read photos:write");
    let tokens = flow.await;
    let change = Change::RemoveScope(crate::support::furnished::scope("photos:write"));
    let id = app.api_of(PHOTOS);
    app.run(&ChangeApi { id, change }).await;
    let tokens = web.refresh(&tokens).await.ok();
    assert_eq!(tokens.scope, "photos:read");
    app.set_api(PHOTOS, |settings| settings.enabled = false)
        .await;
    web.refresh(&tokens).await.refused("invalid_target");
    app.set_api(PHOTOS, |settings| settings.enabled = true)
        .await;
    let tokens = web.refresh(&tokens).await.ok();
    let change = Change::Delete;
    app.run(&ChangeApi { id, change }).await;
    web.refresh(&tokens).await.refused("invalid_target");
    app.is_what_the_log_says().await;
}
