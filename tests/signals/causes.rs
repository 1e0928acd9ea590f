//! What happens becomes what docs/signals.md says.

use chancery::command::groups::{DeleteGroup, RenameGroup};
use chancery::command::sessions::EndSession;
use chancery::command::signals::ReportSignal;
use chancery::command::streams::{SetStreamStatus, target};
use chancery::command::users::{DeleteUser, DisableUser, EnableUser, EraseUser, UpdateUser};
use domain::personal::Details;
use domain::refusal::Refusal;
use domain::session::EndReason;
use domain::signal::Reported;
use domain::stream::{StatusSetter, StreamStatus, SubjectFormat};
use domain::user::DisableReason;
use domain::value::{Email, GroupName, PhoneNumber, SignalId, UserId};
use serde_json::json;

use super::Queued;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_session_is_established_and_revoked,
    a_session_is_named_by_the_sid_of_the_clients_id_tokens,
    an_account_is_disabled_enabled_and_purged,
    another_address_is_told_about_the_former_one,
    another_phone_number_is_told_about_the_former_one,
    a_refresh_token_used_twice_is_a_risk,
    only_a_verified_address_names_a_person,
    claims_that_a_client_may_see_are_told_with_their_new_values,
    claims_that_change_together_are_told_as_one,
    a_group_that_is_gone_changes_the_claims_of_those_who_were_in_it,
    a_report_is_told_with_its_device,
    a_stream_is_told_of_what_others_did_to_it,
    all_tokens_of_one_cause_have_one_txn,
    what_is_read_twice_is_queued_once,
];

async fn update(app: &TestApp, id: UserId, change: impl Fn(&mut Details) + Sync) {
    let change = |details: &Details| {
        let mut details = details.clone();
        change(&mut details);
        Ok::<_, Refusal>(details)
    };
    app.run(&UpdateUser { id, change }).await;
}

async fn a_session_is_established_and_revoked(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    let alice = app.user_named("alice").await;
    let session = app.session(alice).await;
    let end = EndSession {
        id: session,
        of: None,
        reason: EndReason::EndedByAdmin,
    };
    app.run(&end).await;
    let queued = app.queued(stream).await;
    let [established, revoked] = &queued[..] else {
        panic!("{queued:?}");
    };
    assert_eq!(established.name, "session-established");
    assert_eq!(established.event()["amr"], json!(["pwd"]));
    assert_eq!(revoked.name, "session-revoked");
    assert_eq!(revoked.sub(), alice.to_string());
    assert_eq!(revoked.event()["initiating_entity"], "admin");
    assert_eq!(revoked.claims["iss"], "https://id.example");
    assert_eq!(revoked.claims["aud"], "machine");
    for forbidden in ["sub", "exp", "nbf"] {
        assert!(revoked.claims.get(forbidden).is_none(), "{forbidden}");
    }
}

async fn a_session_is_named_by_the_sid_of_the_clients_id_tokens(app: TestApp) {
    let complex = |settings: &mut domain::stream::StreamSettings| {
        settings.format = SubjectFormat::Complex;
    };
    let stream = app.stream("web", complex).await;
    let tokens = app.client("web").code_flow("alice").scope("openid").await;
    let sid = tokens.id_claims(&app)["sid"].clone();
    let queued = app.queued(stream).await;
    let subject = &queued[0].claims["sub_id"];
    assert_eq!(subject["format"], "complex");
    assert_eq!(subject["session"], json!({"format": "opaque", "id": sid}));
    assert_eq!(subject["user"]["format"], "iss_sub");
}

async fn an_account_is_disabled_enabled_and_purged(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    let id = app.user_named("alice").await;
    let reason = DisableReason::Hijacked;
    app.run(&DisableUser { id, reason }).await;
    app.run(&EnableUser { id }).await;
    app.run(&DeleteUser { id }).await;
    assert_eq!(
        app.names(stream).await,
        ["account-disabled", "account-enabled", "account-purged"]
    );
    app.run(&EraseUser { id }).await;
    // What was to be said of the person before is gone with them.
    let queued = app.queued(stream).await;
    let [purged] = &queued[..] else {
        panic!("{queued:?}");
    };
    assert_eq!(purged.name, "account-purged");
    assert_eq!(purged.sub(), id.to_string());
}

