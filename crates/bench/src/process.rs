//! A server under measurement: a child process on a processor of its own, and what it consumes.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Microseconds in a clock tick of /proc: user space sees 100 in a second on every Linux of ours.
const TICK: u64 = 10_000;

/// A running server. It is killed when dropped.
pub struct Process {
    child: Child,
    /// Its port on the loopback.
    pub port: u16,
    /// From the start to the first answer.
    pub started_in: Duration,
}

/// Where the servers run. The load runs on another processor.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// On this processor only.
    Pinned(usize),
    /// Wherever the system likes.
    Anywhere,
}

impl Place {
    /// A command that runs `program` there.
    pub fn command(self, program: &Path) -> Command {
        match self {
            Self::Anywhere => Command::new(program),
            Self::Pinned(cpu) => {
                let mut command = Command::new("taskset");
                command.arg("-c").arg(cpu.to_string()).arg(program);
                command
            }
        }
    }
}

impl Process {
    /// Starts a server that will listen on `port`, its log going to a file, and waits until `GET path`
    /// answers 200.
    #[expect(
        clippy::disallowed_methods,
        reason = "nothing tells when another process will answer"
    )]
    pub fn start(mut command: Command, port: u16, path: &str, log: &Path) -> Result<Self> {
        let log_file = fs::File::options().create(true).append(true).open(log)?;
        let began = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(log_file.try_clone()?)
            .stderr(log_file)
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        let mut process = Self {
            child,
            port,
            started_in: Duration::ZERO,
        };
        while !answers(port, path) {
            if let Some(status) = process.child.try_wait()? {
                bail!(
                    "the server ended with {status}: {}",
                    fs::read_to_string(log)?
                );
            }
            if began.elapsed() > Duration::from_mins(1) {
                bail!("the server does not answer: {}", fs::read_to_string(log)?);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        process.started_in = began.elapsed();
        Ok(process)
    }

    /// Processor time so far, user and system, of all its threads, in µs.
    pub fn cpu(&self) -> Result<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold spaces; utime and stime are fields 14 and 15.
        let fields = stat.rsplit_once(") ").context("/proc/PID/stat")?.1;
        let mut times = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        let mut next = || times.next().context("/proc/PID/stat")?.context("a time");
        Ok((next()? + next()?) * TICK)
    }

    /// Memory of its own that is resident now, in bytes.
    pub fn anonymous_memory(&self) -> Result<u64> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = rollup
            .lines()
            .find_map(|line| line.strip_prefix("Anonymous:"));
        let kib: u64 = line
            .context("smaps_rollup")?
            .trim()
            .trim_end_matches(" kB")
            .parse()?;
        Ok(kib * 1024)
    }

    /// Ends it as an operator would, and waits for that.
    pub fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}
