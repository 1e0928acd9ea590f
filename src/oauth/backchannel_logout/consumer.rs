//! Follows the log: a session that ended is told to the clients that took part in it.

use domain::event::Event;
use domain::value::SessionId;
use eventlog::{Batch, DbError};
use uuid::Uuid;

use super::{CHANNEL, Notice, target};
use crate::app::App;
use crate::consumers::{Consumer, pass_over};
use crate::delivery::queue::{self, NewDelivery};
use crate::oauth::sid::sid;
use crate::snapshot::Snapshot;
use crate::{read, verify};

/// The consumer.
pub struct Logouts;

impl Consumer for Logouts {
    const NAME: &'static str = "logouts";

    async fn digest(&self, app: &App, events: &[eventlog::Event]) -> Result<Batch, DbError> {
        app.snapshot.confirm().await?;
        let snapshot = app.snapshot.latest();
        let mut notices = Vec::new();
        if snapshot
            .clients
            .values()
            .any(|entry| entry.client.settings.backchannel_logout_uri.is_some())
        {
            for event in events.iter().filter(|event| event.kind == "session.ended") {
                match notices_of(app, &snapshot, event).await {
                    Ok(made) => notices.extend(made),
                    Err(error) => pass_over(Self::NAME, event.seq, error)?,
                }
            }
        }
        let mut rows: Vec<_> = notices
            .iter()
            .map(|notice: &NewDelivery| queue::open(&notice.target, true))
            .collect();
        rows.extend(queue::enqueue(&notices));
        Ok(Batch {
            rows,
            wake: queue::topics(notices.iter().map(|notice| notice.target.as_str())),
            ..Batch::default()
        })
    }
}

async fn notices_of(
    app: &App,
    snapshot: &Snapshot,
    event: &eventlog::Event,
) -> Result<Vec<NewDelivery>, DbError> {
    let Event::SessionEnded { session, user, .. } = verify::change(event)?.event else {
        return Ok(Vec::new());
    };
    let clients = read::grants::clients_in(&app.log, session).await?;
    let told = clients.iter().filter(|client| {
        let entry = snapshot.client(client.as_str());
        entry.is_some_and(|entry| entry.client.settings.backchannel_logout_uri.is_some())
    });
    let notices = told.map(|client| NewDelivery {
        target: target(client),
        id: jti(event.id, session, client.as_str()),
        position: event.seq,
        ordinal: 0,
        user: Some(user),
        kind: "backchannel-logout".to_owned(),
        control: false,
        body: read::json(&Notice {
            sub: user.to_string(),
            sid: sid(&app.secrets, session, client),
        }),
        created: app.now(),
    });
    Ok(notices.collect())
}

/// The name of a logout token: the same whenever it is made for the same event and client.
fn jti(event: Uuid, session: SessionId, client: &str) -> String {
    let name = format!("{CHANNEL}/{session}/{client}");
    crate::ssf::set::name(&[event.as_bytes(), name.as_bytes()])
}
