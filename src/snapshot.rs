//! Configuration in memory, with the log position that it stands for.
//!
//! On one node a change is here before it is acknowledged. On many, a node that could not confirm the
//! head of the configuration for a second answers nothing that rests on it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use domain::api::Api;
use domain::client::Client;
use domain::stream::Stream;
use domain::value::{ApiId, ClientId, GroupId, InvalidResourceUri, ResourceUri, StreamId};
use eventlog::{DbError, Log};
use jose::{Jwk, KeySet, VerifyingKey};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::command::streams;
use crate::delivery::queue;
use crate::keys::KeyRing;
use crate::read;

/// How long a node may answer from a configuration whose head it has not confirmed, in µs.
const FRESH_FOR: i64 = 1_000_000;

/// A client with what its authentication needs.
#[derive(Debug)]
pub struct ClientEntry {
    /// The client.
    pub client: Client,
    /// SHA-256 of each of its secrets.
    pub secret_hashes: Vec<[u8; 32]>,
    /// Its keys, for `private_key_jwt`.
    pub keys: Vec<(Option<String>, VerifyingKey)>,
}

/// An API with what introspection and minting need.
#[derive(Debug)]
pub struct ApiEntry {
    /// The API.
    pub api: Api,
    /// SHA-256 of its introspection credential.
    pub credential_hash: Option<[u8; 32]>,
    /// Names of the groups that its tokens may carry.
    pub group_names: Vec<(GroupId, String)>,
}

/// A stream with what sending needs.
#[derive(Debug)]
pub struct StreamEntry {
    /// The stream.
    pub stream: Stream,
    /// The `Authorization` header of each push.
    pub authorization: Option<Zeroizing<String>>,
    /// The position of the log at which it began; it hears of nothing before.
    pub since: i64,
}

/// Configuration as of one position of the log.
#[derive(Debug)]
pub struct Snapshot {
    /// The last position that changed it.
    pub seq: i64,
    /// All clients.
    pub clients: HashMap<ClientId, ClientEntry>,
    /// All APIs.
    pub apis: HashMap<ApiId, ApiEntry>,
    /// APIs by identifier and alias, in canonical form.
    pub by_identifier: HashMap<String, ApiId>,
    /// All nestings of groups: (parent, child).
    pub nesting: Vec<(GroupId, GroupId)>,
    /// All streams.
    pub streams: HashMap<StreamId, StreamEntry>,
    /// The signing keys.
    pub keys: KeySet,
}

impl Snapshot {
    /// The API that a `resource` names, enabled or not.
    pub fn api(&self, resource: &ResourceUri) -> Option<&ApiEntry> {
        self.apis.get(self.by_identifier.get(resource.canonical())?)
    }

    /// The same by the text of a `resource`.
    pub fn api_named(&self, text: &str) -> Result<Option<&ApiEntry>, InvalidResourceUri> {
        // Most clients write the canonical form, which needs no parsing: it is its own.
        match self.by_identifier.get(text) {
            Some(id) => Ok(self.apis.get(id)),
            None => Ok(self.api(&ResourceUri::parse(text)?)),
        }
    }

    /// A client that may be used.
    pub fn client(&self, id: &str) -> Option<&ClientEntry> {
        self.clients
            .get(id)
            .filter(|entry| entry.client.settings.enabled)
    }
}

/// The configuration could not be confirmed: another node may have changed it.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the configuration could not be confirmed with the database")]
pub struct Stale;

/// Holds the current snapshot and keeps it current.
pub struct Snapshots {
    log: Log,
    keys: KeyRing,
    current: ArcSwap<Snapshot>,
    loading: Mutex<()>,
    /// Whether other nodes may change the configuration.
    shared: bool,
    began: Instant,
    /// When the head was confirmed last, in µs since `began`.
    confirmed: AtomicI64,
}

impl Snapshots {
    /// Loads the first snapshot. `shared` says whether other nodes may change the configuration.
    pub async fn open(log: Log, keys: KeyRing, shared: bool) -> Result<Self, DbError> {
        let first = load(&log, &keys).await?;
        Ok(Self {
            shared,
            log,
            keys,
            current: ArcSwap::from_pointee(first),
            loading: Mutex::new(()),
            began: Instant::now(),
            confirmed: AtomicI64::new(0),
        })
    }

    /// The configuration, if it is known to be current.
    pub fn get(&self) -> Result<Arc<Snapshot>, Stale> {
        if self.shared && self.elapsed() - self.confirmed.load(Ordering::Acquire) > FRESH_FOR {
            return Err(Stale);
        }
        Ok(self.current.load_full())
    }

