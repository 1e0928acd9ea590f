//! A process of its own that appends and says what was acknowledged, so that it can be killed.
//!
//! It is this test binary again, asked to run the one test below.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use eventlog::{AppendError, Batch, Log, Options};

use crate::support::{Database, MIGRATIONS, about, append, insert, positions};

const URL: &str = "EVENTLOG_CHILD_URL";
const TASKS: &str = "EVENTLOG_CHILD_TASKS";
/// Every process numbers its things from another start.
const START: &str = "EVENTLOG_CHILD_START";

#[tokio::test(flavor = "multi_thread")]
async fn an_appender_says_what_it_has_appended() {
    if let Ok(url) = std::env::var(URL) {
        let number = |name| std::env::var(name).unwrap().parse::<i64>().unwrap();
        return run(&url, number(TASKS), number(START), i64::MAX, Said::print).await;
    }
    let database = Database::sqlite();
    let (say, said) = std::sync::mpsc::channel();
    run(&database.url, 3, 100, 20, move |what, _| {
        say.send(what).unwrap();
    })
    .await;
    let said: Vec<Said> = said.iter().collect();
    assert_eq!(said.len(), 60);
    verify(&database.open().await, &said).await;
}

/// Each task appends one batch after the other, `count` in all.
async fn run<S>(url: &str, tasks: i64, start: i64, count: i64, say: S)
where
    S: Fn(Said, Duration) + Clone + Send + 'static,
{
    let log = Log::open(Options::new(url, MIGRATIONS)).await.unwrap();
    let task = |task: i64| {
        let (log, say) = (log.clone(), say.clone());
        async move {
            for n in 0..count {
                let id = start + n * tasks + task;
                let asked = Instant::now();
                let batch = Batch {
                    rows: vec![insert(id)],
                    ..about(&format!("task/{task}"))
                };
                let said = match append(&log, batch).await {
                    Ok(appended) => Said::Acknowledged {
                        id,
                        seq: appended.first,
                    },
                    Err(AppendError::Unavailable(_)) => Said::Unavailable { id },
                    Err(error) => panic!("{error}"),
                };
                say(said, asked.elapsed());
                if matches!(said, Said::Unavailable { .. }) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    };
    let running: Vec<_> = (0..tasks).map(|n| tokio::spawn(task(n))).collect();
    drop(say);
    futures_util::future::join_all(running).await;
}

/// What the child says of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Acknowledged { id: i64, seq: i64 },
    Unavailable { id: i64 },
}

impl Said {
    fn print(self, took: Duration) {
        let line = match self {
            Self::Acknowledged { id, seq } => format!("ack {id} {seq} {}\n", took.as_micros()),
            Self::Unavailable { id } => format!("unavailable {id} 0 {}\n", took.as_micros()),
        };
        let mut stdout = std::io::stdout().lock();
        stdout
            .write_all(line.as_bytes())
            .and_then(|()| stdout.flush())
            .unwrap();
    }

    fn parse(line: &str) -> Option<(Self, Duration)> {
        let mut words = line.split(' ');
        let kind = words.next()?;
        let mut number = || words.next()?.parse::<i64>().ok();
        let (id, seq, took) = (number()?, number()?, number()?);
        let said = match kind {
            "ack" => Self::Acknowledged { id, seq },
            "unavailable" => Self::Unavailable { id },
            _ => return None,
        };
        Some((said, Duration::from_micros(took.try_into().ok()?)))
    }
}

/// A running child. It is killed when this is dropped.
pub(crate) struct Appender {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Appender {
    pub(crate) fn start(url: &str, tasks: i64, start: i64, env: &[(&str, &Path)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child::an_appender_says_what_it_has_appended",
                "--nocapture",
            ])
            .env(URL, url)
            .env(TASKS, tasks.to_string())
            .env(START, start.to_string())
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says next, and how long that took. Blocks.
    pub(crate) fn next(&mut self) -> (Said, Duration) {
        self.lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Said::parse(&line))
            .unwrap()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Kills it with SIGKILL and returns what it had still said.
    pub(crate) fn kill(mut self) -> Vec<Said> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let rest = self.lines.by_ref().map_while(Result::ok);
        rest.filter_map(|line| Some(Said::parse(&line)?.0))
            .collect()
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything that was acknowledged is there, in its place, and the log and the rows agree. Things
/// with a negative id were committed without an event.
pub(crate) async fn verify(log: &Log, said: &[Said]) {
    let rows = log
        .read("SELECT id, seq FROM things ORDER BY seq", &[])
        .await
        .unwrap();
    let rows: Vec<(i64, i64)> = rows
        .iter()
        .map(|row| (row.int(0).unwrap(), row.int(1).unwrap()))
        .collect();
    let there: HashMap<i64, i64> = rows.iter().copied().collect();
    for said in said {
        match said {
            Said::Acknowledged { id, seq } => {
                let found = there.get(id).unwrap_or_else(|| panic!("{said:?} is lost"));
                assert!(found == seq || *id < 0, "{said:?} is at {found}");
            }
            Said::Unavailable { id } => {
                assert!(!there.contains_key(id), "{said:?} was committed after all");
            }
        }
    }
    let places: Vec<i64> = rows
        .iter()
        .filter(|(id, _)| *id >= 0)
        .map(|row| row.1)
        .collect();
    assert_eq!(positions(log).await, places, "every event has its row");
    let count = i64::try_from(places.len()).unwrap();
    assert_eq!(places, (1..=count).collect::<Vec<_>>(), "there are no gaps");
    assert_eq!(log.head().await, Ok(count));
}
