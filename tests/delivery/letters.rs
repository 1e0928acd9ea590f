//! What an operator sees of a queue, and does about dead letters.

use chancery::delivery::letters::{self, Letter, Mark, State};
use eventlog::{AppendError, Batch};

use super::receiver::{Receiver, Reply};
use super::{ATTEMPTS, Delivering};
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    one_that_is_refused_too_often_is_a_dead_letter,
    a_dead_letter_is_delivered_again_or_dropped,
    what_is_refused_for_good_is_dead_at_once,
    every_state_is_listed_in_pages,
];

async fn list(node: &Delivering, target: &str, state: State) -> Vec<Letter> {
    let letters = letters::list(&node.app.log, target, state, &Mark::START, 100).await;
    letters.unwrap()
}

async fn one_that_is_refused_too_often_is_a_dead_letter(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("a", std::iter::repeat_n(Reply::Status(500), 10));
    node.enqueue(&target, &["a"]).await;
    for _ in 0..10 {
        node.drain().await;
        app.clock.advance(3600);
    }
    assert_eq!(receiver.ids().len(), usize::try_from(ATTEMPTS).unwrap());
    let status = node.status(&target).await;
    assert_eq!((status.pending, status.dead), (0, 1));
    let dead = list(&node, &target, State::Dead).await.remove(0);
    assert_eq!(
        (dead.id.as_str(), dead.attempts),
        ("a", i64::from(ATTEMPTS))
    );
    assert_eq!(dead.answer.as_deref(), Some("status 500: said so"));
    assert_eq!(dead.body, r#"{"id":"a"}"#);
    assert!(dead.settled.is_some());
}

async fn a_dead_letter_is_delivered_again_or_dropped(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    for id in ["a", "b"] {
        receiver.answers(id, [Reply::Status(422)]);
    }
    node.enqueue(&target, &["a", "b", "c"]).await;
    node.drain().await;
    assert_eq!(node.status(&target).await.dead, 2);

    node.write(letters::replay(&target, "a")).await;
    assert_eq!(node.pending(&target).await, 1);
    node.drain().await;
    assert_eq!(receiver.ids(), ["a", "b", "c", "a"]);
    node.write(letters::discard(&target, "b")).await;
    let status = node.status(&target).await;
    assert_eq!((status.pending, status.dead, status.lost), (0, 0, 1));
    assert_eq!(letters::get(&app.log, &target, "b").await, Ok(None));

    for rows in [
        letters::replay(&target, "a"),
        letters::discard(&target, "a"),
        letters::replay(&target, "b"),
        letters::discard("plain/other", "a"),
    ] {
        let refused = app.log.append(Batch::rows(rows)).await;
        assert_eq!(refused, Err(AppendError::RowsChanged { statement: 1 }));
    }
    assert_eq!(node.status(&target).await, status);
}

async fn what_is_refused_for_good_is_dead_at_once(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("a", [Reply::Status(422)]);
    node.enqueue(&target, &["a", "b"]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["a", "b"]);
    let (state, letter) = letters::get(&app.log, &target, "a").await.unwrap().unwrap();
    assert_eq!((state, letter.attempts), (State::Dead, 1));
    let (state, letter) = letters::get(&app.log, &target, "b").await.unwrap().unwrap();
    assert_eq!(
        (state, letter.attempts, letter.body.as_str()),
        (State::Sent, 1, "")
    );
}

async fn every_state_is_listed_in_pages(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    let other = node.open("2", &receiver).await;
    for (id, status) in [
        ("d1", 422),
        ("d2", 422),
        ("d3", 422),
        ("f1", 500),
        ("f2", 500),
        ("f3", 500),
    ] {
        receiver.answers(id, [Reply::Status(status)]);
    }
    let first = ["d1", "d2", "d3", "f1", "f2", "f3", "s1", "s2", "s3"];
    node.enqueue(&target, &first).await;
    node.enqueue(&other, &["s4"]).await;
    node.drain().await;
    node.lead("1", &receiver.url, true);
    node.enqueue(&target, &["n3", "n2", "n1"]).await;
    for (state, expected) in [
        (State::New, ["n3", "n2", "n1"]),
        (State::Failed, ["f1", "f2", "f3"]),
        (State::Sent, ["s1", "s2", "s3"]),
        (State::Dead, ["d1", "d2", "d3"]),
    ] {
        let (mut mark, mut found) = (Mark::START, Vec::new());
        loop {
            let page = letters::list(&app.log, &target, state, &mark, 2)
                .await
                .unwrap();
            assert!(page.len() <= 2);
            let Some(last) = page.last() else { break };
            mark = last.mark.clone();
            assert!(
                page.iter()
                    .all(|letter| letter.due.is_some() == (state == State::Failed))
            );
            found.extend(page.into_iter().map(|letter| letter.id));
        }
        // What was refused is ordered by a time that chance has a part in.
        if state == State::Failed {
            found.sort();
        }
        assert_eq!(found, expected, "{state:?}");
    }
    assert_eq!(State::parse("pending_new"), Some(State::New));
    assert_eq!(State::parse("lost"), None);
}
