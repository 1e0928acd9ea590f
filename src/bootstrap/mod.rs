//! From settings to a running application: database, master key, realm, in that order.
//!
//! The first start founds the realm. Every later one must come with the same issuer and the same
//! master key, or does not happen: a server that quietly made new ones would void every token and
//! every sealed secret there is.

mod built_in;
pub mod first_admin;
mod realm;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use domain::cause::Cause;
use domain::powers::Powers;
use domain::value::Issuer;
use eventlog::{DbError, Log, Options};

use crate::app::{App, Parts};
use crate::clock::Clock;
use crate::config::Config;
use crate::execute::{Facts, Refused, execute};
use crate::keys::KeyRing;
use crate::keys::master_file::{self, MasterKeyError};
use crate::migrations::MIGRATIONS;
use crate::outbound::Outbound;
use crate::passwords::Passwords;
use crate::read;
use crate::rng::Rng;
use crate::seal::{MasterKey, Secret};
use crate::secrets::Secrets;
use crate::snapshot::Snapshots;
use crate::stopping::Stopping;

/// What an application starts from.
pub struct Start {
    /// The settings.
    pub config: Config,
    /// The master key in base64, where the environment has it.
    pub master_key: Option<String>,
    /// Whether the realm may move to the issuer of the settings.
    pub move_issuer: bool,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
}

/// Why an application did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder for data cannot be made.
    #[error("{}: {error}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The database cannot be opened, or does not fit the master key.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The realm cannot be founded or moved.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The cost of passwords is out of bounds.
    #[error("[passwords]: {0}")]
    Passwords(argon2::Error),
    /// There is no usable master key.
    #[error("{origin}: {error}")]
    MasterKey {
        /// The file or the variable that should hold it.
        origin: String,
        /// Why it does not.
        error: MasterKeyError,
    },
    /// The settings name another issuer than the realm has.
    #[error(
        "this realm is {recorded}, but `issuer` is now {configured}. Tokens, clients and passkeys are bound \
         to the issuer. If the realm is to move all the same, start once with --move-issuer."
    )]
    OtherIssuer {
        /// The realm's.
        recorded: Issuer,
        /// The settings'.
        configured: Issuer,
    },
}

/// Opens the application, and founds the realm where there is none.
pub async fn open(start: Start) -> Result<App, StartError> {
    let Start {
        config,
        master_key,
        move_issuer,
        clock,
        rng,
    } = start;
    make_folder(&config)?;
    let log = Log::open(Options::new(&config.database, MIGRATIONS)).await?;
    let recorded = read::realm::issuer(&log).await?.map(|(issuer, _)| issuer);
    let master_key = Arc::new(find_master_key(
        &config,
        master_key.as_deref(),
        recorded.is_some(),
        rng.as_ref(),
    )?);
    let world = World {
        log,
        master_key,
        clock,
        rng,
    };
    if recorded.is_none() {
        // Nothing is derived from this root: the realm's own is made with the realm.
        let founding = world
            .app(config.clone(), Secrets::new(&Secret::default()))
            .await?;
        realm::create(&founding).await?;
    }
    let secrets = Secrets::open(&world.log, &world.master_key).await?;
    let secrets = secrets.ok_or_else(|| DbError::Value("the realm has no root secret".into()))?;
    let app = world.app(config, secrets).await?;
    let configured = app.config.issuer.clone();
    let founded = recorded.is_none();
    match recorded.filter(|recorded| *recorded != configured) {
        None => {}
        Some(_) if move_issuer => {
            execute(&app, &realm::Move { issuer: configured }, &operator(&app)).await?;
        }
        Some(recorded) => {
            return Err(StartError::OtherIssuer {
                recorded,
                configured,
            });
        }
    }
    if !founded {
        let issuer = app.config.issuer.clone();
        execute(&app, &built_in::Complete { issuer }, &operator(&app)).await?;
    }
    Ok(app)
}

/// What an operator's command is decided with: the machine is theirs.
pub fn operator(app: &App) -> Facts {
    Facts {
        now: app.now(),
        cause: Cause::operator(),
        powers: Powers::All,
    }
}

/// What does not change between founding the realm and serving it.
struct World {
    log: Log,
    master_key: Arc<MasterKey>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl World {
    async fn app(&self, config: Config, secrets: Secrets) -> Result<App, StartError> {
        let keep = config.keys.keep.seconds();
        let ring = KeyRing::new(self.master_key.clone(), self.clock.clone(), keep);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = Passwords::threads_for(cores);
        let shared = !config.is_single_node();
        let snapshot = Box::pin(Snapshots::open(self.log.clone(), ring, shared)).await?;
        Ok(App::new(Parts {
            snapshot,
            outbound: Outbound::new(&config.outbound, &config.issuer, self.clock.clone()),
            passwords: Passwords::new(&config.passwords, threads).map_err(StartError::Passwords)?,
            log: self.log.clone(),
            master_key: self.master_key.clone(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            stopping: Stopping::default(),
            config,
            secrets,
        }))
    }
}

fn make_folder(config: &Config) -> Result<(), StartError> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data_dir);
    made.map_err(|error| StartError::Folder {
        folder: config.data_dir.clone(),
        error,
    })
}

/// The environment's key, else the file's. Only where there is no realm yet a new one is made: what a
/// realm has sealed opens with its own key alone.
fn find_master_key(
    config: &Config,
    environment: Option<&str>,
    has_realm: bool,
    rng: &dyn Rng,
) -> Result<MasterKey, StartError> {
    if let Some(text) = environment {
        let origin = "CHANCERY_MASTER_KEY".to_owned();
        return master_file::parse(text).map_err(|error| StartError::MasterKey { origin, error });
    }
    let file = &config.master_key_file;
    let key = match master_file::read(file) {
        Err(MasterKeyError::Missing) if !has_realm => master_file::create(file, rng),
        other => other,
    };
    key.map_err(|error| StartError::MasterKey {
        origin: file.display().to_string(),
        error,
    })
}

#[cfg(test)]
mod tests;
