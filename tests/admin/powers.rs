//! Nobody grants what they do not hold: each way to more powers than one's own, tried.

use chancery::admin_api;
use chancery::command::apis::{Change, ChangeApi};
use domain::api::{Ceiling, Holder, Principal, SubjectKind};
use domain::value::{RuleId, UserId};
use serde_json::{Value, json};

use super::{ADMINISTRATORS, Operator, all_scopes, allow, api};
use crate::support::furnished::scope;
use crate::support::http::Answer;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    an_administrators_account_is_not_taken_over,
    an_administrators_group_is_not_entered,
    a_client_of_the_admin_api_is_not_taken_over,
    no_client_is_registered_into_a_class_with_powers,
    no_ceiling_is_widened_by_setting_or_taking_one,
    no_rule_gives_what_its_author_lacks,
    no_api_takes_a_name_of_this_server,
    the_admin_api_itself_stays_as_it_is,
    what_one_holds_one_may_give,
    the_last_administrator_stays,
    the_last_administrator_by_many_rules_stays,
];

#[track_caller]
fn powerless(answer: Answer) {
    answer.problem(403, "insufficient-powers");
}

/// Makes somebody an administrator.
async fn administrator(app: &TestApp, name: &str) -> UserId {
    let user = app.user_named(name).await;
    app.add(user, app.group_named(ADMINISTRATORS).await).await;
    user
}

async fn an_administrators_account_is_not_taken_over(app: TestApp) {
    let alice = administrator(&app, "alice").await;
    let session = app.session(alice).await;
    let scopes = "users.write users.read credentials.write sessions.write grants.write";
    let weak = Operator::new(&app, "weak", scopes).await;
    let path = format!("/users/{alice}");
    powerless(
        weak.patch(&path, json!({"email": "eve@people.example"}))
            .await,
    );
    powerless(weak.patch(&path, json!({"username": "eve"})).await);
    let password = json!({"password": "known to eve"});
    powerless(weak.put(&format!("{path}/password"), password).await);
    for verb in ["disable", "enable", "require-password-change"] {
        powerless(weak.post(&format!("{path}/{verb}"), json!({})).await);
    }
    powerless(weak.delete(&path).await);
    powerless(weak.delete(&format!("{path}/sessions")).await);
    powerless(weak.delete(&format!("/sessions/{session}")).await);
    powerless(weak.delete(&format!("{path}/consents/web")).await);
    // Everybody else is theirs to look after.
    let bob = format!("/users/{}", app.user_named("bob").await);
    weak.patch(&bob, json!({"email": "b@people.example"}))
        .await
        .is(200);
    weak.delete(&format!("{bob}/sessions")).await.is(204);
}

async fn an_administrators_group_is_not_entered(app: TestApp) {
    administrator(&app, "alice").await;
    let weak = Operator::new(&app, "weak", "groups.write groups.read users.read").await;
    let (administrators, photos) = (
        app.group_named(ADMINISTRATORS).await,
        app.group_named("photos").await,
    );
    let (alice, bob) = (app.user_named("alice").await, app.user_named("bob").await);
    let group = format!("/groups/{administrators}");
    powerless(weak.put(&format!("{group}/members/{bob}"), json!({})).await);
    powerless(weak.delete(&format!("{group}/members/{alice}")).await);
    powerless(
        weak.put(&format!("{group}/children/{photos}"), json!({}))
            .await,
    );
    powerless(weak.patch(&group, json!({"name": "former"})).await);
    // A group within it gives as much.
    let within = app.group("within").await;
    let root = Operator::new(&app, "root", &all_scopes()).await;
    root.put(&format!("{group}/children/{within}"), json!({}))
        .await
        .is(204);
    let within = format!("/groups/{within}");
    powerless(
        weak.put(&format!("{within}/members/{bob}"), json!({}))
            .await,
    );
    powerless(
        weak.put(&format!("{within}/children/{photos}"), json!({}))
            .await,
    );
    powerless(
        weak.delete(&format!("{group}/children/{}", &within[8..]))
            .await,
    );
    powerless(weak.patch(&within, json!({"name": "former"})).await);
    powerless(weak.delete(&within).await);
    // A group around it gives nothing.
    let around = app.group("around").await;
    weak.put(
        &format!("/groups/{around}/children/{administrators}"),
        json!({}),
    )
    .await
    .is(204);
    weak.put(&format!("/groups/{around}/members/{bob}"), json!({}))
        .await
        .is(204);
}

