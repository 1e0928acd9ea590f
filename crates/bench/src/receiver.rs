//! Receivers of pushed security event tokens (RFC 8935), in this process: 202 at once, and a note of when
//! what came. They believe everything, for they share the load's processor.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::http::length;

/// What stands before a signal's number in its event.
pub const MARK: &str = "\"risk_reason\":\"bench-";

const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

/// How long nothing may come before what is missing is lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// Receivers at one port. They end when dropped.
pub struct Receivers {
    port: u16,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    listener: JoinHandle<()>,
}

/// A token with a signal of ours came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// The signal's number.
    pub signal: u32,
    /// When all of it was there.
    pub at: Instant,
}

impl Receivers {
    /// Receivers that answer.
    pub async fn listen() -> Result<Self> {
        let (listener, port) = bind().await?;
        let (sender, arrivals) = mpsc::unbounded_channel();
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever sends closes when they like.
                tokio::spawn(receive(stream, sender.clone()));
            }
        });
        Ok(Self {
            port,
            arrivals,
            listener,
        })
    }

    /// Receivers that take connections and never answer.
    pub async fn dead() -> Result<Self> {
        let (listener, port) = bind().await?;
        let (_, arrivals) = mpsc::unbounded_channel();
        let listener = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                kept.push(stream);
            }
        });
        Ok(Self {
            port,
            arrivals,
            listener,
        })
    }

    /// Where a receiver has its tokens sent.
    pub fn url(&self, receiver: u32) -> String {
        format!("http://127.0.0.1:{}/{receiver}", self.port)
    }

    /// The next arrivals, so many.
    pub async fn take(&mut self, count: usize) -> Result<Vec<Arrival>> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            let missing = count - taken.len();
            match tokio::time::timeout(PATIENCE, self.arrivals.recv()).await {
                Ok(Some(arrival)) => taken.push(arrival),
                Ok(None) | Err(_) => bail!("{missing} of {count} tokens did not come"),
            }
        }
        Ok(taken)
    }

    /// Forgets what came until now; tells how much that was.
    pub fn clear(&mut self) -> usize {
        std::iter::from_fn(|| self.arrivals.try_recv().ok()).count()
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn bind() -> Result<(TcpListener, u16)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

async fn receive(mut stream: TcpStream, arrivals: mpsc::UnboundedSender<Arrival>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::with_capacity(4096);
    while stream.read_buf(&mut request).await? > 0 {
        let Some(head) = request.windows(4).position(|end| end == b"\r\n\r\n") else {
            continue;
        };
        let (body, text) = (head + 4, std::str::from_utf8(&request)?);
        if request.len() < body + length(&text[..head])? {
            continue;
        }
        let at = Instant::now();
        if let Some(signal) = signal(&text[body..]) {
            // Nobody may want to know any more.
            let _ = arrivals.send(Arrival { signal, at });
        }
        request.clear();
        stream.write_all(ACCEPTED).await?;
    }
    Ok(())
}

/// The number of the signal in a token, unless it tells of something else.
fn signal(token: &str) -> Option<u32> {
    let payload = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims = std::str::from_utf8(&claims).ok()?;
    let number = claims.split_once(MARK)?.1;
    number.split('"').next()?.parse().ok()
}
