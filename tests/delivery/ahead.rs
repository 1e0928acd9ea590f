//! While one thing is under way, the next one gets its form.

use std::sync::atomic::Ordering;

use chancery::delivery::queue;

use super::receiver::{Receiver, Reply};
use super::{Delivering, until};
use crate::support::{TestApp, on_both_databases};

on_both_databases![
    the_next_thing_gets_its_form_while_one_is_under_way,
    what_has_its_form_goes_where_the_way_leads_then,
    a_form_that_was_not_sent_is_not_kept,
];

impl Delivering {
    /// Waits until it has made so many forms.
    async fn has_signed(&self, count: usize) {
        until(async || self.channel.signed.load(Ordering::SeqCst) >= count).await;
    }
}

async fn the_next_thing_gets_its_form_while_one_is_under_way(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    node.enqueue(&target, &["a", "b", "c"]).await;
    receiver.answers("a", [Reply::Waits]);
    let watching = async {
        receiver.has(1).await;
        node.has_signed(2).await;
        assert_eq!(receiver.ids(), ["a"], "it is ready, and waits for its turn");
        receiver.let_go();
    };
    tokio::join!(node.drain(), watching);
    let forms: Vec<_> = receiver.messages().into_iter().map(|it| it.form).collect();
    assert_eq!(forms, ["0", "1", "2"], "each has one, made once");
}

async fn what_has_its_form_goes_where_the_way_leads_then(app: TestApp) {
    let node = Delivering::new(&app, "a");
    let (old, new) = (Receiver::start().await, Receiver::start().await);
    let target = node.open("1", &old).await;
    node.enqueue(&target, &["a", "b"]).await;
    old.answers("a", [Reply::Waits]);
    let moving = async {
        old.has(1).await;
        node.has_signed(2).await;
        node.lead("1", &new.url, false);
        old.let_go();
    };
    tokio::join!(node.drain(), moving);
    assert_eq!((old.ids(), new.ids()), (vec!["a".into()], vec!["b".into()]));
}

async fn a_form_that_was_not_sent_is_not_kept(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let target = node.open("1", &receiver).await;
    node.enqueue(&target, &["a", "b"]).await;
    receiver.answers("a", [Reply::Waits]);
    let pausing = async {
        receiver.has(1).await;
        node.has_signed(2).await;
        node.lead("1", &receiver.url, true);
        receiver.let_go();
    };
    tokio::join!(node.drain(), pausing);
    let kept = "SELECT signed FROM deliveries WHERE target = $1 AND state = 'pending_new'";
    let kept = app.log.read(kept, &[target.as_str().into()]).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].opt_text(0).unwrap(), None);
    node.lead("1", &receiver.url, false);
    node.write(vec![queue::wake(&target)]).await;
    node.drain().await;
    let last = receiver.messages().pop().unwrap();
    assert_eq!((last.id.as_str(), last.form.as_str()), ("b", "2"));
}
