//! The Unix socket at which a running server takes tasks: one line of JSON there, one back.
//!
//! It belongs to the server's user alone (0600, in a folder of 0700): who can open it could also open
//! the database.

use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use super::task::{Outcome, Task};
use crate::app::App;

/// The longest task, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Has a running server do a task; none if nobody serves.
pub(super) fn ask(socket: &Path, task: &Task) -> anyhow::Result<Option<Outcome>> {
    let mut stream = match UnixStream::connect(socket) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error).context(socket.display().to_string()),
    };
    let mut line = serde_json::to_vec(task)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(Some(
        serde_json::from_str(&answer).context("the server went away before it answered")?,
    ))
}

/// A listening socket, whose file goes with it.
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Takes the place of a socket that a dead server left. Only who holds the database may call this.
    pub(super) fn bind(path: PathBuf) -> io::Result<Self> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Does tasks, one after the other.
    pub(super) async fn serve(&self, app: &App) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    if let Err(error) = answer(app, stream).await {
                        tracing::warn!(%error, "a command could not be answered");
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "no command can be taken");
                    return;
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _gone_already = fs::remove_file(&self.path);
    }
}

async fn answer(app: &App, stream: tokio::net::UnixStream) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(read.take(LONGEST))
        .read_line(&mut line)
        .await?;
    let outcome = match serde_json::from_str::<Task>(&line) {
        Ok(task) => {
            tracing::info!(task = task.name(), "a command was given at the socket");
            task.run(app).await
        }
        Err(error) => Outcome::failure(format_args!("the server does not know this: {error}")),
    };
    let mut line = serde_json::to_vec(&outcome)?;
    line.push(b'\n');
    write.write_all(&line).await
}
