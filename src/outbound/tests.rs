//! The client against real sockets, with receivers that mean it no good.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolving};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;
use crate::clock::ManualClock;
use crate::config::Config;
use domain::value::Timestamp;

/// A client that may use the loopback, with this time for a whole request.
fn client(timeout: &str, resolver: Arc<dyn Resolve>) -> Outbound {
    let settings = [
        ("CHANCERY_OUTBOUND_ALLOW", "127.0.0.1"),
        ("CHANCERY_OUTBOUND_ALLOW_HTTP", "true"),
        ("CHANCERY_OUTBOUND_TIMEOUT", timeout),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, settings).unwrap();
    let issuer = Issuer::parse("https://id.example").unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(0)));
    Outbound::with_resolver(&config.outbound, &issuer, clock, resolver)
}

/// Finds these addresses, one after the other.
struct Found(Mutex<VecDeque<&'static str>>);

impl Resolve for Found {
    fn resolve(&self, _: Name) -> Resolving {
        let next = self.0.lock().unwrap().pop_front().unwrap();
        let address = SocketAddr::new(next.parse().unwrap(), 0);
        Box::pin(async move { Ok(Box::new([address].into_iter()) as Addrs) })
    }
}

/// A receiver that takes each connection, reads one request, and does as `reply` says.
async fn receiver<F>(reply: impl Fn(TcpStream) -> F + Send + 'static) -> (u16, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = vec![0; 4096];
            let _read = stream.read(&mut request).await;
            tokio::spawn(reply(stream));
        }
    });
    (port, taken)
}

/// Sends all of it, as far as the other end takes it.
async fn say(mut stream: TcpStream, text: &'static str) {
    let _sent = stream.write_all(text.as_bytes()).await;
}

