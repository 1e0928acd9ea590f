//! What waits goes out once, in order, and nobody waits for another.

use chancery::delivery::queue::{self, NewDelivery};

use super::receiver::{Receiver, Reply};
use super::{Delivering, thing};
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    first_deliveries_are_in_the_order_of_the_log,
    what_comes_twice_is_delivered_once,
    what_is_held_goes_out_in_order_when_it_is_resumed,
    a_pause_meanwhile_stops_what_is_still_to_come,
    a_target_without_a_way_waits_until_it_is_woken,
    a_receiver_that_does_not_answer_delays_no_other,
    what_comes_while_a_target_is_served_is_not_forgotten,
    what_was_sent_but_not_written_down_is_sent_again_under_its_name,
];

async fn first_deliveries_are_in_the_order_of_the_log(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    // More than two pages, in parts, with the last first.
    let names: Vec<_> = (0..150).map(|number| format!("{number:03}")).collect();
    for part in names.chunks(50).rev() {
        let things = part.iter().map(|name| {
            let number: i64 = name.parse().unwrap();
            NewDelivery {
                ordinal: number % 3,
                ..thing(&app, &target, name, number / 3)
            }
        });
        node.enqueue_all(things.collect()).await;
    }
    assert_eq!(node.pending(&target).await, 150);
    node.drain().await;
    assert_eq!(receiver.ids(), names);
    let first = receiver.messages().remove(0);
    assert_eq!(
        (first.form.as_str(), first.body.as_str()),
        ("0", r#"{"id":"000"}"#)
    );
    let status = node.status(&target).await;
    assert_eq!(
        (status.pending, status.oldest, status.dead, status.lost),
        (0, None, 0, 0)
    );
}

async fn what_comes_twice_is_delivered_once(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    node.enqueue(&target, &["a", "b"]).await;
    node.enqueue(&target, &["b", "c"]).await;
    assert_eq!(node.pending(&target).await, 3);
    node.drain().await;
    // Also when it was delivered before, and where there is no such queue.
    node.enqueue(&target, &["a"]).await;
    node.enqueue("plain/nobody", &["a"]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["a", "b", "c"]);
    assert_eq!(node.pending(&target).await, 0);
}

async fn what_is_held_goes_out_in_order_when_it_is_resumed(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    node.lead("1", &receiver.url, true);
    node.enqueue(&target, &["a", "b"]).await;
    let control = NewDelivery {
        control: true,
        ..thing(&app, &target, "paused", 1000)
    };
    node.enqueue_all(vec![control]).await;
    node.drain().await;
    node.enqueue(&target, &["c"]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["paused"]);
    assert_eq!(node.pending(&target).await, 3);
    node.lead("1", &receiver.url, false);
    node.write(vec![queue::wake(&target)]).await;
    node.drain().await;
    assert_eq!(receiver.ids()[1..], ["a", "b", "c"]);
}

async fn a_pause_meanwhile_stops_what_is_still_to_come(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    node.enqueue(&target, &["a", "b"]).await;
    receiver.answers("a", [Reply::Waits]);
    let pausing = async {
        receiver.has(1).await;
        node.lead("1", &receiver.url, true);
        receiver.let_go();
    };
    tokio::join!(node.drain(), pausing);
    assert_eq!(receiver.ids(), ["a"]);
    assert_eq!(node.pending(&target).await, 1);
}

async fn a_target_without_a_way_waits_until_it_is_woken(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    let way = node.channel.ways.lock().unwrap().remove("1").unwrap();
    node.enqueue(&target, &["a"]).await;
    node.drain().await;
    assert_eq!((receiver.ids().len(), node.pending(&target).await), (0, 1));
    node.lead("1", &way.url, false);
    node.write(vec![queue::wake(&target)]).await;
    node.drain().await;
    assert_eq!(receiver.ids(), ["a"]);
}

async fn a_receiver_that_does_not_answer_delays_no_other(app: TestApp) {
    let node = Delivering::new(&app, "a");
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    let slow_one = node.open("slow", &slow).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = node
        .engine
        .clone()
        .run("a".into(), async { drop(stopped.await) });
    let running = tokio::spawn(running);
    slow.answers("a", [Reply::Waits]);
    node.enqueue(&slow_one, &["a", "b"]).await;
    slow.has(1).await;
    // Others of every shard.
    for number in 0..20 {
        let target = node.open(&format!("quick-{number}"), &quick).await;
        node.enqueue(&target, &["x"]).await;
        quick.has(number + 1).await;
    }
    assert_eq!(slow.ids(), ["a"], "one at a time, in order");
    slow.let_go();
    slow.has(2).await;
    drop(stop);
    running.await.unwrap();
    assert_eq!(node.pending(&slow_one).await, 0, "what was begun is ended");
}

async fn what_comes_while_a_target_is_served_is_not_forgotten(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    receiver.answers("a", [Reply::Waits]);
    node.enqueue(&target, &["a"]).await;
    let meanwhile = async {
        receiver.has(1).await;
        node.enqueue(&target, &["b"]).await;
        receiver.let_go();
    };
    tokio::join!(node.drain(), meanwhile);
    assert_eq!(receiver.ids(), ["a", "b"]);
}

async fn what_was_sent_but_not_written_down_is_sent_again_under_its_name(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    node.enqueue(&target, &["a", "b"]).await;
    receiver.answers("a", [Reply::Waits]);
    let engine = node.engine.clone();
    let dying = tokio::spawn(async move { engine.drain().await });
    receiver.has(1).await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    assert_eq!(node.pending(&target).await, 2);
    node.drain().await;
    assert_eq!(receiver.ids(), ["a", "a", "b"]);
    assert_eq!(node.pending(&target).await, 0);
}
