//! Signals from outside: who may report what, and who is told.

use chancery::admin_api::SIGNALS;
use domain::stream::SubjectFormat;
use serde_json::{Value, json};

use super::{Operator, all_scopes};
use crate::support::app::ISSUER;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    each_type_needs_a_scope_of_its_own,
    a_report_reaches_those_who_hear_of_the_person,
    a_report_names_somebody_and_an_event,
    what_was_reported_goes_with_the_person,
];

/// An event of each type that can be reported, with what its specification demands.
fn event(name: &str) -> Value {
    match name {
        "device-compliance-change" => {
            json!({"previous_status": "compliant", "current_status": "not-compliant"})
        }
        "assurance-level-change" => json!({"namespace": "NIST-AAL", "current_level": "nist-aal1"}),
        "risk-level-change" => json!({"principal": "USER", "current_level": "HIGH"}),
        "credential-compromise" => json!({"credential_type": "password"}),
        _ => json!({}),
    }
}

fn report(name: &str, subject: &Value) -> Value {
    json!({"type": name, "subject": subject, "event": event(name)})
}

async fn by_iss_sub(app: &TestApp, name: &str) -> Value {
    json!({"format": "iss_sub", "iss": ISSUER, "sub": app.user_named(name).await})
}

async fn each_type_needs_a_scope_of_its_own(app: TestApp) {
    let alice = by_iss_sub(&app, "alice").await;
    let stream = app.stream("machine", |_| ()).await;
    for scope in SIGNALS {
        let name = scope.strip_prefix("signals.").unwrap();
        let one = Operator::new(&app, name, scope).await;
        one.post("/signals", report(name, &alice)).await.is(202);
        for other in SIGNALS.iter().filter(|other| *other != scope) {
            let other = other.strip_prefix("signals.").unwrap();
            one.post("/signals", report(other, &alice))
                .await
                .problem(403, "insufficient-scope");
        }
    }
    let names: Vec<_> = SIGNALS
        .iter()
        .map(|scope| &scope["signals.".len()..])
        .collect();
    assert_eq!(app.names(stream).await, names);
    let none = Operator::new(&app, "none", "users.read").await;
    none.post("/signals", report("risk-level-change", &alice))
        .await
        .problem(403, "insufficient-scope");
}

async fn a_report_reaches_those_who_hear_of_the_person(app: TestApp) {
    let complex = |settings: &mut domain::stream::StreamSettings| {
        settings.format = SubjectFormat::Complex;
    };
    let stream = app.stream("machine", complex).await;
    let mdm = Operator::new(&app, "mdm", "signals.device-compliance-change").await;
    let device = json!({"format": "opaque", "id": "laptop-7"});
    let subject =
        json!({"format": "complex", "user": by_iss_sub(&app, "alice").await, "device": device});
    let answer = mdm
        .post("/signals", report("device-compliance-change", &subject))
        .await;
    let request = answer.header("x-request-id").to_owned();
    let id = answer.is(202).json()["id"].as_str().unwrap().to_owned();
    let queued = app.queued(stream).await;
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].claims["sub_id"], subject);
    assert_eq!(queued[0].claims["txn"], request);
    let event = queued[0].event();
    assert_eq!(event["current_status"], "not-compliant");
    assert_eq!(event["reason_admin"], json!({"en": "Reported by mdm"}));
    assert_eq!(event["initiating_entity"], "system");
    assert_eq!(event["event_timestamp"], app.now().seconds());
    // A reason without words is none.
    let mut wordless = report("device-compliance-change", &subject);
    wordless["event"]["reason_admin"] = json!({"en": ""});
    wordless["event"]["initiating_entity"] = Value::Null;
    mdm.post("/signals", wordless).await.is(202);
    assert_eq!(app.queued(stream).await[1].event(), event);
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let log = root.get(&format!("/events?subject=signal/{id}")).await;
    let noted = log.is(200).json()["items"][0].clone();
    assert_eq!(noted["type"], "signal.reported");
    assert_eq!(noted["data"]["cause"]["actor"], "client/mdm");
    app.is_what_the_log_says().await;
}

async fn a_report_names_somebody_and_an_event(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let elsewhere = json!({"format": "iss_sub", "iss": "https://other.example", "sub": "a"});
    let nobody = json!({"format": "email", "email": "nobody@people.example"});
    let device = json!({"format": "complex", "device": {"format": "opaque", "id": "laptop-7"}});
    for subject in [elsewhere, nobody, device] {
        root.post("/signals", report("risk-level-change", &subject))
            .await
            .problem(404, "not-found");
    }
    let alice = by_iss_sub(&app, "alice").await;
    let wrong = [
        json!({"type": "session-revoked", "subject": alice}),
        json!({"type": "risk-level-change", "subject": alice}),
        json!({"type": "risk-level-change", "subject": {"format": "email"}, "event": event("risk-level-change")}),
        json!({"type": "risk-level-change", "subject": alice, "events": {}}),
        json!({"subject": alice}),
    ];
    for body in wrong {
        root.post("/signals", body.clone())
            .await
            .problem(422, "invalid-value");
    }
}

async fn what_was_reported_goes_with_the_person(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let alice = app.user_named("alice").await;
    let mut signal = report("risk-level-change", &by_iss_sub(&app, "alice").await);
    signal["event"]["risk_reason"] = "seen with a stolen laptop".into();
    root.post("/signals", signal).await.is(202);
    let told = async || root.get("/events?type=signal.reported").await.is(200).body;
    assert!(told().await.contains("stolen laptop"));
    root.delete(&format!("/users/{alice}")).await.is(204);
    root.post(&format!("/users/{alice}/erase"), json!({}))
        .await
        .is(204);
    assert!(!told().await.contains("stolen laptop"));
    app.is_what_the_log_says().await;
}
