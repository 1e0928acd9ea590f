//! The ten test vectors of the photo and file servers: two APIs, four people, clients of two parties.

use chancery::command::apis::{Change, ChangeApi, CreateApi};
use chancery::command::grants::RevokeClient;
use domain::api::Principal;
use domain::grant::RevokeReason;
use domain::value::{ApiId, RuleId};
use jose::{Typ, Unverified};

use crate::support::furnished::{FILES, PHOTOS, client_id, scope};
use crate::support::realm::api;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    v01_a_token_for_photos_names_photos_and_its_scopes_only,
    v02_a_refresh_with_another_resource_gets_its_audience,
    v03_who_is_not_in_the_group_gets_nothing,
    v04_what_is_beyond_the_ceiling_is_dropped_and_the_scope_returned,
    v05_revoking_one_client_leaves_the_other_alone,
    v06_a_token_for_photos_is_worth_nothing_at_files,
    v07_an_empty_path_and_a_slash_are_the_same_resource,
    v08_two_resources_at_the_token_endpoint_are_refused,
    v09_who_leaves_a_group_loses_its_scope_at_the_next_refresh,
    v10_an_access_token_has_its_type_and_all_required_claims,
];

async fn v01_a_token_for_photos_names_photos_and_its_scopes_only(app: TestApp) {
    let scopes = "openid photos:read files:read";
    let tokens = app.client("cli").code_flow("carol").scope(scopes);
    let tokens = tokens.resource(PHOTOS).await;
    let claims = tokens.claims(&app);
    assert_eq!(claims["aud"], PHOTOS);
    assert_eq!(claims["scope"], "photos:read");
    assert_eq!(claims["client_id"], "cli");
    assert_eq!(tokens.scope, "openid photos:read");
}

async fn v02_a_refresh_with_another_resource_gets_its_audience(app: TestApp) {
    let cli = app.client("cli");
    let flow = cli.code_flow("carol").scope("photos:read files:read");
    let flow = flow.resource(PHOTOS).resource(FILES);
    let tokens = flow.at_token("resource", PHOTOS).await;
    assert_eq!(tokens.claims(&app)["aud"], PHOTOS);
    let tokens = cli.refresh(&tokens).resource(FILES).await.ok();
    let claims = tokens.claims(&app);
    assert_eq!(claims["aud"], FILES);
    assert_eq!(claims["scope"], "files:read");
}

async fn v03_who_is_not_in_the_group_gets_nothing(app: TestApp) {
    let cli = app.client("cli");
    for user in ["bob", "dora"] {
        let flow = cli.code_flow(user).scope("photos:read").resource(PHOTOS);
        flow.answer().await.refused("access_denied");
    }
    let flow = cli.code_flow("alice").scope("photos:read").resource(PHOTOS);
    let tokens = flow.await;
    app.remove("alice", "photos").await;
    cli.refresh(&tokens).await.refused("invalid_grant");
}

async fn v04_what_is_beyond_the_ceiling_is_dropped_and_the_scope_returned(app: TestApp) {
    let flow = app.client("third-party").code_flow("carol");
    let flow = flow.scope("files:read files:write").resource(FILES);
    let tokens = flow.await;
    assert_eq!(tokens.scope, "files:read");
    assert_eq!(tokens.claims(&app)["scope"], "files:read");
}

async fn v05_revoking_one_client_leaves_the_other_alone(app: TestApp) {
    let (web, cli) = (app.client("web"), app.client("cli"));
    let of_web = web.code_flow("alice").scope("photos:read").await;
    let of_cli = cli.code_flow("alice").scope("photos:read").await;
    let revoke = RevokeClient {
        user: app.user_named("alice").await,
        client: client_id("web"),
        reason: RevokeReason::RevokedByUser,
    };
    app.run(&revoke).await;
    web.refresh(&of_web).await.refused("invalid_grant");
    let of_cli = cli.refresh(&of_cli).await.ok();
    assert_eq!(of_cli.scope, "photos:read");
}

async fn v06_a_token_for_photos_is_worth_nothing_at_files(app: TestApp) {
    let flow = app.client("cli").code_flow("carol").scope("photos:read");
    let token = flow.await.access_token;
    assert_eq!(app.introspect(PHOTOS, &token).await["active"], true);
    let at_files = app.introspect(FILES, &token).await;
    assert_eq!(at_files, serde_json::json!({ "active": false }));
    // At an API of ours: 401, and why.
    let answer = app.userinfo(&token).await.is(401);
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert!(challenge.contains(PHOTOS), "{challenge}");
}

