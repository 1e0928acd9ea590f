//! Every operation there is, against tokens that must not open it.

use axum::http::Method;
use chancery::admin::{Operation, operations};
use chancery::admin_api;
use chancery::command::clients::UpdateClient;
use chancery::command::users::DisableUser;
use domain::api::SubjectKind;
use domain::client::ClientSettings;
use domain::user::DisableReason;

use super::{ADMINISTRATORS, Operator, all_scopes, allow, api};
use crate::state::verify::by_hand;
use crate::support::furnished::{PHOTOS, client_id};
use crate::support::http::{Answer, Sending};
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    no_operation_takes_a_token_without_its_scope,
    no_operation_takes_no_token_or_a_foreign_one,
    no_operation_takes_an_expired_token,
    no_operation_takes_a_revoked_token,
    no_operation_takes_a_token_of_a_disabled_client,
    a_persons_token_ends_with_what_it_rests_on,
    every_operation_is_served,
    where_there_is_nothing_the_answer_is_a_problem,
    what_failed_is_in_the_line_of_its_request,
];

/// Sends a request for each operation, about things that do not exist.
async fn every(app: &TestApp, token: Option<&str>, mut check: impl FnMut(&Operation, Answer)) {
    for operation in operations() {
        let path = operation.path.split('/').map(|part| match part {
            "{client}" => "no-client",
            "{scope}" => "no:scope",
            "{delivery}" => "no-delivery",
            "{holder}" => "client:no-client",
            "{subject}" => "user",
            _ if part.starts_with('{') => "01980c4e-7c1a-7000-8000-000000000001",
            _ => part,
        });
        let path = path.collect::<Vec<_>>().join("/");
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let mut sending = Sending::new(method, &[admin_api::PATH, &path].concat());
        if let Some(token) = token {
            sending = sending.bearer(token);
        }
        check(&operation, app.send(sending).await);
    }
}

/// Fails unless the token opens nothing (RFC 6750 §3.1).
async fn opens_nothing(app: &TestApp, token: &str) {
    every(app, Some(token), |operation, answer| {
        let challenge = answer.header("www-authenticate").to_owned();
        answer.problem(401, "invalid-token");
        let id = operation.id;
        assert!(
            challenge.contains("error=\"invalid_token\""),
            "{id}: {challenge}"
        );
    })
    .await;
}

async fn no_operation_takes_a_token_without_its_scope(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    for (without, _) in admin_api::SCOPES {
        let scopes = all_scopes();
        let others = scopes.split(' ').filter(|scope| scope != without);
        let others = others.collect::<Vec<_>>().join(" ");
        let request = root.client.credentials().resource(&api()).scope(&others);
        let token = request.await.ok().access_token;
        every(&app, Some(&token), |operation, answer| {
            let challenge = answer.header("www-authenticate").to_owned();
            if operation.needs.scopes() == [*without] {
                answer.problem(403, "insufficient-scope");
                let missing = format!("scope=\"{without}\"");
                assert!(challenge.contains("error=\"insufficient_scope\""));
                assert!(
                    challenge.contains(&missing),
                    "{}: {challenge}",
                    operation.id
                );
            } else {
                assert_eq!(challenge, "", "{}", operation.id);
            }
        })
        .await;
    }
}

async fn no_operation_takes_no_token_or_a_foreign_one(app: TestApp) {
    every(&app, None, |_, answer| {
        let challenge = answer.header("www-authenticate").to_owned();
        answer.problem(401, "invalid-token");
        assert!(challenge.starts_with("Bearer "), "{challenge}");
        assert!(!challenge.contains("error="), "{challenge}");
    })
    .await;
    let machine = app.client("machine").credentials().resource(PHOTOS);
    opens_nothing(&app, &machine.await.ok().access_token).await;
    let userinfo = app.client("web").code_flow("alice").scope("openid");
    opens_nothing(&app, &userinfo.await.access_token).await;
    opens_nothing(&app, "no-token").await;
}

