//! Queues as others see them: what is dropped, forgotten, ended, fetched and swept.

use chancery::command::users::{DeleteUser, EraseUser};
use chancery::delivery::queue::{self, NewDelivery};
use chancery::delivery::{Signed, letters, poll, sweep};
use domain::value::Timestamp;

use super::receiver::{Receiver, Reply};
use super::{Delivering, thing};
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    what_is_dropped_is_counted_and_never_sent,
    a_queue_that_ended_begins_anew_empty,
    nothing_waits_that_speaks_of_somebody_erased,
    a_target_that_fetches_is_handed_each_until_it_acknowledges,
    a_target_may_fetch_what_was_pushed_before,
    only_what_was_delivered_long_ago_is_swept,
];

const DAY: i64 = 86_400;

async fn rows(app: &TestApp) -> i64 {
    let counted = "SELECT CAST(COUNT(*) AS BIGINT) FROM deliveries";
    let row = app.log.read_one(counted, &[]).await.unwrap();
    row.unwrap().int(0).unwrap()
}

async fn what_is_dropped_is_counted_and_never_sent(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("aside", [Reply::Status(500)]);
    receiver.answers("dead", [Reply::Status(422)]);
    node.enqueue(&target, &["sent", "aside", "dead"]).await;
    node.drain().await;
    node.lead("1", &receiver.url, true);
    node.enqueue(&target, &["a", "b"]).await;
    let control = NewDelivery {
        control: true,
        ..thing(&app, &target, "stopped", 1000)
    };
    node.enqueue_all(vec![control]).await;
    node.write(queue::drop_pending(&target)).await;
    let status = node.status(&target).await;
    assert_eq!((status.pending, status.lost, status.dead), (1, 3, 1));
    assert_eq!(
        rows(&app).await,
        6,
        "it is out of the way, but not removed yet"
    );
    node.lead("1", &receiver.url, false);
    app.clock.advance(DAY);
    node.enqueue(&target, &["c"]).await;
    node.drain().await;
    assert_eq!(receiver.ids()[3..], ["c", "stopped"]);
    assert_eq!(node.pending(&target).await, 0);
    app.pass(0).await;
    assert_eq!(rows(&app).await, 4);
    assert_eq!(node.status(&target).await.dead, 1);
}

async fn a_queue_that_ended_begins_anew_empty(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    node.lead("1", &receiver.url, true);
    let control = NewDelivery {
        control: true,
        ..thing(&app, &target, "control", 0)
    };
    node.enqueue_all(vec![control]).await;
    node.enqueue(&target, &["a", "b"]).await;
    node.write(queue::close(&target)).await;
    node.lead("1", &receiver.url, false);
    assert_eq!(queue::status(&app.log, &target).await, Ok(None));
    assert_eq!(queue::begun(&app.log, "plain").await, Ok(vec![]));
    node.enqueue(&target, &["too late"]).await;
    node.drain().await;
    assert_eq!(receiver.ids().len(), 0);

    // Before and after it was swept.
    for id in ["c", "d"] {
        node.open("1", &receiver).await;
        assert_eq!(queue::begun(&app.log, "plain").await.unwrap().len(), 1);
        assert_eq!(node.pending(&target).await, 0);
        node.enqueue(&target, &[id]).await;
        node.drain().await;
        node.write(queue::close(&target)).await;
        app.pass(0).await;
        assert_eq!(rows(&app).await, 0);
    }
    assert_eq!(receiver.ids(), ["c", "d"]);
}

async fn nothing_waits_that_speaks_of_somebody_erased(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let about = |user, id: &str| NewDelivery {
        user: Some(user),
        ..thing(&app, &target, id, 0)
    };
    receiver.answers("dead", [Reply::Status(422)]);
    node.enqueue_all(vec![about(alice, "dead")]).await;
    node.drain().await;
    node.enqueue_all(vec![about(alice, "a"), about(alice, "b"), about(bob, "c")])
        .await;
    app.run(&DeleteUser { id: alice }).await;
    app.run(&EraseUser { id: alice }).await;
    let status = node.status(&target).await;
    assert_eq!((status.pending, status.dead), (1, 0));
    // What is said of the erasure itself comes later, and stays.
    node.enqueue_all(vec![about(alice, "purged")]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["dead", "c", "purged"]);
    app.is_what_the_log_says().await;
}