async fn post(client: &Outbound, url: &str, tls: &Tls) -> Result<Answer, Failure> {
    let mut secret = HeaderValue::from_static("Bearer secret");
    secret.set_sensitive(true);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, secret)]);
    client
        .post(&Endpoint::parse(url).unwrap(), tls, headers, "{}".into())
        .await
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (inside, taken) =
        receiver(|stream| say(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let location = format!("HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:{inside}/\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n").leak();
    let location: &'static str = location;
    let (port, _) = receiver(move |stream| say(stream, location)).await;
    let answer = post(
        &client("5s", Arc::new(System)),
        &format!("http://127.0.0.1:{port}/"),
        &Tls::System,
    )
    .await
    .unwrap();
    assert_eq!((answer.status, answer.retry_after), (307, Some(7)));
    assert_eq!(taken.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn of_a_large_body_the_beginning_is_read() {
    let (port, _) = receiver(|mut stream| async move {
        let head = b"HTTP/1.1 400 No\r\ncontent-type: application/json\r\ncontent-length: 10485760\r\n\r\n";
        let _head = stream.write_all(head).await;
        let _rest = stream.write_all(&vec![b'x'; 10_485_760]).await;
    }).await;
    let answer = post(
        &client("5s", Arc::new(System)),
        &format!("http://127.0.0.1:{port}/"),
        &Tls::System,
    )
    .await
    .unwrap();
    assert_eq!((answer.status, answer.body.len()), (400, BODY));
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
}

#[tokio::test]
async fn trickled_bytes_end_by_the_deadline() {
    async fn trickle(mut stream: TcpStream, start: &'static str) {
        let _start = stream.write_all(start.as_bytes()).await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let client = client("1s", Arc::new(System));
    let began = Instant::now();
    // Within the head there is no answer; within the body its status has been said.
    let (port, _) = receiver(|stream| trickle(stream, "HTTP/1.1 200 OK\r\nx-")).await;
    let answer = post(&client, &format!("http://127.0.0.1:{port}/"), &Tls::System).await;
    assert_eq!(answer, Err(Failure::Timeout));
    let (port, _) =
        receiver(|stream| trickle(stream, "HTTP/1.1 202 OK\r\ncontent-length: 9999\r\n\r\n")).await;
    let answer = post(&client, &format!("http://127.0.0.1:{port}/"), &Tls::System)
        .await
        .unwrap();
    assert_eq!(answer.status, 202);
    assert!(answer.body.len() < 9999);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_name_that_moves_inside_the_second_time_is_not_followed() {
    let (port, taken) = receiver(|stream| {
        say(
            stream,
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        )
    })
    .await;
    // 127.0.0.1 is allowed here, as a public address would be.
    let found = Found(Mutex::new(
        ["127.0.0.1", "127.0.0.2", "10.0.0.1", "::ffff:127.0.0.2"].into(),
    ));
    let client = client("5s", Arc::new(found));
    let url = format!("http://receiver.example:{port}/");
    assert_eq!(post(&client, &url, &Tls::System).await.unwrap().status, 200);
    for _ in 0..3 {
        assert_eq!(
            post(&client, &url, &Tls::System).await,
            Err(Failure::Blocked(Blocked::Address))
        );
    }
    assert_eq!(taken.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_address_in_the_url_is_checked_too() {
    let client = client("5s", Arc::new(System));
    for url in [
        "http://127.0.0.2/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://0x7f.2/",
    ] {
        assert_eq!(
            post(&client, url, &Tls::System).await,
            Err(Failure::Blocked(Blocked::Address)),
            "{url}"
        );
    }
}

#[tokio::test]
async fn failures_are_told_apart() {
    let client = client("5s", Arc::new(System));
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let failure = post(
        &client,
        &format!("http://127.0.0.1:{closed}/secret"),
        &Tls::System,
    )
    .await
    .unwrap_err();
    assert!(matches!(failure, Failure::Connect(_)), "{failure:?}");
    assert!(!failure.to_string().contains("secret"), "{failure}");
    let failure = post(&client, "http://nowhere.invalid/", &Tls::System)
        .await
        .unwrap_err();
    assert!(matches!(failure, Failure::Dns(_)), "{failure:?}");
    let (port, _) = receiver(|stream| say(stream, "220 mail.example ESMTP\r\n")).await;
    let failure = post(&client, &format!("http://127.0.0.1:{port}/"), &Tls::System)
        .await
        .unwrap_err();
    assert!(matches!(failure, Failure::Broken(_)), "{failure:?}");
    let failure = post(
        &client,
        &format!("https://127.0.0.1:{port}/"),
        &Tls::Unverified,
    )
    .await
    .unwrap_err();
    assert!(matches!(failure, Failure::Tls(_)), "{failure:?}");
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (port, taken) = receiver(|mut stream| async move {
        let mut request = vec![0; 4096];
        loop {
            let sent = stream
                .write_all(b"HTTP/1.1 202 OK\r\ncontent-length: 0\r\n\r\n")
                .await;
            if sent.is_err() || !matches!(stream.read(&mut request).await, Ok(1..)) {
                return;
            }
        }
    })
    .await;
    let client = client("5s", Arc::new(System));
    for _ in 0..3 {
        assert_eq!(
            post(&client, &format!("http://127.0.0.1:{port}/"), &Tls::System)
                .await
                .unwrap()
                .status,
            202
        );
    }
    assert_eq!(taken.load(Ordering::SeqCst), 1);
}

/// A certificate for 127.0.0.1 that nobody vouches for: (certificate, key), in PEM.
pub(super) fn certificate() -> (String, String) {
    let folder = pg_harness::TempDir::new().unwrap();
    let mut openssl = Command::new("openssl");
    openssl
        .current_dir(&*folder)
        .args(["req", "-x509", "-nodes", "-newkey", "ec"]);
    openssl.args([
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-subj",
        "/CN=receiver",
    ]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2"]);
    assert!(openssl.output().unwrap().status.success());
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    (read("cert.pem"), read("key.pem"))
}

#[tokio::test]
async fn the_other_end_proves_who_it_is_as_it_was_agreed() {
    let (cert, key) = certificate();
    let chain = vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut request = vec![0; 4096];
                let _read = stream.read(&mut request).await;
                let _sent = stream
                    .write_all(b"HTTP/1.1 202 OK\r\ncontent-length: 0\r\n\r\n")
                    .await;
            }
        }
    });
    let client = client("5s", Arc::new(System));
    let other = certificate().0;
    for (tls, trusted) in [
        (Tls::System, false),
        (Tls::Ca(other.into()), false),
        (Tls::Ca(cert.into()), true),
        (Tls::Unverified, true),
    ] {
        match post(&client, &url, &tls).await {
            Ok(answer) => assert!(trusted && answer.status == 202, "{tls:?}"),
            Err(failure) => assert!(
                !trusted && matches!(failure, Failure::Tls(_)),
                "{tls:?}: {failure:?}"
            ),
        }
    }
}