async fn a_client_of_the_admin_api_is_not_taken_over(app: TestApp) {
    allow(&app, "web", SubjectKind::User, "users.write").await;
    Operator::new(&app, "root", &all_scopes()).await;
    let weak = Operator::new(&app, "weak", "clients.write clients.read").await;
    for id in ["web", "root"] {
        let path = format!("/clients/{id}");
        powerless(
            weak.patch(&path, json!({"redirect_uris": ["https://eve.example/"]}))
                .await,
        );
        powerless(weak.patch(&path, json!({"enabled": false})).await);
        powerless(weak.post(&format!("{path}/secrets"), json!({})).await);
        powerless(weak.delete(&path).await);
    }
    let path = "/clients/machine";
    weak.patch(path, json!({"name": "Ours"})).await.is(200);
    weak.post(&format!("{path}/secrets"), json!({}))
        .await
        .is(201);
}

fn web_client(party: &str) -> Value {
    json!({"id": format!("eve-{party}"), "name": "Eve", "party": party, "auth_method": "none",
        "grant_types": ["authorization_code"], "redirect_uris": ["https://eve.example/"]})
}

async fn no_client_is_registered_into_a_class_with_powers(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let weak = Operator::new(&app, "weak", "clients.write").await;
    let class = format!("/apis/{}/clients/first_party/user", admin_api::ID);
    let ceiling = json!({"ceiling": {"scopes": ["users.read"]}});
    root.put(&class, ceiling).await.is(204);
    powerless(weak.post("/clients", web_client("first")).await);
    weak.post("/clients", web_client("third")).await.is(201);
    root.delete(&class).await.is(204);
    // Nor where a policy is what gives the powers.
    let policy = json!({"client_policy": "allow_first_party"});
    root.patch(&format!("/apis/{}", admin_api::ID), policy)
        .await
        .is(200);
    powerless(weak.post("/clients", web_client("first")).await);
}

async fn no_ceiling_is_widened_by_setting_or_taking_one(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let weak = Operator::new(&app, "weak", "apis.write apis.read").await;
    let place = |holder: &str| format!("/apis/{}/clients/{holder}", admin_api::ID);
    let ceiling = |scopes: &[&str]| json!({"ceiling": {"scopes": scopes}});
    for holder in [
        "client:web/user",
        "client:weak/client",
        "all/user",
        "first_party/client",
    ] {
        let more = ceiling(&["apis.write", "users.read"]);
        powerless(weak.put(&place(holder), more).await);
        powerless(weak.put(&place(holder), json!({"ceiling": "all"})).await);
    }
    // A class may do much, one client little: to take the little away would give it the much.
    root.put(&place("first_party/user"), ceiling(&["users.write"]))
        .await
        .is(204);
    root.put(&place("client:web/user"), ceiling(&[]))
        .await
        .is(204);
    powerless(weak.delete(&place("client:web/user")).await);
    powerless(
        weak.put(&place("client:web/user"), ceiling(&["apis.read"]))
            .await,
    );
    powerless(weak.delete(&place("first_party/user")).await);
    powerless(weak.delete(&place("client:root/client")).await);
    root.delete(&place("client:web/user")).await.is(204);
}

async fn no_rule_gives_what_its_author_lacks(app: TestApp) {
    let weak = Operator::new(&app, "weak", "apis.write apis.read").await;
    let bob = app.user_named("bob").await;
    let rules = format!("/apis/{}/rules", admin_api::ID);
    let principal = json!({"user": bob});
    powerless(weak.post(&rules, json!({"principal": principal})).await);
    powerless(
        weak.post(
            &rules,
            json!({"principal": principal, "scope": "users.read"}),
        )
        .await,
    );
    let rule = weak.get(&rules).await.is(200).json()["items"][0]["id"].clone();
    powerless(
        weak.delete(&format!("{rules}/{}", rule.as_str().unwrap()))
            .await,
    );
    let held = json!({"principal": principal, "scope": "apis.read"});
    weak.post(&rules, held).await.is(201);
}

async fn no_api_takes_a_name_of_this_server(app: TestApp) {
    let weak = Operator::new(&app, "weak", "apis.write apis.read").await;
    let own = |name: &str| json!({"identifier": name, "name": "Eve"});
    let alias = json!({"identifier": "https://eve.example/", "name": "Eve", "aliases": [api()]});
    weak.post("/apis", own(&api())).await.problem(409, "taken");
    weak.post("/apis", alias).await.problem(409, "taken");
    for name in [
        "https://id.example",
        "HTTPS://ID.example/",
        "https://id.example/userinfo",
    ] {
        weak.post("/apis", own(name))
            .await
            .problem(409, "wrong-state");
    }
    let eve = weak
        .post("/apis", own("https://eve.example/"))
        .await
        .is(201)
        .json();
    let path = format!("/apis/{}", eve["id"].as_str().unwrap());
    weak.patch(&path, json!({"identifier": api()}))
        .await
        .problem(409, "taken");
    weak.patch(&path, json!({"aliases": ["https://id.example/userinfo"]}))
        .await
        .problem(409, "wrong-state");
    // Its scopes may have the same names: a token is for one API.
    let scope = json!({"description": "Everything"});
    weak.put(&format!("{path}/scopes/users.write"), scope)
        .await
        .is(204);
}