    /// The configuration as this node knows it, for pages that nothing is granted by.
    pub fn latest(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Loads anew unless the snapshot already stands for `seq`.
    pub async fn refresh(&self, seq: i64) -> Result<(), DbError> {
        let _one_at_a_time = self.loading.lock().await;
        let asked = self.elapsed();
        if self.current.load().seq < seq {
            let loaded = load(&self.log, &self.keys).await?;
            self.current.store(Arc::new(loaded));
        }
        self.confirmed.fetch_max(asked, Ordering::AcqRel);
        Ok(())
    }

    /// Asks the database for the head of the configuration and catches up with it.
    pub async fn confirm(&self) -> Result<(), DbError> {
        let asked = self.elapsed();
        let head = config_head(&self.log).await?;
        if self.current.load().seq < head {
            return self.refresh(head).await;
        }
        self.confirmed.fetch_max(asked, Ordering::AcqRel);
        Ok(())
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

async fn config_head(log: &Log) -> Result<i64, DbError> {
    let row = log
        .read_one("SELECT seq FROM config_head WHERE id = 1", &[])
        .await?;
    row.map_or(Ok(0), |row| row.int(0))
}

async fn load(log: &Log, keys: &KeyRing) -> Result<Snapshot, DbError> {
    // The head is read first: what changes meanwhile makes this snapshot newer than it says, never older.
    let seq = config_head(log).await?;
    let credentials: HashMap<String, [u8; 32]> = read::apis::credential_hashes(log)
        .await?
        .into_iter()
        .collect();
    let mut secrets: HashMap<String, Vec<[u8; 32]>> = HashMap::new();
    for (client, hash) in read::clients::secret_hashes(log).await? {
        secrets.entry(client).or_default().push(hash);
    }
    let mut by_identifier = HashMap::new();
    let mut apis = HashMap::new();
    for (api, _) in read::apis::all(log).await? {
        let settings = &api.settings;
        for uri in std::iter::once(&settings.identifier).chain(&settings.aliases) {
            by_identifier.insert(uri.canonical().into(), api.id);
        }
        let mut group_names = Vec::new();
        for group in &settings.groups_claim {
            if let Some((group, _)) = read::groups::get(log, *group).await? {
                group_names.push((group.id, group.name));
            }
        }
        let credential_hash = credentials.get(&api.id.to_string()).copied();
        apis.insert(
            api.id,
            ApiEntry {
                api,
                credential_hash,
                group_names,
            },
        );
    }
    let clients = read::clients::all(log)
        .await?
        .into_iter()
        .map(|(client, _)| {
            let secret_hashes = secrets.remove(client.id.as_str()).unwrap_or_default();
            let keys = client
                .settings
                .jwks
                .as_ref()
                .map(client_keys)
                .unwrap_or_default();
            (
                client.id.clone(),
                ClientEntry {
                    client,
                    secret_hashes,
                    keys,
                },
            )
        });
    Ok(Snapshot {
        seq,
        clients: clients.collect(),
        apis,
        by_identifier,
        nesting: read::groups::nestings(log).await?,
        streams: load_streams(log, keys).await?,
        keys: keys.load(log).await?,
    })
}

async fn load_streams(
    log: &Log,
    keys: &KeyRing,
) -> Result<HashMap<StreamId, StreamEntry>, DbError> {
    let sealed: HashMap<_, _> = read::streams::authorizations(log)
        .await?
        .into_iter()
        .collect();
    let since: HashMap<_, _> = queue::begun(log, streams::CHANNEL)
        .await?
        .into_iter()
        .collect();
    let mut entries = HashMap::new();
    for (stream, _) in read::streams::all(log).await? {
        let id = stream.id.to_string();
        let authorization = match sealed.get(&id) {
            Some(sealed) => Some(keys.open_text(streams::place(&id), sealed)?),
            None => None,
        };
        let since = since
            .get(&streams::target(stream.id))
            .copied()
            .unwrap_or_default();
        let entry = StreamEntry {
            stream,
            authorization,
            since,
        };
        entries.insert(entry.stream.id, entry);
    }
    Ok(entries)
}

/// The usable keys of a client's JWK set; what we do not know is left out (RFC 7517 §5).
fn client_keys(jwks: &serde_json::Value) -> Vec<(Option<String>, VerifyingKey)> {
    let bytes = jwks.to_string();
    let keys = Jwk::parse_set(bytes.as_bytes()).unwrap_or_default();
    keys.iter()
        .filter_map(|jwk| {
            Some((
                jwk.kid().map(str::to_owned),
                VerifyingKey::from_jwk(jwk).ok()?,
            ))
        })
        .collect()
}
