//! The log, read in pages by whoever keeps a copy of something.

use serde_json::{Value, json};

use super::{Operator, all_scopes};
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    every_event_is_read_once_and_in_order,
    a_reader_who_waits_hears_what_is_new,
    events_are_found_by_type_and_subject,
    personal_values_need_another_scope,
    a_position_of_another_log_is_gone,
    removed_events_are_counted,
];

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap()
}

async fn every_event_is_read_once_and_in_order(app: TestApp) {
    let reader = Operator::new(&app, "reader", "events.read").await;
    let head = app.log.head().await.unwrap();
    let mut read = Vec::new();
    let mut next = String::new();
    loop {
        let page = reader
            .get(&format!("/events?limit=7{next}"))
            .await
            .is(200)
            .json();
        read.extend(items(&page).to_vec());
        next = format!("&after={}", page["next"].as_str().unwrap());
        if page["more"] == false {
            break;
        }
        assert_eq!(items(&page).len(), 7);
    }
    let sequences: Vec<_> = read.iter().map(|event| event["sequence"].clone()).collect();
    let expected: Vec<_> = (1..=head).map(|seq| json!(format!("{seq:018}"))).collect();
    assert_eq!(sequences, expected);
    let first = &read[0];
    assert_eq!(first["type"], "realm.created");
    assert_eq!(first["specversion"], "1.0");
    assert_eq!(first["source"], "https://id.example");
    assert_eq!(first["subject"], "realm");
    assert_eq!(first["data"]["version"], 1);
    for query in [
        "limit=0",
        "limit=1001",
        "after=4711",
        "after=1.-1",
        "kind=x",
    ] {
        reader
            .get(&format!("/events?{query}"))
            .await
            .problem(400, "invalid-request");
    }
}

async fn a_reader_who_waits_hears_what_is_new(app: TestApp) {
    let root = Operator::new(&app, "root", &all_scopes()).await;
    let page = root.get("/events?limit=1000").await.json();
    let after = format!("/events?after={}", page["next"].as_str().unwrap());
    let nothing = root.get(&after).await.is(200).json();
    assert_eq!(
        (items(&nothing).len(), &nothing["next"]),
        (0, &page["next"])
    );
    root.post("/groups", json!({"name": "staff"})).await.is(201);
    let news = root.get(&after).await.json();
    let [event] = items(&news) else {
        panic!("{news}")
    };
    assert_eq!(event["type"], "group.created");
    let cause = &event["data"]["cause"];
    assert_eq!(
        (&cause["kind"], &cause["actor"]),
        (&json!("admin"), &json!("client/root"))
    );
    assert_eq!(cause["request"].as_str().unwrap().len(), 32);
}

async fn events_are_found_by_type_and_subject(app: TestApp) {
    let reader = Operator::new(&app, "reader", "events.read").await;
    let (alice, head) = (app.user_named("alice").await, app.log.head().await.unwrap());
    let read = async |query: &str| reader.get(&format!("/events?{query}")).await.is(200).json();
    let created = read("type=user.created").await;
    assert_eq!(items(&created).len(), 4);
    assert_eq!(
        created["next"].as_str().unwrap().split_once('.').unwrap().1,
        head.to_string()
    );
    assert_eq!(created.get("removed"), None);
    let some = read("type=user.created&limit=3").await;
    assert_eq!((items(&some).len(), &some["more"]), (3, &json!(true)));
    let rest = format!("type=user.created&after={}", some["next"].as_str().unwrap());
    let rest = read(&rest).await;
    assert_eq!(items(&rest), &items(&created)[3..]);
    let of_alice = read(&format!("subject=user/{alice}")).await;
    let kinds: Vec<_> = items(&of_alice)
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(kinds, ["user.created", "user.password_set"]);
    let both = read(&format!("subject=user/{alice}&type=user.password_set")).await;
    assert_eq!(items(&both), &items(&of_alice)[1..]);
    assert_eq!(items(&read("subject=user/nobody").await).len(), 0);
    reader
        .get("/events?type=user.eaten")
        .await
        .problem(422, "invalid-value");
}

async fn personal_values_need_another_scope(app: TestApp) {
    let reader = Operator::new(&app, "reader", "events.read").await;
    let root = Operator::new(&app, "root", "events.read users.read").await;
    let alice = app.user_named("alice").await;
    let path = format!("/events?subject=user/{alice}&limit=1");
    let without = reader.get(&path).await.is(200);
    assert!(!without.body.contains("people.example"));
    let with = root.get(&path).await.is(200).json();
    let personal = &items(&with)[0]["data"]["personal"][alice.to_string()];
    assert_eq!(personal["email"], "alice@people.example");
}

async fn a_position_of_another_log_is_gone(app: TestApp) {
    let reader = Operator::new(&app, "reader", "events.read").await;
    let (epoch, head) = (app.log.epoch(), app.log.head().await.unwrap());
    for position in [format!("{}.1", epoch + 1), format!("{epoch}.{}", head + 1)] {
        let answer = reader.get(&format!("/events?after={position}")).await;
        let problem = answer.problem(410, "position-gone");
        assert_eq!(problem["start"], format!("{epoch}.0"));
        assert_eq!(problem["head"], format!("{epoch}.{head}"));
    }
    let former = format!("{epoch}.1");
    app.log.begin_epoch().await.unwrap();
    let answer = reader.get(&format!("/events?after={former}")).await;
    answer.problem(410, "position-gone");
}

async fn removed_events_are_counted(app: TestApp) {
    let reader = Operator::new(&app, "reader", "events.read").await;
    let session = app.session(app.user_named("alice").await).await;
    let before = reader.get("/events?limit=1000").await.json();
    assert_eq!(before["removed"], 0);
    let subject = format!("session/{session}");
    assert_eq!(app.log.remove_activity(&subject).await, Ok(1));
    let after = reader.get("/events?limit=1000").await.json();
    assert_eq!(after["removed"], 1);
    assert_eq!(items(&after).len(), items(&before).len() - 1);
    assert_eq!(after["next"], before["next"]);
}
