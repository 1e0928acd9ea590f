//! TLS to the database: a certificate that nobody vouches for is refused.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use eventlog::{DbError, Log, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::child::{Appender, Said, verify};
use crate::support::MIGRATIONS;

/// Makes a certificate for `localhost`.
fn certificate(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl
        .current_dir(folder)
        .args(["req", "-x509", "-nodes", "-newkey", "ec"]);
    openssl.args([
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-subj",
        "/CN=localhost",
    ]);
    openssl.args(["-addext", "subjectAltName=DNS:localhost"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2"]);
    assert!(openssl.output().unwrap().status.success());
}

/// Stands before the server's socket, and speaks TLS as PostgreSQL does: after it was asked to.
async fn serve(folder: &Path, server: &Path) -> u16 {
    let cert = CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = server.join(".s.PGSQL.5432");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            tokio::spawn(async move {
                let mut request = [0; 8];
                client.read_exact(&mut request).await.unwrap();
                assert_eq!(
                    request[4..],
                    80_877_103_u32.to_be_bytes(),
                    "not a request for TLS"
                );
                client.write_all(b"S").await.unwrap();
                if let Ok(mut client) = acceptor.accept(client).await {
                    let mut server = UnixStream::connect(server).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_trusted_server_is_spoken_to() {
    let Some(server) = pg_harness::shared() else {
        return;
    };
    let Some(socket) = server.folder() else {
        return;
    };
    let folder = pg_harness::TempDir::new().unwrap();
    certificate(&folder);
    let port = serve(&folder, socket).await;
    let plain = server.database();
    let name = plain
        .rsplit('/')
        .find_map(|part| part.split_once('?'))
        .unwrap()
        .0;
    let url = format!("postgres://chancery@localhost:{port}/{name}?sslmode=require");

    let refused = Log::open(Options::new(&url, MIGRATIONS)).await.err();
    assert!(
        matches!(refused, Some(DbError::Unavailable(_))),
        "{refused:?}"
    );

    let trust = [("SSL_CERT_FILE", folder.join("cert.pem"))];
    let trust = trust.each_ref().map(|(name, path)| (*name, path.as_path()));
    let mut appender = Appender::start(&url, 2, 0, &trust);
    let mut said: Vec<Said> = (0..10).map(|_| appender.next().0).collect();
    said.extend(appender.kill());
    let log = Log::open(Options::new(plain, MIGRATIONS)).await.unwrap();
    verify(&log, &said).await;
}
