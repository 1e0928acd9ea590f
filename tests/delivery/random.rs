//! Whatever happens to queues in whatever order: the counters are what the rows say, and nothing is lost
//! that is not counted.

use chancery::delivery::letters::{self, Mark, State};
use chancery::delivery::poll;
use chancery::delivery::queue::{self, NewDelivery};
use chancery::rng::{Rng, SeededRng};
use domain::value::UserId;
use uuid::Uuid;

use super::receiver::{Receiver, Reply};
use super::{Delivering, thing};
use crate::support::{TestApp, on_both_databases};

on_both_databases![counters_are_what_the_rows_say];

const STEPS: usize = 250;

/// What happens, by chance.
struct Chance(SeededRng);

impl Chance {
    fn below(&self, limit: u8) -> u8 {
        let rng: &dyn Rng = &self.0;
        rng.bytes::<1>()[0] % limit
    }

    fn user(&self) -> UserId {
        UserId::new(Uuid::from_u128(u128::from(self.below(3))))
    }
}

async fn counters_are_what_the_rows_say(app: TestApp) {
    let (node, receiver) = (Delivering::new(&app, "a"), Receiver::start().await);
    let chance = Chance(SeededRng::new(7));
    let targets = [
        node.open("1", &receiver).await,
        node.open("2", &receiver).await,
    ];
    let mut made = 0;
    for step in 0..STEPS {
        let which = usize::from(chance.below(2));
        let (target, id) = (&targets[which], ["1", "2"][which]);
        let did = chance.below(13);
        match did {
            0..=3 => {
                for _ in 0..chance.below(6) {
                    // Now and then one that was there before.
                    let name = if chance.below(5) == 0 { made / 2 } else { made };
                    made += 1;
                    let name = name.to_string();
                    let reply = [202, 202, 500, 422, 503][usize::from(chance.below(5))];
                    receiver.answers(&name, [Reply::Status(reply)]);
                    let new = NewDelivery {
                        user: Some(chance.user()),
                        control: chance.below(4) == 0,
                        ..thing(&app, target, &name, made)
                    };
                    node.enqueue_all(vec![new]).await;
                }
            }
            4 | 5 => node.drain().await,
            6 => app.clock.advance(i64::from(chance.below(60))),
            7 => node.lead(id, &receiver.url, chance.below(2) == 0),
            8 => node.write(vec![queue::wake(target)]).await,
            9 if chance.below(3) == 0 => node.write(queue::drop_pending(target)).await,
            10 if chance.below(3) == 0 => node.write(queue::forget(chance.user())).await,
            11 => {
                let dead = letters::list(&app.log, target, State::Dead, &Mark::START, 1).await;
                if let Some(letter) = dead.unwrap().first() {
                    let change = match chance.below(2) {
                        0 => letters::replay(target, &letter.id),
                        _ => letters::discard(target, &letter.id),
                    };
                    node.write(change).await;
                }
            }
            12 => {
                let name = (made / 2).to_string();
                let rows = match chance.below(2) {
                    0 => poll::acknowledged(target, &[&name], app.now()),
                    _ => poll::refused(target, &name, "no", app.now()),
                };
                node.write(rows).await;
                app.pass(0).await;
            }
            _ => {}
        }
        for target in &targets {
            let counted = counted(&app, target).await;
            assert_eq!(node.pending(target).await, counted, "step {step}: {did}");
        }
    }
    // In the end all that can go goes.
    for (id, target) in ["1", "2"].into_iter().zip(&targets) {
        node.lead(id, &receiver.url, false);
        node.write(vec![queue::wake(target)]).await;
    }
    for _ in 0..20 {
        node.drain().await;
        app.clock.advance(3600);
    }
    app.pass(0).await;
    for target in &targets {
        let status = node.status(target).await;
        assert_eq!((status.pending, status.oldest), (0, None));
        assert_eq!(counted(&app, target).await, 0);
    }
    let left = "SELECT 1 FROM deliveries WHERE state IN ('pending_new', 'pending_failed')";
    assert_eq!(
        app.log.read(left, &[]).await,
        Ok(vec![]),
        "what was dropped is swept"
    );
}

/// How many things wait, counted one by one.
async fn counted(app: &TestApp, target: &str) -> i64 {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM deliveries d JOIN delivery_queues q ON q.target = d.target \
               WHERE d.target = $1 AND d.state IN ('pending_new', 'pending_failed') \
               AND d.lane IN (0, q.lane)";
    let row = app.log.read_one(sql, &[target.into()]).await.unwrap();
    row.unwrap().int(0).unwrap()
}