async fn another_address_is_told_about_the_former_one(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    let alice = app.user_named("alice").await;
    update(&app, alice, |details| {
        details.email = Some(Email::parse("new@people.example").unwrap());
    })
    .await;
    let queued = app.queued(stream).await;
    let [changed] = &queued[..] else {
        panic!("{queued:?}");
    };
    assert_eq!(changed.name, "identifier-changed");
    let former = json!({"format": "email", "email": "alice@people.example"});
    assert_eq!(changed.claims["sub_id"], former);
    assert_eq!(changed.event()["new-value"], "new@people.example");
    // One that is not proved to be theirs is not told, before or after.
    let unproved = |details: &mut Details| {
        details.email = Some(Email::parse("bob@people.example").unwrap());
        details.email_verified = false;
    };
    let bob = app.user_named("bob").await;
    update(&app, bob, |details| details.email = None).await;
    update(&app, alice, unproved).await;
    update(&app, alice, |details| details.email = None).await;
    let queued = app.queued(stream).await;
    let [_, _, changed] = &queued[..] else {
        panic!("{queued:?}");
    };
    assert_eq!(changed.claims["sub_id"]["email"], "new@people.example");
    assert_eq!(*changed.event(), json!({}));
}

async fn another_phone_number_is_told_about_the_former_one(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    let alice = app.user_named("alice").await;
    for number in ["+4930123456", "+4930123457"] {
        update(&app, alice, |details| {
            details.profile.phone_number = Some(PhoneNumber::parse(number).unwrap());
            details.profile.phone_number_verified = true;
        })
        .await;
    }
    let queued = app.queued(stream).await;
    let [changed] = &queued[..] else {
        panic!("{queued:?}");
    };
    assert_eq!(changed.name, "identifier-changed");
    let former = json!({"format": "phone_number", "phone_number": "+4930123456"});
    assert_eq!(changed.claims["sub_id"], former);
    assert_eq!(changed.event()["new-value"], "+4930123457");
}

async fn a_refresh_token_used_twice_is_a_risk(app: TestApp) {
    let web = app.client("web");
    let first = web.code_flow("alice").scope("photos:read").await;
    let stream = app.stream("web", |_| ()).await;
    web.refresh(&first).await.ok();
    app.clock.advance(11);
    web.refresh(&first).await.refused("invalid_grant");
    let queued = app.queued(stream).await;
    let risk = queued
        .iter()
        .find(|token| token.name == "risk-level-change");
    let event = risk.unwrap().event();
    assert_eq!(
        (&event["current_level"], &event["principal"]),
        (&json!("HIGH"), &json!("USER"))
    );
    assert_eq!(
        event["reason_admin"]["en"],
        "A refresh token was used a second time"
    );
}

async fn only_a_verified_address_names_a_person(app: TestApp) {
    let by_email = |settings: &mut domain::stream::StreamSettings| {
        settings.format = SubjectFormat::Email;
    };
    let stream = app.stream("machine", by_email).await;
    let (alice, bob) = (app.user_named("alice").await, app.user_named("bob").await);
    update(&app, bob, |details| details.email_verified = false).await;
    app.session(alice).await;
    app.session(bob).await;
    let queued = app.queued(stream).await;
    let subjects: Vec<_> = queued.iter().map(|token| &token.claims["sub_id"]).collect();
    assert_eq!(subjects[0]["email"], "alice@people.example");
    assert_eq!(subjects[1]["sub"], bob.to_string());
}

/// A grant of `web` for alice that sees profile, e-mail and groups; the events before are left out.
async fn stream_of_web(app: &TestApp) -> domain::value::StreamId {
    let scopes = "openid profile email groups offline_access";
    let _tokens = app.client("web").code_flow("alice").scope(scopes).await;
    app.stream("web", |_| ()).await
}

fn claims_changes(queued: &[Queued]) -> Vec<&serde_json::Value> {
    let changes = queued
        .iter()
        .filter(|token| token.name == "token-claims-change");
    changes.map(|token| &token.event()["claims"]).collect()
}

async fn claims_that_a_client_may_see_are_told_with_their_new_values(app: TestApp) {
    let stream = stream_of_web(&app).await;
    let other = app.stream("machine", |_| ()).await;
    let alice = app.user_named("alice").await;
    app.add(alice, app.group_named("files").await).await;
    let queued = app.queued(stream).await;
    assert_eq!(
        claims_changes(&queued),
        [&json!({"groups": ["files", "photos"]})]
    );
    // Nobody is told of claims who does not act for the person.
    assert!(app.queued(other).await.is_empty());
    app.add(app.user_named("bob").await, app.group_named("photos").await)
        .await;
    assert_eq!(claims_changes(&app.queued(stream).await).len(), 1);
}

async fn claims_that_change_together_are_told_as_one(app: TestApp) {
    let stream = stream_of_web(&app).await;
    let alice = app.user_named("alice").await;
    app.add(alice, app.group_named("files").await).await;
    app.remove("alice", "photos").await;
    update(&app, alice, |details| details.email = None).await;
    let queued = app.queued(stream).await;
    let expected = json!({"groups": ["files"], "email": null, "email_verified": null});
    assert_eq!(claims_changes(&queued), [&expected]);
}

