//! What an append costs: `cargo bench -p eventlog [-- postgres://..]`.
//!
//! Prints batches per second and µs of CPU per batch, for the whole process, by the number of
//! tasks that append at once (numbers on the command line choose them). The floor is a bare thread that does the same row update with
//! rusqlite and commits in the same groups.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use eventlog::{Batch, Class, LOG_SCHEMA, Log, Migration, NewEvent, Options, Statement, Value};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

const ROWS: i64 = 10_000;
const UPDATE: &str = "UPDATE things SET counter = counter + 1 WHERE id = $1";
const UPSERT: &str = "INSERT INTO things (id, counter) VALUES ($1, 0) \
     ON CONFLICT (id) DO UPDATE SET counter = things.counter + 1";
const TABLE: &str = "CREATE TABLE things (id BIGINT PRIMARY KEY, counter BIGINT NOT NULL);";
/// Scatters the lower half of an identifier.
const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
/// Every batch of the whole run has a number of its own.
static NEXT: AtomicI64 = AtomicI64::new(1);
const MEASURED: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() {
    let folder = pg_harness::TempDir::new().unwrap();
    let url = std::env::args().find(|arg| arg.starts_with("postgres"));
    let url = url.unwrap_or_else(|| folder.join("log.db").to_str().unwrap().to_owned());
    let migrations = [
        Migration {
            number: 1,
            name: "log",
            sql: LOG_SCHEMA,
        },
        Migration {
            number: 2,
            name: "things",
            sql: TABLE,
        },
    ];
    let log = Log::open(Options::new(url, migrations)).await.unwrap();
    let fill = |id| Statement::new(UPSERT, [Value::Int(id)]);
    log.append(Batch::rows((0..ROWS).map(fill).collect::<Vec<_>>()))
        .await
        .unwrap();
    let floor = floor(&folder.join("floor.db"));
    println!(
        "{:>6} {:>24} {:>24} {:>24}",
        "tasks", "floor: row", "row", "event + row"
    );
    let mut tasks: Vec<i64> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    if tasks.is_empty() {
        tasks = vec![1, 4, 16, 64, 256];
    }
    for tasks in tasks {
        let floor = floor.clone();
        let bare = measure(tasks, move |n| {
            let floor = floor.clone();
            async move {
                let (reply, answer) = oneshot::channel();
                floor.send((n % ROWS, reply)).await.unwrap();
                answer.await.unwrap();
            }
        });
        let bare = bare.await;
        let (one, other) = (log.clone(), log.clone());
        let row = measure(tasks, move |n| append(&one, rows(n))).await;
        let with_event = move |n| {
            append(
                &other,
                Batch {
                    events: vec![event(n)],
                    ..rows(n)
                },
            )
        };
        let event = measure(tasks, with_event).await;
        println!("{tasks:>6} {bare:>24} {row:>24} {event:>24}");
    }
    drop(log);
}

fn rows(n: i64) -> Batch {
    Batch::rows([Statement::new(UPDATE, [Value::Int(n % ROWS)]).exactly(1)])
}

/// Identifiers are in the order of time, as those of version 7 are.
fn event(n: i64) -> NewEvent {
    let id = Uuid::from_u64_pair(
        n.cast_unsigned() << 20,
        n.cast_unsigned().wrapping_mul(PRIME),
    );
    NewEvent {
        id,
        kind: "session.started",
        subject: format!("session/{id}"),
        time: n,
        class: Class::Activity,
        data: vec![b'x'; 330],
        personal: Vec::new(),
    }
}

fn append(log: &Log, batch: Batch) -> impl Future<Output = ()> + Send + use<> {
    let log = log.clone();
    async move {
        log.append(batch).await.unwrap();
    }
}

async fn measure<W, F>(tasks: i64, work: W) -> String
where
    W: Fn(i64) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (started, cpu) = (Instant::now(), cpu());
    let first = NEXT.load(Ordering::Relaxed);
    let task = |_| {
        let work = work.clone();
        tokio::spawn(async move {
            while started.elapsed() < MEASURED {
                work(NEXT.fetch_add(1, Ordering::Relaxed)).await;
            }
        })
    };
    for task in (0..tasks).map(task).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let count = NEXT.load(Ordering::Relaxed) - first;
    let seconds = started.elapsed().as_secs_f64();
    let cpu = self::cpu().saturating_sub(cpu).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count of seconds")]
    let count = count as f64;
    format!("{:.0}/s {:.1} µs", count / seconds, cpu / count * 1e6)
}

/// User and system time of this process; a tick is 10 ms.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: u64 = fields[11..13]
        .iter()
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

type Floor = mpsc::Sender<(i64, oneshot::Sender<()>)>;

fn floor(path: &Path) -> Floor {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        .unwrap();
    conn.execute_batch(TABLE).unwrap();
    for id in 0..ROWS {
        conn.execute("INSERT INTO things VALUES (?1, 0)", [id])
            .unwrap();
    }
    let (sender, mut queue) = mpsc::channel(4096);
    std::thread::spawn(move || {
        let mut jobs: Vec<(i64, oneshot::Sender<()>)> = Vec::new();
        while queue.blocking_recv_many(&mut jobs, 256) > 0 {
            conn.execute_batch("BEGIN IMMEDIATE").unwrap();
            for (id, _) in &jobs {
                let sql = "UPDATE things SET counter = counter + 1 WHERE id = ?1";
                conn.prepare_cached(sql).unwrap().execute([id]).unwrap();
            }
            conn.execute_batch("COMMIT").unwrap();
            jobs.drain(..)
                .for_each(|(_, reply)| reply.send(()).unwrap());
        }
    });
    sender
}