async fn the_admin_api_itself_stays_as_it_is(app: TestApp) {
    let weak = Operator::new(&app, "weak", "apis.write apis.read").await;
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let path = format!("/apis/{}", admin_api::ID);
    powerless(
        weak.patch(&path, json!({"client_policy": "allow_first_party"}))
            .await,
    );
    powerless(weak.post(&format!("{path}/credential"), json!({})).await);
    root.patch(&path, json!({"enabled": false}))
        .await
        .problem(409, "wrong-state");
    root.delete(&path).await.problem(409, "wrong-state");
    root.delete(&format!("{path}/scopes/users.read"))
        .await
        .problem(409, "wrong-state");
    root.put(&format!("{path}/scopes/more"), json!({"description": "?"}))
        .await
        .problem(409, "wrong-state");
    root.patch(&path, json!({"token_lifetime": 60}))
        .await
        .is(200);
}

async fn what_one_holds_one_may_give(app: TestApp) {
    let scopes = "clients.write apis.write users.read";
    let some = Operator::new(&app, "some", scopes).await;
    let robot = json!({"id": "robot", "name": "A robot", "party": "first",
        "auth_method": "client_secret_basic", "grant_types": ["client_credentials"]});
    some.post("/clients", robot).await.is(201);
    let grant = format!("/apis/{}/clients/client:robot/client", admin_api::ID);
    some.put(&grant, json!({"ceiling": {"scopes": ["users.read"]}}))
        .await
        .is(204);
    some.post("/clients/robot/secrets", json!({})).await.is(201);
    some.delete("/clients/robot").await.is(204);
}

async fn the_last_administrator_stays(app: TestApp) {
    let alice = administrator(&app, "alice").await;
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let administrators = app.group_named(ADMINISTRATORS).await;
    let path = format!("/users/{alice}");
    let member = format!("/groups/{administrators}/members/{alice}");
    let last = |answer: Answer| {
        answer.problem(409, "last-administrator");
    };
    last(root.post(&format!("{path}/disable"), json!({})).await);
    last(root.delete(&path).await);
    last(root.delete(&member).await);
    last(
        root.put(&member, json!({"expires": "2027-01-01T00:00:00Z"}))
            .await,
    );
    // Powers over a part are not enough to let the last one go.
    let bob = app.user_named("bob").await;
    let part = Change::AddRule(
        RuleId::new(app.new_id()),
        Some(scope("users.write")),
        Principal::User(bob),
    );
    let id = admin_api::ID;
    app.run(&ChangeApi { id, change: part }).await;
    last(root.delete(&path).await);
    let rules = format!("/apis/{id}/rules");
    let all = root.get(&rules).await.json();
    let all = all["items"].as_array().unwrap().clone();
    let whole = all
        .iter()
        .find(|rule| rule["scope"] == Value::Null)
        .unwrap();
    last(
        root.delete(&format!("{rules}/{}", whole["id"].as_str().unwrap()))
            .await,
    );

    administrator(&app, "carol").await;
    root.delete(&member).await.is(204);
    let everything = Change::AllowClient(Holder::All, SubjectKind::User, Ceiling::All);
    app.run(&ChangeApi {
        id,
        change: everything,
    })
    .await;
    app.is_what_the_log_says().await;
}

async fn the_last_administrator_by_many_rules_stays(app: TestApp) {
    let alice = administrator(&app, "alice").await;
    let principal = Principal::Group(app.group_named(ADMINISTRATORS).await);
    let id = admin_api::ID;
    let rules = || app.snapshot.latest().apis[&id].api.rules.clone();
    let whole = rules()[0].id;
    for (name, _) in admin_api::SCOPES {
        let rule = RuleId::new(app.new_id());
        let change = Change::AddRule(rule, Some(scope(name)), principal);
        app.run(&ChangeApi { id, change }).await;
    }
    let change = Change::RemoveRule(whole);
    app.run(&ChangeApi { id, change }).await;

    let root = Operator::new(&app, "root", &all_scopes()).await;
    let part = rules()[3].id;
    for path in [
        format!("/users/{alice}"),
        format!("/apis/{id}/rules/{part}"),
    ] {
        root.delete(&path).await.problem(409, "last-administrator");
    }
    administrator(&app, "carol").await;
    root.delete(&format!("/users/{alice}")).await.is(204);
}
