//! Whoever follows the log: under a lease, and past what cannot be read.

use std::time::Duration;

use chancery::app::App;
use chancery::command::sessions::EndSession;
use chancery::consumers::{Consumer, catch_up};
use chancery::delivery::queue;
use chancery::oauth::backchannel_logout::consumer::Logouts;
use chancery::ssf::consumer::Signals;
use domain::session::EndReason;
use domain::value::EndpointUrl;
use eventlog::{Batch, DbError, Event, Statement, Value};

use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    only_who_has_the_lease_follows,
    who_loses_the_lease_meanwhile_has_no_effect,
    an_event_that_cannot_be_read_keeps_nothing_else_back,
];

async fn only_who_has_the_lease_follows(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    app.session(app.user_named("alice").await).await;
    let minute = Duration::from_mins(1);
    let lease = app.log.lease(Signals::NAME, "another", minute).await;
    let lease = lease.unwrap().unwrap();
    assert_eq!(catch_up(&app, &Signals, "a test").await, Ok(false));
    // As if it had died, and its time were up.
    app.log.release(&lease).await.unwrap();
    assert_eq!(app.names(stream).await, ["session-established"]);
}

/// Loses its lease in the middle of its work.
struct Robbed;

impl Consumer for Robbed {
    const NAME: &'static str = "robbed";

    async fn digest(&self, app: &App, _: &[Event]) -> Result<Batch, DbError> {
        let rob = "UPDATE leases SET owner = 'another', epoch = epoch + 1 WHERE name = 'robbed'";
        let rob = Batch::rows([Statement::new(rob, [])]);
        app.log.append(rob).await.unwrap();
        Ok(Batch::rows([queue::open("robbed/1", true)]))
    }
}

async fn who_loses_the_lease_meanwhile_has_no_effect(app: TestApp) {
    assert_eq!(catch_up(&app, &Robbed, "a test").await, Ok(false));
    assert_eq!(app.log.cursor(Robbed::NAME).await.unwrap().seq, 0);
    assert_eq!(queue::status(&app.log, "robbed/1").await, Ok(None));
}

async fn an_event_that_cannot_be_read_keeps_nothing_else_back(app: TestApp) {
    app.set_client("web", |settings| {
        let url = EndpointUrl::parse("https://web.example/logout");
        settings.backchannel_logout_uri = Some(url.unwrap());
    })
    .await;
    let stream = app.stream("machine", |_| ()).await;
    for _ in 0..2 {
        app.client("web").code_flow("alice").scope("openid").await;
    }
    let alice = app.user_named("alice").await;
    let sessions = chancery::read::sessions::of_user(&app.log, alice).await;
    for row in sessions.unwrap() {
        let end = EndSession {
            id: row.session.id,
            of: None,
            reason: EndReason::EndedByAdmin,
        };
        app.run(&end).await;
    }
    for kind in ["session.started", "session.ended"] {
        let spoil = Statement::new(
            "UPDATE events SET data = $2 WHERE seq = \
             (SELECT MAX(seq) FROM events WHERE kind = $1)",
            [Value::from(kind), b"{\"nothing\":1}".as_slice().into()],
        );
        app.log.append(Batch::rows([spoil])).await.unwrap();
    }
    app.session(app.user_named("bob").await).await;
    let queued = app.queued(stream).await;
    let names: Vec<_> = queued.iter().map(|token| token.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "session-established",
            "session-revoked",
            "session-established"
        ]
    );
    app.digest(&Logouts).await;
    assert_eq!(app.waiting("logout/web").await.len(), 1);
    let head = app.log.head().await.unwrap();
    for name in [Signals::NAME, Logouts::NAME] {
        assert_eq!(app.log.cursor(name).await.unwrap().seq, head);
    }
}