async fn a_group_that_is_gone_changes_the_claims_of_those_who_were_in_it(app: TestApp) {
    let stream = stream_of_web(&app).await;
    let inner = app.group("inner").await;
    let alice = app.user_named("alice").await;
    app.add(alice, inner).await;
    let name = GroupName::parse("inside").unwrap();
    app.run(&RenameGroup { id: inner, name }).await;
    let queued = app.queued(stream).await;
    let last = claims_changes(&queued).pop().cloned();
    assert_eq!(last, Some(json!({"groups": ["inside", "photos"]})));
    app.run(&DeleteGroup { id: inner }).await;
    let queued = app.queued(stream).await;
    let last = claims_changes(&queued).pop().cloned();
    assert_eq!(last, Some(json!({"groups": ["photos"]})));
}

async fn a_report_is_told_with_its_device(app: TestApp) {
    let plain = app.stream("machine", |_| ()).await;
    let complex = |settings: &mut domain::stream::StreamSettings| {
        settings.format = SubjectFormat::Complex;
    };
    let full = app.stream("machine", complex).await;
    let alice = app.user_named("alice").await;
    let device = json!({"format": "opaque", "id": "laptop-7"});
    let report = ReportSignal {
        id: SignalId::new(app.new_id()),
        user: alice,
        uri: "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change".into(),
        reported: Reported {
            subject: [("device".to_owned(), device.clone())]
                .into_iter()
                .collect(),
            event: json!({"previous_status": "compliant", "current_status": "not-compliant"})
                .as_object()
                .unwrap()
                .clone(),
        },
    };
    app.run(&report).await;
    let queued = app.queued(plain).await;
    assert_eq!(queued[0].sub(), alice.to_string());
    assert_eq!(queued[0].event()["current_status"], "not-compliant");
    let queued = app.queued(full).await;
    assert_eq!(queued[0].claims["sub_id"]["device"], device);
    app.is_what_the_log_says().await;
}

async fn a_stream_is_told_of_what_others_did_to_it(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    let set = |status, by| SetStreamStatus {
        id: stream,
        of: None,
        status,
        reason: Some("maintenance".to_owned()),
        by,
    };
    app.run(&set(StreamStatus::Paused, StatusSetter::Receiver))
        .await;
    assert!(app.queued(stream).await.is_empty());
    app.run(&set(StreamStatus::Disabled, StatusSetter::Operator))
        .await;
    let queued = app.queued(stream).await;
    assert_eq!(queued[0].name, "stream-updated");
    assert_eq!(
        *queued[0].event(),
        json!({"status": "disabled", "reason": "maintenance"})
    );
    let subject = json!({"format": "opaque", "id": stream.to_string()});
    assert_eq!(queued[0].claims["sub_id"], subject);
}

async fn all_tokens_of_one_cause_have_one_txn(app: TestApp) {
    let streams = [
        app.stream("machine", |_| ()).await,
        app.stream("machine", |_| ()).await,
    ];
    let alice = app.user_named("alice").await;
    app.session(alice).await;
    app.session(alice).await;
    let before = app.log.head().await.unwrap();
    let reason = DisableReason::Administrative;
    app.run(&DisableUser { id: alice, reason }).await;
    assert!(app.log.head().await.unwrap() > before + 2);
    let mut causes = std::collections::BTreeMap::<_, Vec<_>>::new();
    for stream in streams {
        for token in app.queued(stream).await {
            let txn = token.claims["txn"].as_str().unwrap().to_owned();
            causes.entry(txn).or_default().push(token);
        }
    }
    let together: Vec<_> = causes
        .values()
        .find(|tokens| tokens.iter().any(|token| token.name == "account-disabled"))
        .unwrap()
        .iter()
        .map(|token| token.name.as_str())
        .filter(|name| *name == "account-disabled" || *name == "session-revoked")
        .collect();
    assert_eq!(together.len(), 6, "{together:?}");
}

async fn what_is_read_twice_is_queued_once(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    app.session(app.user_named("alice").await).await;
    let first = app.queued(stream).await;
    let rewind = eventlog::Statement::new("UPDATE cursors SET seq = 0", Vec::new());
    app.log
        .append(eventlog::Batch::rows([rewind]))
        .await
        .unwrap();
    let second = app.queued(stream).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].claims["jti"], second[0].claims["jti"]);
    assert_eq!(second.len(), 1);
    let status = chancery::delivery::queue::status(&app.log, &target(stream)).await;
    assert_eq!(status.unwrap().unwrap().pending, 1);
}
