//! Starts a private PostgreSQL server for tests: in a temporary directory, on a unix socket only,
//! with `fsync` on, and sorting text in a human language, so that nothing rests on the C locale.
//!
//! The server is stopped and its directory removed when the test process ends, however it ends: a
//! guardian process waits for the other end of its standard input to close. Where the tests run as
//! root, the server runs as `postgres` or `nobody`.

use std::io;
use std::ops::Deref;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A server that already runs: tests make their databases there.
const EXTERNAL: &str = "CHANCERY_TEST_POSTGRES";

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A PostgreSQL server.
#[derive(Debug)]
pub struct Server {
    /// Where to connect to, with `{}` in the place of the database's name.
    url: String,
    own: Option<Own>,
    bin: PathBuf,
}

#[derive(Debug)]
struct Own {
    folder: PathBuf,
    user: Option<(u32, u32)>,
    guardian: Child,
}

/// The server of this test process, or the one that the environment names. `None`, with a loud
/// message, if there is no PostgreSQL; where `CI` is `true` that is a failure.
pub fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED
        .get_or_init(|| external().or_else(Server::start))
        .as_ref()
}

fn external() -> Option<Server> {
    let url = std::env::var(EXTERNAL).ok()?;
    let (start, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let query = path
        .split_once('?')
        .map_or(String::new(), |(_, query)| format!("?{query}"));
    let url = format!("{start}://{authority}/{{}}{query}");
    Some(Server {
        url,
        own: None,
        bin: bin().unwrap_or_default(),
    })
}

impl Server {
    /// Starts a server of its own, for tests that stop it.
    pub fn start() -> Option<Self> {
        let Some(bin) = bin() else {
            let message = "NO POSTGRESQL FOUND: nothing is tested on it. Install PostgreSQL 15 or \
                           later, or set CHANCERY_TEST_POSTGRES to the url of a server.";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
            eprintln!("\n*** {message} ***\n");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("chancery-pg-{}", unique()));
        std::fs::create_dir(&folder).expect("a temporary directory");
        let user = unprivileged();
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid)).expect("chown");
        }
        let url = format!("postgres://chancery@/{{}}?host={}", folder.display());
        let initdb = [
            "--auth=trust",
            "--username=chancery",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=en-US",
            "--no-sync",
            "-D",
        ];
        run(command(&bin.join("initdb"), user)
            .args(initdb)
            .arg(folder.join("data")));
        let server = Self {
            url,
            own: Some(Own {
                guardian: guardian(&bin, &folder, user),
                folder,
                user,
            }),
            bin,
        };
        server.resume();
        Some(server)
    }

    /// Makes an empty database and returns its url.
    pub fn database(&self) -> String {
        let name = format!("test_{}", unique().replace('-', "_"));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// Makes a copy of a database that nobody is connected to, and returns its url.
    pub fn copy_of(&self, template: &str) -> String {
        let name = format!("test_{}", unique().replace('-', "_"));
        let template = template
            .split_once("/test_")
            .map_or(template, |(_, rest)| rest);
        let template = template.split_once('?').map_or(template, |(name, _)| name);
        self.sql(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE test_{template}"),
        );
        self.url(&name)
    }

    /// The url of a database.
    pub fn url(&self, database: &str) -> String {
        self.url.replace("{}", database)
    }

    /// Where the socket is; `None` for a server that is not ours.
    pub fn folder(&self) -> Option<&Path> {
        self.own.as_ref().map(|own| own.folder.as_path())
    }

    /// Executes SQL as the administrator and returns what `psql` prints, without decoration.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let psql = if self.bin.as_os_str().is_empty() {
            "psql".into()
        } else {
            self.bin.join("psql")
        };
        let psql = &mut Command::new(psql);
        let output = run(psql.args(["-XAtqc", sql]).arg(self.url(database)));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Ends the server at once, as a crash would: nothing is written any more.
    pub fn crash(&self) {
        self.control(&["stop", "-m", "immediate"]);
    }

    /// Starts the server again after [`Server::crash`].
    pub fn resume(&self) {
        let own = self.own.as_ref().expect("a server of our own");
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=on -c max_connections=300 \
             -c shared_buffers=64MB",
            own.folder.display()
        );
        self.control(&[
            "start",
            "-o",
            &settings,
            "-l",
            &format!("{}/log", own.folder.display()),
        ]);
    }

    fn control(&self, args: &[&str]) {
        let own = self.own.as_ref().expect("a server of our own");
        let data = own.folder.join("data");
        run(command(&self.bin.join("pg_ctl"), own.user)
            .arg("-wsD")
            .arg(data)
            .args(args));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            drop(own.guardian.stdin.take());
            let _ = own.guardian.wait();
        }
    }
}

/// Stops the server and removes its directory once the test process is gone.
fn guardian(bin: &Path, folder: &Path, user: Option<(u32, u32)>) -> Child {
    const SCRIPT: &str =
        "trap '' INT; read -r _; \"$0/pg_ctl\" -sD \"$1/data\" stop -m immediate; rm -rf \"$1\"";
    command(Path::new("sh"), user)
        .args(["-c", SCRIPT])
        .args([bin, folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("sh")
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn run(command: &mut Command) -> Output {
    // A server that stays must not keep our pipes open: what `pg_ctl start` says goes nowhere.
    let is_start = command.get_args().any(|arg| arg == "start");
    let output = if is_start {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.map(|status| Output {
            status,
            stdout: Vec::new(),
            stderr: Vec::new(),
        })
    } else {
        command.output()
    };
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

/// The newest installed PostgreSQL.
fn bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    found.sort();
    found.reverse();
    found.extend(["/usr/local/bin".into(), "/usr/bin".into()]);
    found
        .into_iter()
        .find(|bin| bin.join("initdb").exists() && bin.join("pg_ctl").exists())
}

/// Whom to be instead of root, which PostgreSQL refuses to be.
fn unprivileged() -> Option<(u32, u32)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let uid = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))?
        .split_whitespace()
        .nth(1)?;
    if uid != "0" {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    ["postgres:", "nobody:"].iter().find_map(|name| {
        let mut fields = users
            .lines()
            .find(|line| line.starts_with(name))?
            .split(':')
            .skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "it makes names, which nothing depends on"
)]
fn unique() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    format!(
        "{}-{now:x}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// A directory of its own, removed when this is dropped.
#[derive(Debug)]
pub struct TempDir(PathBuf);

impl TempDir {
    /// Makes one.
    pub fn new() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("chancery-test-{}", unique()));
        std::fs::create_dir(&folder).map(|()| Self(folder))
    }
}

impl Deref for TempDir {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