async fn no_operation_takes_an_expired_token(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    app.clock.advance(599);
    root.get("/users").await.is(200);
    app.clock.advance(1);
    opens_nothing(&app, &root.token).await;
}

async fn no_operation_takes_a_revoked_token(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    root.client.revoke(&root.token).await.is(200);
    opens_nothing(&app, &root.token).await;
}

async fn no_operation_takes_a_token_of_a_disabled_client(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let change = |settings: &ClientSettings| {
        Ok(ClientSettings {
            enabled: false,
            ..settings.clone()
        })
    };
    let id = client_id("root");
    app.run(&UpdateClient { id, change }).await;
    opens_nothing(&app, &root.token).await;
}

async fn a_persons_token_ends_with_what_it_rests_on(app: TestApp) {
    allow(&app, "web", SubjectKind::User, "users.read users.write").await;
    let administrators = app.group_named(ADMINISTRATORS).await;
    for name in ["alice", "carol"] {
        app.add(app.user_named(name).await, administrators).await;
    }
    let token = async |name| {
        let flow = app.client("web").code_flow(name).resource(&api());
        flow.scope("users.read groups.read").await
    };
    let list = async |token: &str| {
        let path = [admin_api::PATH, "/users"].concat();
        app.send(Sending::get(&path).bearer(token)).await
    };
    let (alice, carol) = (token("alice").await, token("carol").await);
    assert_eq!(alice.scope, "users.read", "the ceiling bounds it");
    list(&alice.access_token).await.is(200);

    app.remove("alice", ADMINISTRATORS).await;
    list(&alice.access_token)
        .await
        .problem(403, "insufficient-scope");
    app.add(app.user_named("alice").await, administrators).await;
    list(&alice.access_token).await.is(200);

    let disable = DisableUser {
        id: app.user_named("alice").await,
        reason: DisableReason::Administrative,
    };
    app.run(&disable).await;
    opens_nothing(&app, &alice.access_token).await;

    list(&carol.access_token).await.is(200);
    let web = app.client("web");
    web.revoke(carol.refresh_token.as_deref().unwrap())
        .await
        .is(200);
    opens_nothing(&app, &carol.access_token).await;
}

async fn every_operation_is_served(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    every(&app, Some(&root.token), |operation, answer| {
        let id = operation.id;
        assert_eq!(answer.header("cache-control"), "no-store", "{id}");
        assert!(!answer.body.contains("nothing at this address"), "{id}");
        let status = answer.status.as_u16();
        assert!([200, 204, 404, 415].contains(&status), "{id}: {answer:?}");
    })
    .await;
}

async fn where_there_is_nothing_the_answer_is_a_problem(app: TestApp) {
    for path in ["", "/", "//", "/users/", "/nothing", "/nothing/at/all/"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let path = [admin_api::PATH, path].concat();
            let answer = app.send(Sending::new(method, &path)).await;
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            answer.problem(404, "not-found");
        }
    }
}

async fn what_failed_is_in_the_line_of_its_request(app: TestApp) {
    let operator = Operator::new(&app, "operator", "users.read").await;
    let path = format!("/users/{}", app.user_named("alice").await);
    let mut browser = app.browser();
    let flow = app.client("web").code_flow("alice").scope("openid profile");
    let tokens = flow.clone().in_browser(&mut browser).await;
    let again = flow.answer_in(&mut browser).await;
    by_hand(&app, "UPDATE users SET details = 'torn'").await;

    let page = browser.visit("/account").await;
    let token = app.client("web").redeem(again.code()).await.0;
    let claims = app.userinfo(&tokens.access_token).await;
    let user = operator.get(&path).await;
    for answer in [page, token, claims, user] {
        let answer = answer.is(503);
        assert!(!answer.body.contains("cannot be read"), "{answer:?}");
        let because = answer.because.unwrap_or_default();
        assert!(because.contains("users: a row cannot be read"), "{because}");
    }
}