async fn a_target_that_fetches_is_handed_each_until_it_acknowledges(app: TestApp) {
    let node = Delivering::new(&app, "a");
    let target = "plain/fetches";
    node.write(vec![queue::open(target, false)]).await;
    node.enqueue(target, &["a", "b", "c"]).await;
    let waiting = async |held, limit| {
        let found = poll::waiting(&app.log, target, held, limit, app.now()).await;
        found.unwrap()
    };
    let ids = |found: &[poll::Waiting]| {
        let ids: Vec<_> = found.iter().map(|waiting| waiting.id.clone()).collect();
        ids.join(" ")
    };
    assert_eq!(ids(&waiting(false, 2).await), "a b");
    assert_eq!(ids(&waiting(true, 2).await), "");
    let handed = |id| poll::handed_out(target, id, "token", "k", app.now());
    node.write(vec![handed("a"), handed("b")]).await;
    assert_eq!(ids(&waiting(false, 9).await), "c");
    app.clock.advance(poll::AGAIN_AFTER);
    let again = waiting(false, 9).await;
    assert_eq!(ids(&again), "a b c");
    let (token, kid) = ("token".into(), "k".into());
    assert_eq!(again[0].signed, Some(Signed { token, kid }));
    for _ in 0..2 {
        node.write(poll::acknowledged(
            target,
            &["a", "c", "unknown"],
            app.now(),
        ))
        .await;
    }
    node.write(poll::refused(target, "b", "not\nmine", app.now()))
        .await;
    assert_eq!(ids(&waiting(false, 9).await), "");
    let status = node.status(target).await;
    assert_eq!((status.pending, status.dead), (0, 1));
    let (_, dead) = letters::get(&app.log, target, "b").await.unwrap().unwrap();
    assert_eq!(dead.answer.as_deref(), Some("not mine"));
    node.drain().await;
}

async fn a_target_may_fetch_what_was_pushed_before(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("a", [Reply::Status(500)]);
    receiver.answers("b", [Reply::Status(503)]);
    node.enqueue(&target, &["a", "b", "c"]).await;
    node.drain().await;
    node.write(queue::set_pushed(&target, false)).await;
    let found = poll::waiting(&app.log, &target, false, 9, app.now())
        .await
        .unwrap();
    let ids: Vec<_> = found.iter().map(|waiting| waiting.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    app.clock.advance(DAY);
    node.drain().await;
    assert_eq!(receiver.ids(), ["a", "b"], "nothing is sent any more");
    node.write(vec![poll::handed_out(&target, "a", "t", "k", app.now())])
        .await;
    node.write(queue::set_pushed(&target, true)).await;
    node.drain().await;
    assert_eq!(receiver.ids()[2..], ["a", "b", "c"]);
    assert_eq!(node.pending(&target).await, 0);
}

async fn only_what_was_delivered_long_ago_is_swept(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("aside", [Reply::Status(500)]);
    receiver.answers("dead", [Reply::Status(422)]);
    node.enqueue(&target, &["old", "aside", "dead"]).await;
    node.drain().await;
    node.lead("1", &receiver.url, true);
    node.enqueue(&target, &["held"]).await;
    app.pass(30 * DAY).await;
    assert_eq!(rows(&app).await, 4, "it is kept for thirty days");
    app.pass(1).await;
    let kept = async |id| letters::get(&app.log, &target, id).await.unwrap().is_some();
    assert!(!kept("old").await);
    for id in ["aside", "dead", "held"] {
        assert!(kept(id).await, "{id}");
    }
    sweep::run(&app.log, Timestamp::MAX).await.unwrap();
    assert_eq!(rows(&app).await, 3, "however long ago");
}
