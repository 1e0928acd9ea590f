//! `chancery restore`: a backup becomes the database. The log begins a new epoch, so that whoever read
//! further than the backup goes finds out.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use eventlog::{Log, Options};

use crate::bootstrap::{self, Start};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::migrations::MIGRATIONS;
use crate::read;
use crate::rng::SystemRng;

/// Restores a backup; says what is to be known.
pub(super) async fn run(config: &Config, backup: &Path) -> anyhow::Result<String> {
    let Some(database) = config.database.strip_prefix("sqlite:").map(PathBuf::from) else {
        anyhow::bail!("a PostgreSQL database is restored by its own tools (pg_restore)");
    };
    let name = database.display().to_string();
    for suffix in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{name}{suffix}"));
        if file.exists() {
            anyhow::bail!("{} is there: move it away first", file.display());
        }
    }
    let copied = copy(backup, &database).with_context(|| name.clone());
    let epoch = match copied {
        Ok(()) => begin(config).await,
        Err(error) => Err(error),
    };
    // What cannot be started from is not left in the way.
    let epoch = epoch.inspect_err(|_| drop(fs::remove_file(&database)))?;
    Ok(format!(
        "{name} is restored; its log is in epoch {epoch}.\n"
    ))
}

/// Copies, and returns when the copy is durable.
fn copy(backup: &Path, database: &Path) -> std::io::Result<()> {
    if let Some(folder) = database.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(backup, database)?;
    fs::set_permissions(database, Permissions::from_mode(0o600))?;
    File::open(database)?.sync_all()
}

/// Opens the restored realm as a server would: its master key must be here.
async fn begin(config: &Config) -> anyhow::Result<i64> {
    let log = Log::open(Options::new(&config.database, MIGRATIONS)).await?;
    if read::realm::issuer(&log).await?.is_none() {
        anyhow::bail!("there is no realm in this backup");
    }
    drop(log);
    let app = bootstrap::open(Start {
        config: config.clone(),
        master_key: std::env::var("CHANCERY_MASTER_KEY").ok(),
        move_issuer: false,
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
    })
    .await?;
    Ok(app.log.begin_epoch().await?)
}
