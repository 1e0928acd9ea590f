//! Clients and APIs: what they are given works, and what is taken from them does not.

use serde_json::json;

use super::{Operator, all_scopes};
use crate::support::client::{Client, basic};
use crate::support::furnished::{NOTES, PHOTOS};
use crate::support::http::Sending;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_client_is_made_with_a_secret_that_works,
    a_secret_is_rolled_over,
    an_api_is_made_and_used,
    a_rule_is_added_once,
    a_credential_is_rotated,
    a_deleted_client_leaves_nothing_behind,
];

async fn a_client_is_made_with_a_secret_that_works(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let new = json!({"id": "robot", "name": "A robot", "party": "first",
        "auth_method": "client_secret_basic", "grant_types": ["client_credentials"]});
    let made = root.post("/clients", new.clone()).await.is(201).json();
    let secret = made["secret"]["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    root.post("/clients", new.clone())
        .await
        .problem(409, "taken");
    let mut inside = new;
    inside["id"] = "inside".into();
    inside["backchannel_logout_uri"] = "https://10.0.0.7/logout".into();
    root.post("/clients", inside)
        .await
        .problem(422, "invalid-value");
    for keys in [
        json!([]),
        json!([{"kty": "oct", "k": "c2VjcmV0"}]),
        json!(7),
    ] {
        let mut mute = json!({"id": "mute", "name": "It cannot prove itself", "party": "first",
            "auth_method": "private_key_jwt", "grant_types": ["client_credentials"]});
        mute["jwks"] = json!({"keys": keys});
        root.post("/clients", mute)
            .await
            .problem(422, "invalid-value");
    }
    let photos = app.api_of(PHOTOS);
    let grant = format!("/apis/{photos}/clients/client:robot/client");
    root.put(&grant, json!({"ceiling": {"scopes": ["photos:read"]}}))
        .await
        .is(204);
    let robot = Client {
        app: &app,
        id: "robot",
        secret: Some(secret),
        redirect_uri: "",
    };
    let tokens = robot.credentials().resource(PHOTOS).await.ok();
    assert_eq!(tokens.scope, "photos:read");

    let path = "/clients/robot";
    let read = root.get(path).await.is(200);
    assert!(!read.body.contains(secret));
    let patch = json!({"enabled": false, "grant_types": ["client_credentials"]});
    assert_eq!(
        root.patch(path, patch).await.is(200).json()["enabled"],
        false
    );
    robot
        .credentials()
        .resource(PHOTOS)
        .await
        .refused("invalid_client");
    for patch in [
        json!({"party": "third"}),
        json!({"id": "b"}),
        json!({"name": ""}),
        json!({"backchannel_logout_uri": "https://192.168.1.1/"}),
    ] {
        root.patch(path, patch).await.problem(422, "invalid-value");
    }
}

async fn a_secret_is_rolled_over(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let machine = app.client("machine");
    let path = "/clients/machine/secrets";
    let former = root.get(path).await.is(200).json()["items"][0].clone();
    let added = root.post(path, json!({})).await.is(201).json();
    root.post(path, json!({}))
        .await
        .problem(422, "invalid-value");
    let renewed = Client {
        secret: added["secret"].as_str(),
        ..machine
    };
    for client in [machine, renewed] {
        client.credentials().resource(PHOTOS).await.ok();
    }
    let former = format!("{path}/{}", former["id"].as_str().unwrap());
    root.delete(&former).await.is(204);
    root.delete(&former).await.problem(404, "not-found");
    machine
        .credentials()
        .resource(PHOTOS)
        .await
        .refused("invalid_client");
    renewed.credentials().resource(PHOTOS).await.ok();
}

async fn an_api_is_made_and_used(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let new = json!({"identifier": "https://mail.example/", "name": "Mail",
        "scopes": [{"scope": "mail:read", "description": "Read your mail"}]});
    let made = root.post("/apis", new.clone()).await.is(201).json();
    root.post("/apis", new).await.problem(409, "taken");
    let path = format!("/apis/{}", made["id"].as_str().unwrap());
    let named = root
        .get("/apis?identifier=https%3A%2F%2FMAIL.example")
        .await
        .json();
    assert_eq!(named["items"], json!([made]));
    let patch = json!({"token_lifetime": 60});
    assert_eq!(
        root.patch(&path, patch).await.is(200).json()["token_lifetime"],
        60
    );
    root.put(
        &format!("{path}/scopes/mail:send"),
        json!({"description": "Send"}),
    )
    .await
    .is(204);
    root.put(
        &format!("{path}/scopes/openid"),
        json!({"description": "?"}),
    )
    .await
    .problem(422, "invalid-value");
    let web = app.client("web");
    let flow = web.code_flow("dora").resource("https://mail.example/");
    let tokens = flow.scope("mail:send").await;
    assert_eq!(
        (tokens.scope.as_str(), tokens.expires_in),
        ("mail:send", 60)
    );
    root.delete(&format!("{path}/scopes/mail:send"))
        .await
        .is(204);
    root.delete(&path).await.is(204);
    root.get(&path).await.problem(404, "not-found");
    app.is_what_the_log_says().await;
}

async fn a_rule_is_added_once(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let (photos, dora) = (app.api_of(PHOTOS), app.user_named("dora").await);
    let path = format!("/apis/{photos}/rules");
    let rule = json!({"scope": "photos:read", "principal": {"user": dora}});
    let first = root.post(&path, rule.clone()).await.is(201).json();
    let again = root.post(&path, rule).await.is(201).json();
    assert_eq!(first, again);
    let rules = root.get(&path).await.json();
    assert_eq!(rules["items"].as_array().unwrap().len(), 2);
    let web = app.client("web");
    let tokens = web.code_flow("dora").resource(PHOTOS).await;
    assert_eq!(tokens.scope, "photos:read");
    let unknown = json!({"scope": "photos:none", "principal": {"user": dora}});
    root.post(&path, unknown)
        .await
        .problem(422, "invalid-value");
    let path = format!("{path}/{}", first["id"].as_str().unwrap());
    root.delete(&path).await.is(204);
    root.delete(&path).await.problem(404, "not-found");
    web.refresh(&tokens).await.refused("invalid_grant");
}

async fn a_credential_is_rotated(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let path = format!("/apis/{}/credential", app.api_of(NOTES));
    let made = root.post(&path, json!({})).await.is(201).json();
    let ask = async |secret: &str| {
        let sending = Sending::form("/introspect", [("token", "x")]);
        app.send(sending.with("authorization", basic(NOTES, secret)))
            .await
    };
    ask("api-secret").await.is(401);
    ask(made["secret"].as_str().unwrap()).await.is(200);
    root.delete(&path).await.is(204);
    ask(made["secret"].as_str().unwrap()).await.is(401);
    root.delete(&path).await.problem(404, "not-found");
}

/// Whoever registers the id again gets neither its ceilings nor what people allowed it.
async fn a_deleted_client_leaves_nothing_behind(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let (third, alice) = (app.client("third-party"), app.user_named("alice").await);
    third.code_flow("alice").scope("photos:read").await;
    root.delete("/clients/third-party").await.is(204);
    for path in [
        format!("/users/{alice}/consents"),
        format!("/grants?user={alice}"),
    ] {
        assert_eq!(root.get(&path).await.is(200).json()["items"], json!([]));
    }
    let ceilings = root
        .get(&format!("/apis/{}/clients", app.api_of(PHOTOS)))
        .await;
    assert!(!ceilings.is(200).body.contains("third-party"));
    app.is_what_the_log_says().await;
}
