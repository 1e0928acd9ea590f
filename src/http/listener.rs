//! The accept loop: plain HTTP/1.1, bounded in time and number, stopped without cutting anyone off.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tower::{Service, ServiceExt as _};

use super::edge::Peer;

/// How long a client may take for the head of a request.
const HEAD: Duration = Duration::from_secs(10);

/// How long a request may take until its answer begins, the reading of its body included.
const REQUEST: Duration = Duration::from_mins(1);

/// The most connections at once. More wait in the system's queue.
const CONNECTIONS: usize = 10_000;

/// Where Linux says how many files a process may have open.
const LIMITS: &str = "/proc/self/limits";

/// How many connections the system keeps for us until they are accepted; it may allow fewer
/// (`net.core.somaxconn`).
const BACKLOG: u32 = 1024;

/// What answers requests.
pub trait Answers:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Listens at an address.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart does not wait for what the system still keeps of the process before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// How many connections there may be: a quarter of the files that may be open is left for the database and
/// for what we ask of others, so that strangers cannot take all.
fn connections() -> usize {
    let limits = std::fs::read_to_string(LIMITS).unwrap_or_default();
    open_files(&limits).map_or(CONNECTIONS, |most| CONNECTIONS.min(most - most / 4))
}

/// The limit that holds now; the one behind it is how far it could be raised.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Serves until `stop`, then waits as long as `drain` for requests under way.
pub async fn serve(
    listener: TcpListener,
    router: impl Answers,
    stop: impl Future<Output = ()>,
    drain: Duration,
) {
    let connections = Arc::new(Semaphore::new(connections()));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    // Each answer is sent when it is there: `pipeline_flush` would hold it back, and the refusal of a
    // request that cannot be read for good, for as long as there is more to read.
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        // Answers are short: one piece of memory costs less than two in one call.
        .writev(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let permit = connections.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        if let Err(error) = prepare(&stream) {
            tracing::debug!(%error, "a connection was lost");
            continue;
        }
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), request, Peer(address)));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were still under way and are cut off");
    }
}

async fn answer(
    router: impl Answers,
    request: Request<Incoming>,
    peer: Peer,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    match tokio::time::timeout(REQUEST, router.oneshot(request)).await {
        Ok(response) => response,
        Err(_) => Ok(StatusCode::REQUEST_TIMEOUT.into_response()),
    }
}

/// Answers are small and written at once: they should not wait for more.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}

/// Out of file descriptors, say: others must close theirs first. A client that left is no reason to wait.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset) {
        tracing::error!(%error, "no connection can be accepted");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::{Notify, oneshot};

    use super::*;

    #[tokio::test]
    async fn many_connections_can_wait_to_be_accepted() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        // More than the 128 that the standard library asks for.
        for _ in 0..200 {
            let connect = TcpStream::connect(address);
            let connected = tokio::time::timeout(Duration::from_secs(10), connect).await;
            waiting.push(connected.unwrap().unwrap());
        }
    }

    #[tokio::test]
    async fn a_stop_waits_for_what_is_under_way_and_takes_nothing_new() {
        let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (entered, go_on) = (entered.clone(), go_on.clone());
            async move || {
                entered.notify_one();
                go_on.notified().await;
                "done"
            }
        };
        let router = Router::new().route("/", get(slow));
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let server = tokio::spawn(serve(listener, router, stopped, Duration::from_mins(1)));

        let mut client = TcpStream::connect(address).await.unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        entered.notified().await;
        stop.send(()).unwrap();
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go_on.notify_one();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("done"),
            "{answer}"
        );
        server.await.unwrap();
    }

    /// What comes back for these bytes, up to `end`, on a connection that the client leaves open.
    async fn answer_to(request: &str, end: &str) -> String {
        let router = Router::new().route("/", get("done"));
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let server = tokio::spawn(serve(listener, router, std::future::pending(), REQUEST));
        client.write_all(request.as_bytes()).await.unwrap();
        let (mut answer, mut part) = (Vec::new(), [0; 1024]);
        while !answer.ends_with(end.as_bytes()) {
            match client.read(&mut part).await {
                Ok(0) | Err(_) => break,
                Ok(length) => answer.extend_from_slice(&part[..length]),
            }
        }
        server.abort();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn an_answer_waits_for_nothing_that_comes_behind_its_request() {
        for more in ["\r\n", "GET / HT", "GARBAGE\r\n\r\n"] {
            let request = format!("GET / HTTP/1.1\r\nhost: x\r\n\r\n{more}");
            let answer = answer_to(&request, "done").await;
            assert!(
                answer.starts_with("HTTP/1.1 200 OK\r\n"),
                "{more}: {answer}"
            );
        }
    }

    #[test]
    fn a_quarter_of_the_files_is_left_for_others() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             95721                95721                processes \n\
                      Max open files            1024                 524288               files     \n";
        assert_eq!(open_files(limits), Some(1024));
        assert_eq!(open_files("Max open files unlimited unlimited files"), None);
        assert_eq!(open_files(""), None);
        assert!((1..=CONNECTIONS).contains(&connections()));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_so() {
        let (long, many) = ("x".repeat(100_000), "x: y\r\n".repeat(200));
        for (request, status) in [
            ("GARBAGE\r\n\r\n".to_owned(), 400),
            (format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"), 414),
            (format!("GET / HTTP/1.1\r\n{many}\r\n"), 431),
        ] {
            let answer = answer_to(&request, "\r\n\r\n").await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
        }
    }
}
