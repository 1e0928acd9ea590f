//! The floor's database: SQLite with the settings of the server's own, one writer thread that commits
//! what is waiting with one sync, and one connection for each thread that reads.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::GRANTS;

/// The settings of a connection that writes.
pub const WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864;";

const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -1024; \
    PRAGMA mmap_size = 536870912;";

/// The columns that our introspection and rotation read and write, and no others; stored in their keys, as
/// ours are.
const SCHEMA: &str = "
    CREATE TABLE users (id TEXT PRIMARY KEY, username TEXT NOT NULL, enabled INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE grants (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, revoked INTEGER)
        STRICT, WITHOUT ROWID;
    CREATE TABLE revoked_tokens (jti TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE families (id TEXT PRIMARY KEY, generation INTEGER NOT NULL, rotated INTEGER NOT NULL,
        idle_expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

const USERNAME: &str = "SELECT u.username FROM grants g JOIN users u ON u.id = g.user_id \
    LEFT JOIN revoked_tokens r ON r.jti = ?2 \
    WHERE g.id = ?1 AND g.revoked IS NULL AND u.enabled = 1 AND r.jti IS NULL";

const ROTATE: &str = "UPDATE families SET generation = ?2 + 1, rotated = ?3, idle_expires = ?4 \
    WHERE id = ?1 AND generation = ?2";

/// Rotations in one commit.
const GROUP: usize = 256;

struct Rotation {
    grant: Uuid,
    generation: i64,
    done: oneshot::Sender<bool>,
}

/// The database.
pub struct Store {
    path: PathBuf,
    rotations: mpsc::Sender<Rotation>,
}

thread_local! {
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

impl Store {
    /// Makes the database with its rows, and starts the writer.
    pub fn create(folder: &Path) -> Result<Self> {
        let path = folder.join("floor.db");
        let mut writer = Connection::open(&path)?;
        writer.execute_batch(WRITER)?;
        writer.execute_batch(SCHEMA)?;
        for grant in 0..GRANTS {
            let id = Uuid::from_u128(grant).to_string();
            writer.execute("INSERT INTO users VALUES (?1, 'alice', 1)", [&id])?;
            writer.execute("INSERT INTO grants VALUES (?1, ?1, NULL)", [&id])?;
            writer.execute("INSERT INTO families VALUES (?1, 0, 0, 0)", [&id])?;
        }
        let (rotations, mut queue) = mpsc::channel(4096);
        std::thread::spawn(move || {
            let mut group = Vec::with_capacity(GROUP);
            while queue.blocking_recv_many(&mut group, GROUP) > 0 {
                // Whoever waits learns of a failure by the sender's end.
                let _ = commit(&mut writer, &mut group);
                group.clear();
            }
        });
        Ok(Self { path, rotations })
    }

    /// Turns a family, if this generation is current; returns when that is durable.
    pub async fn rotate(&self, grant: Uuid, generation: i64) -> Result<bool> {
        let (done, is_done) = oneshot::channel();
        self.rotations
            .send(Rotation {
                grant,
                generation,
                done,
            })
            .await?;
        Ok(is_done.await?)
    }

    /// Reads the rows that tell whether a grant stands.
    pub fn username(&self, grant: Uuid) -> Result<String> {
        CONNECTION.with_borrow_mut(|slot| {
            let connection = match slot {
                Some(connection) => connection,
                None => slot.insert(self.reader()?),
            };
            let mut statement = connection.prepare_cached(USERNAME)?;
            let found = statement.query_row(params![grant.to_string(), "a jti"], |row| row.get(0));
            found.context("no such grant")
        })
    }

    fn reader(&self) -> Result<Connection> {
        let connection = Connection::open(&self.path)?;
        connection.execute_batch(READER)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    }
}

fn commit(writer: &mut Connection, group: &mut Vec<Rotation>) -> Result<()> {
    let transaction = writer.transaction()?;
    let mut turned = Vec::with_capacity(group.len());
    for rotation in group.iter() {
        let mut statement = transaction.prepare_cached(ROTATE)?;
        let grant = rotation.grant.to_string();
        let (now, later) = (1_700_000_000_000_000_i64, 1_800_000_000_000_000_i64);
        turned.push(statement.execute(params![grant, rotation.generation, now, later])? == 1);
    }
    transaction.commit()?;
    for (rotation, turned) in group.drain(..).zip(turned) {
        // Whoever asked may have gone away.
        let _ = rotation.done.send(turned);
    }
    Ok(())
}
