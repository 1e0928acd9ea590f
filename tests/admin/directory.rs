//! Users, groups, sessions, grants: their lives by way of the API.

use serde_json::{Value, json};

use super::{ADMINISTRATORS, Operator, all_scopes};
use crate::support::realm::PASSWORD;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_user_is_made_changed_and_forgotten,
    a_password_that_was_set_signs_in,
    lists_come_in_pages,
    groups_nest_and_members_follow,
    a_membership_ends_when_it_was_said_to,
    sessions_and_grants_end,
    a_service_account_never_signs_in,
];

fn id(json: &Value) -> &str {
    json["id"].as_str().unwrap()
}

async fn a_user_is_made_changed_and_forgotten(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let new = json!({"username": "zoe", "email": "zoe@people.example", "email_verified": true,
        "profile": {"name": "Zoe"}, "attributes": {"floor": 3}});
    let user = root.post("/users", new.clone()).await.is(201).json();
    assert_eq!(user["kind"], "person");
    assert_eq!(user["attributes"]["floor"], 3);
    assert_eq!(user["created"], "2026-11-22T09:00:00.000Z");
    root.post("/users", new).await.problem(409, "taken");

    let path = format!("/users/{}", id(&user));
    let patch = json!({"email": "z@people.example", "profile": {"name": null, "locale": "en"}});
    let user = root.patch(&path, patch).await.is(200).json();
    assert_eq!(user["email_verified"], false);
    assert_eq!(user["profile"], json!({"locale": "en"}));
    assert_eq!(root.get(&path).await.is(200).json(), user);
    for patch in [
        json!({"kind": "service"}),
        json!({"username": null}),
        json!({"email": "z"}),
    ] {
        root.patch(&path, patch).await.problem(422, "invalid-value");
    }
    let found = root
        .get("/users?email=Z%40people.example")
        .await
        .is(200)
        .json();
    assert_eq!(found["items"], json!([user]));
    let both = "/users?username=zoe&email=alice%40people.example";
    assert_eq!(root.get(both).await.is(200).json()["items"], json!([]));

    root.post(&format!("{path}/disable"), json!({}))
        .await
        .is(204);
    assert_eq!(root.get(&path).await.json()["enabled"], false);
    root.post(&format!("{path}/enable"), json!({}))
        .await
        .is(204);
    root.post(&format!("{path}/erase"), json!({}))
        .await
        .problem(409, "wrong-state");
    root.delete(&path).await.is(204);
    root.get(&path).await.problem(404, "not-found");
    root.post(&format!("{path}/erase"), json!({})).await.is(204);
    let events = root
        .get(&format!("/events?subject=user/{}", id(&user)))
        .await;
    assert!(!events.is(200).body.contains("people.example"));
    app.is_what_the_log_says().await;
}

async fn a_password_that_was_set_signs_in(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let user = root.post("/users", json!({"username": "zoe"})).await.json();
    let path = format!("/users/{}/password", id(&user));
    root.put(&path, json!({"password": "short"}))
        .await
        .problem(422, "invalid-value");
    root.put(&path, json!({"password": PASSWORD, "must_change": false}))
        .await
        .is(204);
    let web = app.client("web");
    web.code_flow("zoe").scope("openid").await;
    let path = format!("/users/{}/require-password-change", id(&user));
    root.post(&path, json!({})).await.is(204);
    let user = root.get(&format!("/users/{}", id(&user))).await.json();
    assert_eq!(user["must_change_password"], true);
}

async fn lists_come_in_pages(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    app.user("älice").await;
    for list in ["/users", "/groups", "/clients", "/apis"] {
        let all = root.get(list).await.is(200).json();
        assert_eq!(all["next"], Value::Null);
        let all = all["items"].as_array().unwrap().clone();
        assert!(all.len() > 2, "{list}");
        let mut read = Vec::new();
        let mut next = String::new();
        loop {
            let page = root
                .get(&format!("{list}?limit=2{next}"))
                .await
                .is(200)
                .json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            read.extend(items.clone());
            let Some(after) = page["next"].as_str() else {
                break;
            };
            next = format!("&after={after}");
        }
        assert_eq!(read, all, "{list}");
    }
}

