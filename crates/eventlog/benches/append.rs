//! What an append costs: `cargo bench -p eventlog [-- postgres://..]`.
//!
//! Prints batches per second and µs of CPU per batch, for the whole process, by the number of
//! tasks that append at once. The floor is a bare thread that does the same row update with
//! rusqlite and commits in the same groups.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::path::Path;
use std::time::{Duration, Instant};

use eventlog::{Batch, Class, LOG_SCHEMA, Log, Migration, NewEvent, Options, Statement, Value};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

const ROWS: i64 = 10_000;
const UPDATE: &str = "UPDATE things SET counter = counter + 1 WHERE id = $1";
const UPSERT: &str = "INSERT INTO things (id, counter) VALUES ($1, 0) \
     ON CONFLICT (id) DO UPDATE SET counter = things.counter + 1";
const TABLE: &str = "CREATE TABLE things (id BIGINT PRIMARY KEY, counter BIGINT NOT NULL);";
const MEASURED: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() {
    let folder = pg_harness::temp_dir("bench").unwrap();
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
    for tasks in [1, 4, 16, 64, 256] {
        let floor = measure(tasks, |n| {
            let floor = floor.clone();
            async move {
                let (reply, answer) = oneshot::channel();
                floor.send((n % ROWS, reply)).await.unwrap();
                answer.await.unwrap();
            }
        });
        let floor = floor.await;
        let row = measure(tasks, |n| append(&log, rows(n))).await;
        let event = measure(tasks, |n| {
            append(
                &log,
                Batch {
                    events: vec![event(n)],
                    ..rows(n)
                },
            )
        })
        .await;
        println!("{tasks:>6} {floor:>24} {row:>24} {event:>24}");
    }
    drop(log);
    std::fs::remove_dir_all(folder).unwrap();
}

fn rows(n: i64) -> Batch {
    Batch::rows([Statement::new(UPDATE, [Value::Int(n % ROWS)]).exactly(1)])
}

fn event(n: i64) -> NewEvent {
    NewEvent {
        id: Uuid::new_v4(),
        kind: "session.started",
        subject: format!("session/{}", Uuid::new_v4()),
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

async fn measure<F>(tasks: i64, work: impl Fn(i64) -> F) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let (started, cpu) = (Instant::now(), cpu());
    let (mut running, mut count) = (tokio::task::JoinSet::new(), 0);
    while started.elapsed() < MEASURED {
        while running.len() < usize::try_from(tasks).unwrap() {
            running.spawn(work(count));
            count += 1;
        }
        running.join_next().await;
    }
    running.join_all().await;
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
