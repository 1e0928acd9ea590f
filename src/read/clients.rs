//! Clients and the names of their secrets.

use std::collections::BTreeMap;

use domain::client::Client;
use domain::event::{Change, Event};
use domain::value::{ClientId, RuleId, Timestamp};
use eventlog::{DbError, Log, Row, Value};

use super::{Effect, Placed, json, unreadable};

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    match &change.event {
        Event::ClientCreated { client, settings } => effect.row(
            "INSERT INTO clients (id, settings, created, version) VALUES ($1, $2, $3, $4)",
            [
                Value::from(client.as_str()),
                json(settings).into(),
                placed.time.micros().into(),
                placed.version.into(),
            ],
        ),
        Event::ClientUpdated { client, settings } => effect.row(
            "UPDATE clients SET settings = $2, version = $3 WHERE id = $1",
            [
                Value::from(client.as_str()),
                json(settings).into(),
                placed.version.into(),
            ],
        ),
        Event::ClientSecretAdded { client, secret } => {
            effect.row(
                "INSERT INTO client_secrets (id, client, added) VALUES ($1, $2, $3)",
                [
                    Value::from(secret.to_string()),
                    client.as_str().into(),
                    placed.time.micros().into(),
                ],
            );
            touch(client, placed, effect);
        }
        Event::ClientSecretRemoved { client, secret } => {
            effect.row(
                "DELETE FROM client_secrets WHERE id = $1",
                [Value::from(secret.to_string())],
            );
            touch(client, placed, effect);
        }
        Event::ClientDeleted { client } => {
            super::grants::void_consents_to(client, effect);
            let client = Value::from(client.as_str());
            effect.row(
                "DELETE FROM client_secrets WHERE client = $1",
                [client.clone()],
            );
            effect.row("DELETE FROM clients WHERE id = $1", [client]);
        }
        _ => {}
    }
}

fn touch(client: &ClientId, placed: Placed, effect: &mut Effect) {
    effect.row(
        "UPDATE clients SET version = $2 WHERE id = $1",
        [Value::from(client.as_str()), placed.version.into()],
    );
}

/// Reads every client; the answers go to [`assemble`].
pub(super) const QUERIES: [&str; 2] = [
    "SELECT id, settings, version FROM clients ORDER BY id",
    "SELECT client, id FROM client_secrets ORDER BY client, id",
];

pub(super) fn assemble(rows: &[Vec<Row>]) -> Result<Vec<(Client, i64)>, DbError> {
    let [clients, secrets] = rows else {
        return Err(unreadable("clients", "two tables expected"));
    };
    let mut all = BTreeMap::new();
    for row in clients {
        let id = ClientId::parse(row.text(0)?).map_err(|error| unreadable("clients", error))?;
        let settings =
            serde_json::from_str(row.text(1)?).map_err(|error| unreadable("clients", error))?;
        let client = Client {
            id,
            settings,
            secrets: Vec::new(),
        };
        all.insert(row.text(0)?.to_owned(), (client, row.int(2)?));
    }
    for row in secrets {
        let secret = RuleId::parse(row.text(1)?).map_err(|error| unreadable("clients", error))?;
        if let Some((client, _)) = all.get_mut(row.text(0)?) {
            client.secrets.push(secret);
        }
    }
    Ok(all.into_values().collect())
}

/// All clients, with the versions of their subjects.
pub async fn all(log: &Log) -> Result<Vec<(Client, i64)>, DbError> {
    assemble(
        &log.read_together(&QUERIES.map(|sql| (sql, Vec::new())))
            .await?,
    )
}

/// One client, with the version of its subject.
pub async fn get(log: &Log, client: &ClientId) -> Result<Option<(Client, i64)>, DbError> {
    let one = [
        "SELECT id, settings, version FROM clients WHERE id = $1",
        "SELECT client, id FROM client_secrets WHERE client = $1 ORDER BY id",
    ];
    let queries = one.map(|sql| (sql, vec![Value::from(client.as_str())]));
    Ok(assemble(&log.read_together(&queries).await?)?.pop())
}

/// The secrets of a client, and when each was added.
pub async fn dated_secrets_of(
    log: &Log,
    client: &ClientId,
) -> Result<Vec<(RuleId, Timestamp)>, DbError> {
    let rows = log
        .read(
            "SELECT id, added FROM client_secrets WHERE client = $1 ORDER BY added, id",
            &[client.as_str().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let id = RuleId::parse(row.text(0)?).map_err(|error| unreadable("clients", error))?;
            Ok((id, Timestamp::from_micros(row.int(1)?)))
        })
        .collect()
}

/// SHA-256 hashes of all clients' secrets: (client, hash).
pub async fn secret_hashes(log: &Log) -> Result<Vec<(String, [u8; 32])>, DbError> {
    log.read(
        "SELECT s.client, h.hash FROM client_secrets s JOIN client_secret_hashes h ON h.id = s.id",
        &[],
    )
    .await?
    .iter()
    .map(|row| Ok((row.text(0)?.to_owned(), super::apis::hash(row, 1)?)))
    .collect()
}

/// SHA-256 hashes of one client's secrets.
pub async fn secrets_of(log: &Log, client: &ClientId) -> Result<Vec<(RuleId, [u8; 32])>, DbError> {
    let rows = log
        .read(
            "SELECT s.id, h.hash FROM client_secrets s JOIN client_secret_hashes h ON h.id = s.id \
             WHERE s.client = $1",
            &[client.as_str().into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let id =
                RuleId::parse(row.text(0)?).map_err(|error| unreadable("client_secrets", error))?;
            Ok((id, super::apis::hash(row, 1)?))
        })
        .collect()
}
