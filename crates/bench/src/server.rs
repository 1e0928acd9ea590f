//! The server under measurement: the release binary with the realm of `realm.yaml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process::{Place, Process, free_port};

/// The only path that every server of ours answers before anything is known of it.
const FIRST_PATH: &str = "/.well-known/openid-configuration";

/// Where a server keeps its things, and how it is started.
pub struct Site {
    binary: PathBuf,
    folder: PathBuf,
    place: Place,
    port: u16,
}

impl Site {
    /// A site in a folder of its own, with nothing in it yet.
    pub fn new(binary: &Path, folder: &Path, place: Place) -> Result<Self> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("realm.yaml"), include_str!("../realm.yaml"))?;
        Ok(Self {
            binary: binary.to_owned(),
            folder: folder.to_owned(),
            place,
            port: free_port()?,
        })
    }

    /// Starts the server and waits for its first answer. The first start applies the realm file.
    pub fn start(&self, with_realm: bool) -> Result<Process> {
        let mut command = self.command();
        command.arg("serve");
        if with_realm {
            command.arg("--realm").arg(self.folder.join("realm.yaml"));
        }
        let log = self.folder.join("server.log");
        Process::start(command, self.port, FIRST_PATH, &log)
    }

    /// The host that requests name.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.folder.join("data/chancery.db")
    }

    fn command(&self) -> Command {
        let mut command = self.place.command(&self.binary);
        command
            .env("CHANCERY_LISTEN", self.host())
            .env("CHANCERY_DATA_DIR", self.folder.join("data"))
            // Where the flood of sign-ins says that it comes from.
            .env("CHANCERY_TRUSTED_PROXIES", "127.0.0.1")
            .env("BENCH_SECRET", SECRET)
            .env("BENCH_PASSWORD", PASSWORD);
        command
    }
}

/// The secret of every client and API of the realm.
pub const SECRET: &str = crate::floor::SECRET;

/// The password of its user.
pub const PASSWORD: &str = "a long password for alice";
