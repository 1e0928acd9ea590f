//! The administrator of the realm file, at the admin API.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::http::{Answer, Connection, form, request};
use crate::load::{Load, Sample, Talk};
use crate::process::Process;
use crate::scenario::CONNECTIONS;
use crate::server::SECRET;

/// A signed-in administrator.
pub struct Admin<'a> {
    /// The server.
    pub process: &'a Process,
    host: String,
    headers: String,
}

impl<'a> Admin<'a> {
    /// Gets a token with all powers, for some minutes.
    pub async fn sign_in(process: &'a Process) -> Result<Self> {
        let host = format!("127.0.0.1:{}", process.port);
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", "bench-admin"),
            ("client_secret", SECRET),
            ("resource", &format!("http://{host}/api/v1")),
        ];
        let mut connection = Connection::open(process.port).await?;
        let ask = form("/token", &host, &fields);
        let answer = connection.exchange(&ask).await?.expect(200)?;
        let token = answer.member("access_token").context("no access token")?;
        Ok(Self {
            process,
            host,
            headers: format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n"),
        })
    }

    /// The server's issuer.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.host)
    }

    /// A request of the admin API.
    pub fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        request(
            method,
            &format!("/api/v1/{path}"),
            &self.host,
            &self.headers,
            body,
        )
    }

    /// A request that makes something.
    pub fn post(&self, path: &str, body: &str) -> Vec<u8> {
        self.request("POST", path, body)
    }

    /// Makes one thing; returns its id.
    pub async fn make(&self, path: &str, body: &str) -> Result<String> {
        let (_, mut ids) = self.errands(vec![self.post(path, body)]).await?;
        ids.pop().context("it has no id")
    }

    /// Asks one thing, and returns what is said; null if that is nothing.
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let mut connection = Connection::open(self.process.port).await?;
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let request = self.request(method, path, &body);
        let answer = connection.exchange(&request).await?;
        let said = answer.text()?;
        ensure!(
            matches!(answer.status, 200..=299),
            "{method} {path}: {} {said}",
            answer.status
        );
        match said {
            "" => Ok(Value::Null),
            said => Ok(serde_json::from_str(said)?),
        }
    }

    /// Sends all requests over many connections. Returns the ids of what they made.
    pub async fn errands(&self, mut requests: Vec<Vec<u8>>) -> Result<(Sample, Vec<String>)> {
        let share = requests.len().div_ceil(CONNECTIONS);
        let mut errands = Vec::new();
        while !requests.is_empty() {
            let left = requests.split_off(requests.len().min(share));
            errands.push(Errands {
                requests: std::mem::replace(&mut requests, left),
                sent: Vec::new(),
                ids: Vec::new(),
            });
        }
        let mut load = Load::new(self.process.port, errands);
        let sample = load.run(self.process, Duration::from_hours(1)).await?;
        let ids = load
            .into_talks()
            .into_iter()
            .flat_map(|errands| errands.ids)
            .collect();
        Ok((sample, ids))
    }
}

/// Requests that each change something.
struct Errands {
    requests: Vec<Vec<u8>>,
    sent: Vec<u8>,
    ids: Vec<String>,
}

impl Talk for Errands {
    fn request(&mut self) -> Option<&[u8]> {
        self.sent = self.requests.pop()?;
        Some(&self.sent)
    }

    fn answer(&mut self, answer: Answer<'_>) -> Result<()> {
        if !matches!(answer.status, 202 | 204) {
            let id = answer.expect(201)?.member("id").context("no id")?;
            self.ids.push(id.to_owned());
        }
        Ok(())
    }
}
