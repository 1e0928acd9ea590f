//! As much of an HTTP/1.1 client as a load driver needs: one keep-alive connection, one request at a
//! time, answers with a `Content-Length`.

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer, in the connection's buffer.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    head: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects to a port on the loopback.
    pub async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a request and reads its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.received.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.receive().await?;
            if let Some(at) = self.received.windows(4).position(|end| end == b"\r\n\r\n") {
                break at;
            }
        };
        let length = length(std::str::from_utf8(&self.received[..head])?)?;
        let begin = head + 4;
        while self.received.len() < begin + length {
            self.receive().await?;
        }
        ensure!(
            self.received.len() == begin + length,
            "more than one answer"
        );
        let head = std::str::from_utf8(&self.received[..head])?;
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        Ok(Answer {
            status,
            head,
            body: &self.received[begin..],
        })
    }

    async fn receive(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// How long the body is that follows a head.
pub fn length(head: &str) -> Result<usize> {
    match values(head, "content-length").next() {
        Some(length) => Ok(length.parse()?),
        None => Ok(0),
    }
}

fn values<'a>(head: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    head.split("\r\n").skip(1).filter_map(move |line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

impl<'a> Answer<'a> {
    /// The values of a header.
    pub fn header(&self, name: &str) -> impl Iterator<Item = &'a str> {
        values(self.head, name)
    }

    /// The body as text.
    pub fn text(&self) -> Result<&'a str> {
        Ok(std::str::from_utf8(self.body)?)
    }

    /// A member of a flat JSON object, if it is a string without escapes: the driver must be cheap.
    pub fn member(&self, name: &str) -> Option<&'a str> {
        let text = std::str::from_utf8(self.body).ok()?;
        let begin = text.find(name)?.checked_add(name.len())?;
        let rest = text.get(begin..)?.strip_prefix("\":\"")?;
        rest.split('"').next()
    }

    /// Fails with what the server said unless the status is this.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(self.body);
        bail!("{} where {status} was expected: {body}", self.status)
    }
}

/// A request for this path, with header lines that each end with CRLF.
pub fn request(method: &str, path: &str, host: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A posted form.
pub fn form(path: &str, host: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let headers = "content-type: application/x-www-form-urlencoded\r\n";
    request("POST", path, host, headers, &body)
}
