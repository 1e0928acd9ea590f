//! A connection that is cut at the worst moment: the commit is on its way, or was done, and the
//! answer never comes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use eventlog::{AppendError, Appended, Batch, DbError, Log, Options};
use pg_harness::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use crate::support::{MIGRATIONS, about, append, insert, positions, things};

/// What happens to the next COMMIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Never,
    /// The database never hears of it.
    Before,
    /// The database hears of it, and the connection is cut at once.
    While,
    /// The database has answered; the answer is lost.
    After,
}

/// Stands between the log and the server.
struct Proxy {
    folder: TempDir,
    cut: Arc<Mutex<Cut>>,
}

impl Proxy {
    fn start(server: PathBuf) -> Self {
        let folder = TempDir::new().unwrap();
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
        let cut = Arc::new(Mutex::new(Cut::Never));
        let shared = cut.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(server.join(".s.PGSQL.5432"))
                    .await
                    .unwrap();
                tokio::spawn(forward(client, server, shared.clone()));
            }
        });
        Self { folder, cut }
    }
}

/// Passes bytes on in both directions until the connection is cut.
async fn forward(mut client: UnixStream, mut server: UnixStream, cut: Arc<Mutex<Cut>>) {
    let (mut from_client, mut from_server) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            Ok(length) = client.read(&mut from_client) => {
                let bytes = &from_client[..length];
                let is_commit = bytes.windows(7).any(|window| window == b"COMMIT\0");
                let cut = if is_commit {
                    std::mem::replace(&mut *cut.lock().unwrap(), Cut::Never)
                } else {
                    Cut::Never
                };
                if length == 0 || cut == Cut::Before || server.write_all(bytes).await.is_err() {
                    return;
                }
                if cut == Cut::After {
                    assert_ne!(server.read(&mut from_server).await.unwrap(), 0);
                }
                if cut != Cut::Never {
                    return;
                }
            }
            Ok(length) = server.read(&mut from_server) => {
                if length == 0 || client.write_all(&from_server[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn log_behind_proxy() -> Option<(Log, Proxy)> {
    let server = pg_harness::shared()?;
    let folder = server.folder()?;
    let proxy = Proxy::start(folder.to_owned());
    let url = server.database();
    let url = url.replace(folder.to_str()?, proxy.folder.to_str()?);
    let log = Log::open(Options::new(url, MIGRATIONS)).await.unwrap();
    Some((log, proxy))
}

fn lost() -> Result<Appended, AppendError> {
    Err(AppendError::Unavailable(DbError::Unavailable(
        "the commit was lost".into(),
    )))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_settled() {
    let Some((log, proxy)) = log_behind_proxy().await else {
        return;
    };
    let batches = [
        about("a"),
        Batch {
            rows: vec![insert(1)],
            ..about("a")
        },
        Batch {
            expect: vec![("a".into(), 2)],
            rows: vec![insert(2)],
            ..Batch::default()
        },
        Batch::rows([insert(3)]),
    ];
    for batch in &batches {
        *proxy.cut.lock().unwrap() = Cut::After;
        append(&log, batch.clone()).await.unwrap();
        assert_eq!(*proxy.cut.lock().unwrap(), Cut::Never, "nothing was cut");
    }
    assert_eq!(
        (positions(&log).await, things(&log).await),
        (vec![1, 2], vec![1, 2, 3])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_not_acknowledged() {
    let Some((log, proxy)) = log_behind_proxy().await else {
        return;
    };
    let batches = [
        Batch {
            rows: vec![insert(1)],
            ..about("a")
        },
        Batch {
            expect: vec![("a".into(), 1)],
            rows: vec![insert(2)],
            ..Batch::default()
        },
        Batch::rows([insert(3)]),
    ];
    for batch in &batches {
        *proxy.cut.lock().unwrap() = Cut::Before;
        assert_eq!(append(&log, batch.clone()).await, lost());
        append(&log, batch.clone()).await.unwrap();
    }
    assert_eq!(
        (positions(&log).await, things(&log).await),
        (vec![1], vec![1, 2, 3])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_under_way_is_waited_for() {
    let Some((log, proxy)) = log_behind_proxy().await else {
        return;
    };
    for id in 1..=40 {
        let batch = match id % 2 {
            0 => Batch {
                rows: vec![insert(id)],
                ..about("a")
            },
            _ => Batch::rows([insert(id)]),
        };
        *proxy.cut.lock().unwrap() = Cut::While;
        let answer = append(&log, batch).await;
        assert!(answer.is_ok() || answer == lost(), "{answer:?}");
        assert_eq!(
            things(&log).await.contains(&id),
            answer.is_ok(),
            "{answer:?}"
        );
    }
}
