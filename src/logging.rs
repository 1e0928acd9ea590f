//! The server's own log: one line a request or remark, on standard error, JSON unless a person reads.
//!
//! Lines are gathered and written every few milliseconds, so that a busy server does not pay a system
//! call for each.

mod line;

use std::io::{self, IsTerminal as _, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Log, LogFormat};
use line::JsonLine;

/// For how long lines are gathered.
const GATHER: Duration = Duration::from_millis(10);

/// Begins to log. What was gathered is written when the guard is dropped.
pub(crate) fn init(settings: &Log) -> Result<Guard, String> {
    let filter =
        EnvFilter::try_new(&settings.level).map_err(|error| format!("log.level: {error}"))?;
    let (gatherer, guard) = start(io::stderr());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(gatherer);
    let is_json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let begun = if is_json {
        log.event_format(JsonLine).try_init()
    } else {
        log.with_target(false).try_init()
    };
    begun.map_err(|error| error.to_string())?;
    Ok(guard)
}

fn start(out: impl Write + Send + 'static) -> (Gatherer, Guard) {
    let shared = Arc::new(Shared::default());
    let gatherer = Gatherer(shared.clone());
    let thread = std::thread::spawn({
        let shared = shared.clone();
        move || shared.write(out)
    });
    (
        gatherer,
        Guard {
            shared,
            thread: Some(thread),
        },
    )
}

/// Writes what is left when it is dropped.
pub(crate) struct Guard {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.news.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

#[derive(Default)]
struct Shared {
    gathered: Mutex<Gathered>,
    news: Condvar,
}

#[derive(Default)]
struct Gathered {
    lines: Vec<u8>,
    over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        loop {
            let gathered = self.lock();
            let waited = self
                .news
                .wait_while(gathered, |now| now.lines.is_empty() && !now.over);
            let gathered = waited.unwrap_or_else(PoisonError::into_inner);
            let waited = self
                .news
                .wait_timeout_while(gathered, GATHER, |now| !now.over);
            let mut gathered = waited.unwrap_or_else(PoisonError::into_inner).0;
            mem::swap(&mut lines, &mut gathered.lines);
            let over = gathered.over;
            drop(gathered);
            // Nobody is left to be told that the log cannot be written.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
            lines.clear();
            if over {
                return;
            }
        }
    }
}

/// Takes lines from all threads.
#[derive(Clone)]
struct Gatherer(Arc<Shared>);

impl Write for Gatherer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut gathered = self.0.lock();
        if gathered.lines.is_empty() {
            self.0.news.notify_one();
        }
        gathered.lines.extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Gatherer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    pub(super) struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        pub(super) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Page {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_before_the_end_and_in_order() {
        let page = Page::default();
        let (mut gatherer, guard) = start(page.clone());
        let lines: Vec<String> = (0..1000).map(|number| format!("{number}\n")).collect();
        for line in &lines {
            gatherer.write_all(line.as_bytes()).unwrap();
        }
        drop(guard);
        assert_eq!(page.text(), lines.concat());
    }
}
