//! `chancery demo`: a realm to try things out, with the programs beside it.
//!
//! Everything lives in a temporary folder that is gone afterwards, unless it is to be kept. The
//! passwords are known to everyone, so a kept folder is marked and `serve` refuses it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::serve::{self, DEMO_MARK};
use crate::bootstrap::{self, Start};
use crate::config::{Config, ConfigError};
use crate::demo::{Companions, Places};
use crate::http::listener;
use crate::realm::{self, File, Mode, Outcome, Source};

/// Secrets of the demo realm, by the names that its file calls them.
const SECRETS: &[(&str, &str)] = &[
    ("DEMO_WEB_SECRET", "demo-web-secret"),
    ("DEMO_MACHINE_SECRET", "demo-machine-secret"),
    ("DEMO_ADMIN_SECRET", "demo-admin-secret"),
    ("DEMO_RECEIVER_SECRET", "demo-receiver-secret"),
    ("DEMO_PASSWORD", "chancery-demo"),
];

/// A demo that has its folder.
pub(super) struct Demo {
    port: u16,
    places: Places,
    folder: Folder,
}

impl Demo {
    /// A demo at five ports from this one on. `keep` is a folder to keep everything in.
    pub(super) fn new(port: u16, keep: Option<&Path>) -> anyhow::Result<Self> {
        let places = Places::from(port);
        let places = places.context("--port leaves no room for the four ports after it")?;
        Ok(Self {
            port,
            places,
            folder: Folder::make(keep)?,
        })
    }

    /// Its settings: nothing of the operator's.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let settings = [
            ("CHANCERY_NAME", "Chancery demo".to_owned()),
            ("CHANCERY_LISTEN", format!("127.0.0.1:{}", self.port)),
            ("CHANCERY_DATA_DIR", self.folder.path.display().to_string()),
            ("CHANCERY_LOG_LEVEL", "warn".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        Config::load(None, settings)
    }

    /// Runs until a signal stops it.
    pub(super) async fn run(self, start: Start) -> anyhow::Result<()> {
        let stop = serve::stop_signal()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let listener = listener::bind(address).with_context(|| format!("listen {address}"))?;
        let companions = Companions::bind(self.places).await?;
        let app = bootstrap::open(start).await?;
        fs::write(
            self.folder.path.join(DEMO_MARK),
            "The passwords of this realm are known to everyone.\n",
        )?;
        let file = File::parse("the demo realm", &self.places.realm(), &secret);
        match realm::run(&app, &file, Mode::Apply).await? {
            Outcome::Applied(_) => {}
            other => anyhow::bail!("the demo realm cannot be set up: {other:?}"),
        }
        super::say(&format!("{}\n", self.places.welcome()))?;
        tokio::select! {
            served = serve::serve(app, listener, stop) => served,
            ended = companions.serve() => ended.context("a program beside the server"),
        }
    }
}

fn secret(source: &Source) -> Result<String, String> {
    let named = |(name, _): &&(&str, &str)| *source == Source::Env((*name).to_owned());
    let found = SECRETS.iter().find(named);
    found
        .map(|(_, value)| (*value).to_owned())
        .ok_or_else(|| format!("{source} is no secret of the demo"))
}

/// The folder of a demo, removed in the end unless it is kept.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn make(keep: Option<&Path>) -> anyhow::Result<Self> {
        let path = match keep {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("chancery-demo-{}", std::process::id())),
        };
        if path.exists() && !path.join(DEMO_MARK).exists() && path.read_dir()?.next().is_some() {
            anyhow::bail!(
                "{} holds something else than a demo: name another folder",
                path.display()
            );
        }
        Ok(Self {
            path,
            keep: keep.is_some(),
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            let path = self.path.display();
            super::complain(&format!("chancery: {path} is left behind: {error}\n"));
        }
    }
}