async fn v07_an_empty_path_and_a_slash_are_the_same_resource(app: TestApp) {
    for resource in ["https://photos.example", "https://photos.example/"] {
        let flow = app.client("cli").code_flow("alice").scope("photos:read");
        let tokens = flow.resource(resource).await;
        assert_eq!(tokens.claims(&app)["aud"], PHOTOS, "{resource}");
        let request = app.client("machine").credentials().resource(resource);
        let tokens = request.scope("photos:read").await.ok();
        assert_eq!(tokens.claims(&app)["aud"], PHOTOS, "{resource}");
    }
}

async fn v08_two_resources_at_the_token_endpoint_are_refused(app: TestApp) {
    let cli = app.client("cli");
    let flow = cli.code_flow("carol").scope("photos:read files:read");
    let redirected = flow.clone().answer().await;
    let request = cli.redeem(redirected.code());
    let request = request.resource(PHOTOS).resource(FILES);
    request.await.refused("invalid_target");
    let tokens = flow.at_token("resource", PHOTOS).await;
    let request = cli.refresh(&tokens).resource(PHOTOS).resource(FILES);
    request.await.refused("invalid_target");
    let request = app.client("machine").credentials();
    let request = request.resource(PHOTOS).resource(FILES);
    request.await.refused("invalid_target");
}

async fn v09_who_leaves_a_group_loses_its_scope_at_the_next_refresh(app: TestApp) {
    let id = ApiId::new(app.new_id());
    let create = CreateApi {
        id,
        settings: api("https://albums.example/"),
        scopes: vec![
            (scope("albums:read"), "See albums".into()),
            (scope("albums:write"), "Change albums".into()),
        ],
    };
    app.run(&create).await;
    for (name, group) in [("albums:read", "photos"), ("albums:write", "files")] {
        let principal = Principal::Group(app.group_named(group).await);
        let rule = RuleId::new(app.new_id());
        let change = Change::AddRule(rule, Some(scope(name)), principal);
        app.run(&ChangeApi { id, change }).await;
    }
    let cli = app.client("cli");
    let flow = cli.code_flow("carol").scope("albums:read albums:write");
    let tokens = flow.await;
    assert_eq!(tokens.scope, "albums:read albums:write");
    let before = app.log.head().await.unwrap();
    app.remove("carol", "files").await;
    assert_eq!(app.events_after(before).await, ["group.member_removed"]);
    let tokens = cli.refresh(&tokens).await.ok();
    assert_eq!(tokens.scope, "albums:read");
    assert_eq!(tokens.claims(&app)["scope"], "albums:read");
    // It comes back with the group, never above what was granted.
    let carol = app.user_named("carol").await;
    app.add(carol, app.group_named("files").await).await;
    let tokens = cli.refresh(&tokens).await.ok();
    assert_eq!(tokens.scope, "albums:read albums:write");
}

async fn v10_an_access_token_has_its_type_and_all_required_claims(app: TestApp) {
    let person = app.client("cli").code_flow("alice").scope("photos:read");
    let person = person.await;
    let machine = app.client("machine").credentials().resource(PHOTOS);
    let machine = machine.await.ok();
    for tokens in [&person, &machine] {
        let token = Unverified::parse(&tokens.access_token).unwrap();
        assert_eq!(token.typ(), Some("at+jwt"));
        let claims = app.claims(&tokens.access_token, Typ::AT_JWT);
        for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
            assert!(!claims[claim].is_null(), "{claim} is missing");
        }
        assert_eq!(claims["iss"], crate::support::app::ISSUER);
        assert_eq!(claims["iat"], app.now().seconds());
        assert_eq!(claims["exp"], app.now().seconds() + tokens.expires_in);
    }
    assert_eq!(machine.claims(&app)["sub"], "machine");
    let alice = app.user_named("alice").await.to_string();
    assert_eq!(person.claims(&app)["sub"], alice);
    assert_ne!(person.claims(&app)["jti"], machine.claims(&app)["jti"]);
}