async fn groups_nest_and_members_follow(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let staff = root
        .post("/groups", json!({"name": "staff"}))
        .await
        .is(201)
        .json();
    root.post("/groups", json!({"name": "staff"}))
        .await
        .problem(409, "taken");
    let photos = app.group_named("photos").await;
    let alice = app.user_named("alice").await;
    let nested = format!("/groups/{}/children/{photos}", id(&staff));
    root.put(&nested, json!({})).await.is(204);
    let around = format!("/groups/{photos}/children/{}", id(&staff));
    root.put(&around, json!({}))
        .await
        .problem(409, "wrong-state");
    let children = root
        .get(&format!("/groups/{}/children", id(&staff)))
        .await
        .json();
    assert_eq!(children["items"][0]["name"], "photos");

    let groups = root
        .get(&format!("/users/{alice}/groups"))
        .await
        .is(200)
        .json();
    let direct = |name: &str| {
        let items = groups["items"].as_array().unwrap();
        items.iter().find(|group| group["name"] == name).unwrap()["direct"].clone()
    };
    assert_eq!(direct("photos"), true);
    assert_eq!(direct("staff"), false);

    root.delete(&nested).await.is(204);
    root.delete(&nested).await.problem(404, "not-found");
    let path = format!("/groups/{}", id(&staff));
    let renamed = root
        .patch(&path, json!({"name": "crew"}))
        .await
        .is(200)
        .json();
    assert_eq!(
        (id(&renamed), &renamed["name"]),
        (id(&staff), &json!("crew"))
    );
    let named = root.get("/groups?name=crew").await.json();
    assert_eq!(named["items"], json!([renamed]));
    // A rule names this one.
    root.delete(&format!("/groups/{photos}"))
        .await
        .problem(422, "invalid-value");
    root.delete(&path).await.is(204);
    app.is_what_the_log_says().await;
}

async fn a_membership_ends_when_it_was_said_to(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let photos = app.group_named("photos").await;
    let dora = app.user_named("dora").await;
    let path = format!("/groups/{photos}/members/{dora}");
    root.put(&path, json!({"expires": "2026-11-22T08:59:59Z"}))
        .await
        .problem(422, "invalid-value");
    let expires = json!({"expires": "2026-11-22T09:05:00Z"});
    root.put(&path, expires.clone()).await.is(204);
    root.put(&path, expires).await.is(204);
    let members = root.get(&format!("/groups/{photos}/members")).await.json();
    let expected = json!({"user": dora, "expires": "2026-11-22T09:05:00.000Z"});
    assert!(members["items"].as_array().unwrap().contains(&expected));
    app.pass(301).await;
    root.delete(&path).await.problem(404, "not-found");
}

async fn sessions_and_grants_end(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let (web, alice) = (app.client("web"), app.user_named("alice").await);
    let tokens = web.code_flow("alice").scope("photos:read").await;
    let of = |noun: &str| format!("/{noun}?user={alice}");
    let session = root.get(&of("sessions")).await.is(200).json()["items"][0].clone();
    let grant = root.get(&of("grants")).await.is(200).json()["items"][0].clone();
    assert_eq!(grant["session"], session["id"]);
    assert_eq!(grant["client"], "web");
    let other = format!("{}&client=cli", of("grants"));
    assert_eq!(root.get(&other).await.json()["items"], json!([]));
    root.delete(&format!("/grants/{}", id(&grant)))
        .await
        .is(204);
    root.delete(&format!("/grants/{}", id(&grant)))
        .await
        .problem(404, "not-found");
    web.refresh(&tokens).await.refused("invalid_grant");

    root.delete(&format!("/sessions/{}", id(&session)))
        .await
        .is(204);
    web.code_flow("alice").scope("photos:read").await;
    web.code_flow("alice").scope("photos:read").await;
    let sessions = root.get(&of("sessions")).await.json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2);
    root.delete(&format!("/users/{alice}/sessions"))
        .await
        .is(204);
    assert_eq!(root.get(&of("sessions")).await.json()["items"], json!([]));
    assert_eq!(root.get(&of("grants")).await.json()["items"], json!([]));

    let third = app.client("third-party");
    let tokens = third.code_flow("alice").scope("photos:read").await;
    let consents = format!("/users/{alice}/consents");
    let consent = root.get(&consents).await.is(200).json()["items"][0].clone();
    assert_eq!(consent["client"], "third-party");
    root.delete(&format!("{consents}/third-party"))
        .await
        .is(204);
    assert_eq!(root.get(&consents).await.json()["items"], json!([]));
    if tokens.refresh_token.is_some() {
        third.refresh(&tokens).await.refused("invalid_grant");
    }
    app.is_what_the_log_says().await;
}

async fn a_service_account_never_signs_in(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let account = json!({"kind": "service", "username": "backup"});
    let account = root.post("/users", account).await.is(201).json();
    let password = json!({"password": PASSWORD});
    root.put(&format!("/users/{}/password", id(&account)), password)
        .await
        .problem(409, "wrong-state");
    let administrators = app.group_named(ADMINISTRATORS).await;
    let path = format!("/groups/{administrators}/members/{}", id(&account));
    root.put(&path, json!({})).await.is(204);
}
