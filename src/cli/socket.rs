//! The Unix socket at which a running server takes tasks: one line of JSON there, one back.
//!
//! It belongs to the server's user alone (0600, in a folder of 0700): who can open it could also open
//! the database.

use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::task::{Outcome, Task};
use crate::app::App;

/// The longest task, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;

/// How long nothing is taken after nothing could be.
const PAUSE: Duration = Duration::from_millis(200);

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

    /// Does tasks, one after the other. Whoever is slow to say theirs is in nobody's way.
    pub(super) async fn serve(&self, app: &App) {
        let turn = Arc::new(Mutex::new(()));
        let mut commands = JoinSet::new();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (app, turn) = (app.clone(), turn.clone());
                    commands.spawn(async move {
                        if let Err(error) = answer(&app, stream, &turn).await {
                            tracing::warn!(%error, "a command could not be answered");
                        }
                    });
                }
                // Out of file descriptors, say: some come back.
                Err(error) => {
                    tracing::error!(%error, "no command can be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            while commands.try_join_next().is_some() {}
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _gone_already = fs::remove_file(&self.path);
    }
}

async fn answer(app: &App, stream: tokio::net::UnixStream, turn: &Mutex<()>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(read.take(LONGEST))
        .read_line(&mut line)
        .await?;
    let outcome = match serde_json::from_str::<Task>(&line) {
        Ok(task) => {
            let _turn = turn.lock().await;
            tracing::info!(task = task.name(), "a command was given at the socket");
            task.run(app).await
        }
        Err(error) => Outcome::failure(format_args!("the server does not know this: {error}")),
    };
    let mut line = serde_json::to_vec(&outcome)?;
    line.push(b'\n');
    write.write_all(&line).await
}
