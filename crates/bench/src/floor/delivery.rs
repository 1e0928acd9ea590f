//! A bare loop that delivers: sign the claims that wait, post each over one connection, and write down that
//! it was taken, in groups. One at a time, as the order of a stream demands; no retries, no leases, no
//! configuration, and nobody may ask how it fares.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HOST};
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rusqlite::{Connection, params};
use serde_json::json;
use tokio::net::TcpStream;
use url::Url;
use uuid::Uuid;

use super::store::WRITER;

/// Deliveries that are written down in one commit.
const GROUP: usize = 256;

/// How long the other side may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most of an answer that is read, in bytes.
const ANSWER: usize = 16 * 1024;

const SCHEMA: &str =
    "CREATE TABLE deliveries (id TEXT PRIMARY KEY, state TEXT NOT NULL, settled INTEGER) STRICT;";

const INSERT: &str = "INSERT INTO deliveries (id, state) VALUES (?1, 'pending')";

const SENT: &str = "UPDATE deliveries SET state = 'sent', settled = ?2 WHERE id = ?1";

/// Claims, by the name of their token.
struct Waiting {
    id: String,
    claims: String,
}

/// What delivers.
pub struct Deliveries {
    es256: EcdsaKeyPair,
    rs256: RsaKeyPair,
    random: SystemRandom,
    database: Connection,
    waiting: Vec<Waiting>,
}

impl Deliveries {
    /// With a database and keys of its own.
    pub fn create(folder: &Path) -> Result<Self> {
        let database = Connection::open(folder.join("deliveries.db"))?;
        database.execute_batch(WRITER)?;
        database.execute_batch(SCHEMA)?;
        Ok(Self {
            es256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?,
            rs256: RsaKeyPair::generate(KeySize::Rsa2048)?,
            random: SystemRandom::new(),
            database,
            waiting: Vec::new(),
        })
    }

    /// Puts so many tokens' claims in memory, with a row for each.
    pub fn prepare(&mut self, count: u32) -> Result<()> {
        let transaction = self.database.transaction()?;
        for signal in 0..count {
            let waiting = Waiting::new(signal);
            transaction.prepare_cached(INSERT)?.execute([&waiting.id])?;
            self.waiting.push(waiting);
        }
        transaction.commit()?;
        Ok(())
    }

    /// Delivers all that waits to a URL, signed with this algorithm.
    pub async fn send(&mut self, url: &Url, alg: &str) -> Result<()> {
        let mut receiver = Receiver::connect(url).await?;
        let waiting = std::mem::take(&mut self.waiting);
        for group in waiting.chunks(GROUP) {
            for Waiting { claims, .. } in group {
                let token = self.sign(alg, claims)?;
                tokio::time::timeout(TIMEOUT, receiver.post(token)).await??;
            }
            self.write_down(group)?;
        }
        Ok(())
    }

    fn sign(&self, alg: &str, claims: &str) -> Result<String> {
        let header =
            format!(r#"{{"alg":"{alg}","typ":"secevent+jwt","kid":"the floor's only key"}}"#);
        let mut token = String::with_capacity(1536);
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let mut rsa = [0; 256];
        let ecdsa;
        let signature = if alg == "ES256" {
            ecdsa = self.es256.sign(&self.random, token.as_bytes())?;
            ecdsa.as_ref()
        } else {
            let message = token.as_bytes();
            self.rs256
                .sign(&RSA_PKCS1_SHA256, &self.random, message, &mut rsa)?;
            &rsa
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn write_down(&mut self, group: &[Waiting]) -> Result<()> {
        let transaction = self.database.transaction()?;
        for Waiting { id, .. } in group {
            let mut statement = transaction.prepare_cached(SENT)?;
            statement.execute(params![id, 1_700_000_000_000_000_i64])?;
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Waiting {
    /// As many claims as one of our tokens has.
    fn new(signal: u32) -> Self {
        let id = Uuid::new_v4().simple().to_string();
        let issuer = "http://127.0.0.1:8600";
        let claims = json!({
            "iss": issuer,
            "iat": 1_700_000_000,
            "jti": id,
            "aud": "bench-machine",
            "txn": Uuid::new_v4(),
            "sub_id": { "format": "iss_sub", "iss": issuer, "sub": Uuid::new_v4() },
            "events": { "https://schemas.openid.net/secevent/caep/event-type/risk-level-change": {
                "principal": "USER",
                "current_level": "HIGH",
                "previous_level": "LOW",
                "risk_reason": format!("bench-{signal:08}"),
                "event_timestamp": 1_700_000_000,
                "reason_admin": { "en": "Reported by bench-admin" },
            } },
        });
        let claims = claims.to_string();
        Self { id, claims }
    }
}

/// A keep-alive connection to a receiver.
struct Receiver {
    connection: SendRequest<Body>,
    path: String,
    host: String,
}

impl Receiver {
    async fn connect(url: &Url) -> Result<Self> {
        let port = url.port().context("no port")?;
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(driver);
        Ok(Self {
            connection,
            path: url.path().to_owned(),
            host: format!("127.0.0.1:{port}"),
        })
    }

    async fn post(&mut self, token: String) -> Result<()> {
        let request = Request::post(&self.path)
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/secevent+jwt")
            .header(ACCEPT, "application/json")
            .body(Body::from(token))?;
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        let status = answer.status();
        ensure!(status == StatusCode::ACCEPTED, "{status}");
        to_bytes(Body::new(answer.into_body()), ANSWER).await?;
        Ok(())
    }
}
