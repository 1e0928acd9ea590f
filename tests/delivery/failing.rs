//! Receivers that refuse one thing, and receivers that fail as a whole.

use std::sync::atomic::Ordering;

use chancery::delivery::{queue, schedule};

use super::receiver::{Receiver, Reply};
use super::{ATTEMPTS, Delivering};
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    one_that_is_refused_is_set_aside_while_others_go_on,
    a_repetition_is_the_same_to_the_letter,
    a_failing_target_keeps_its_order_and_is_left_alone,
    retry_after_is_honoured,
    a_receiver_that_is_away_for_hours_gets_everything_in_order,
    a_woken_target_is_tried_at_once,
    a_receiver_that_breaks_on_one_thing_gets_the_others_in_the_end,
    what_cannot_be_sent_is_set_aside,
    a_receiver_that_is_gone_keeps_what_waits,
];

async fn one_that_is_refused_is_set_aside_while_others_go_on(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("b", [Reply::Status(500), Reply::Status(302)]);
    node.enqueue(&target, &["a", "b", "c"]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["a", "b", "c"]);
    assert_eq!(node.pending(&target).await, 1);
    // 5 s and up to a fifth more.
    app.clock.advance(4);
    node.enqueue(&target, &["d"]).await;
    node.drain().await;
    assert_eq!(receiver.ids()[3..], ["d"]);
    app.clock.advance(2);
    node.drain().await;
    assert_eq!(receiver.ids()[4..], ["b"]);
    // 30 s.
    app.clock.advance(29);
    node.drain().await;
    assert_eq!(receiver.ids().len(), 5);
    app.clock.advance(7);
    node.drain().await;
    assert_eq!(receiver.ids()[5..], ["b"]);
    assert_eq!(node.pending(&target).await, 0);
}

async fn a_repetition_is_the_same_to_the_letter(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("a", [Reply::Status(503), Reply::Status(500)]);
    node.enqueue(&target, &["a"]).await;
    for _ in 0..3 {
        node.drain().await;
        app.clock.advance(6);
    }
    let messages = receiver.messages();
    assert_eq!(messages.len(), 3);
    assert!(
        messages.iter().all(|message| *message == messages[0]),
        "{messages:?}"
    );
}

async fn a_failing_target_keeps_its_order_and_is_left_alone(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("a", [Reply::Status(503), Reply::Status(502)]);
    node.enqueue(&target, &["a", "b"]).await;
    node.drain().await;
    // What comes meanwhile is no reason to try.
    node.enqueue(&target, &["c"]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["a"]);
    let status = node.status(&target).await;
    assert_eq!((status.pending, status.failures), (3, 1));
    assert_eq!(status.answer.as_deref(), Some("status 503: said so"));
    // 2 s, then 5 s, and up to a fifth more.
    app.clock.advance(3);
    node.drain().await;
    assert_eq!(node.status(&target).await.failures, 2);
    app.clock.advance(4);
    node.drain().await;
    assert_eq!(receiver.ids(), ["a", "a"]);
    app.clock.advance(2);
    node.drain().await;
    assert_eq!(receiver.ids()[2..], ["a", "b", "c"]);
    let status = node.status(&target).await;
    assert_eq!(
        (status.pending, status.failures, status.answer),
        (0, 0, None)
    );
}

async fn retry_after_is_honoured(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("a", [Reply::After(429, "100")]);
    node.enqueue(&target, &["a"]).await;
    node.drain().await;
    app.clock.advance(99);
    node.drain().await;
    assert_eq!(receiver.ids(), ["a"]);
    app.clock.advance(22);
    node.drain().await;
    assert_eq!(receiver.ids(), ["a", "a"]);
    assert_eq!(node.pending(&target).await, 0);
}

async fn a_receiver_that_is_away_for_hours_gets_everything_in_order(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    node.channel
        .attempts
        .store(schedule::ATTEMPTS, Ordering::SeqCst);
    let target = node.open("1", &receiver).await;
    node.lead("1", &nobody().await, false);
    let names: Vec<_> = (0..100).map(|number| format!("{number:03}")).collect();
    for name in &names {
        node.enqueue(&target, &[name]).await;
        node.drain().await;
        app.clock.advance(300);
    }
    let status = node.status(&target).await;
    assert_eq!((status.pending, status.dead), (100, 0));
    assert!(status.answer.unwrap().starts_with("no connection"));
    node.lead("1", &receiver.url, false);
    app.clock.advance(720);
    node.drain().await;
    assert_eq!(receiver.ids(), names);
    assert_eq!(node.pending(&target).await, 0);
}

async fn a_woken_target_is_tried_at_once(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    node.lead("1", &nobody().await, false);
    node.enqueue(&target, &["a"]).await;
    node.drain().await;
    node.lead("1", &receiver.url, false);
    node.drain().await;
    assert_eq!(receiver.ids().len(), 0);
    node.write(vec![queue::wake(&target)]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["a"]);
}

/// A thing at whose sight the receiver fails as a whole holds the others up for as long as all its attempts
/// would take, not for ever.
async fn a_receiver_that_breaks_on_one_thing_gets_the_others_in_the_end(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("poison", std::iter::repeat_n(Reply::Status(503), 1000));
    node.enqueue(&target, &["poison", "a"]).await;
    node.drain().await;
    app.clock.advance(schedule::span(ATTEMPTS));
    node.drain().await;
    assert_eq!(receiver.ids(), ["poison", "poison"]);
    app.clock.advance(60);
    node.drain().await;
    assert_eq!(node.status(&target).await.dead, 1);
    app.clock.advance(60);
    node.drain().await;
    assert_eq!(receiver.ids()[3..], ["a"]);
    assert_eq!(node.pending(&target).await, 0);
}

async fn what_cannot_be_sent_is_set_aside(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    let odd = queue::NewDelivery {
        kind: "unsendable".into(),
        ..super::thing(&app, &target, "odd", 0)
    };
    node.enqueue_all(vec![odd]).await;
    node.enqueue(&target, &["a"]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["a"]);
    assert_eq!(node.pending(&target).await, 1);
    for _ in 1..ATTEMPTS {
        app.clock.advance(3600);
        node.drain().await;
    }
    let status = node.status(&target).await;
    assert_eq!((status.pending, status.dead), (0, 1));
}

async fn a_receiver_that_is_gone_keeps_what_waits(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("a", [Reply::Status(410)]);
    node.enqueue(&target, &["a", "b"]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["a"]);
    assert_eq!(node.pending(&target).await, 2);
}

/// Where nobody listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}
