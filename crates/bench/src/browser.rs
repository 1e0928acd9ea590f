//! A person at a browser, as far as it takes to get refresh tokens: signs in once, then every
//! authorization request of a first-party client is answered with a code at once.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::http::{Connection, form, request};
use crate::server::{PASSWORD, SECRET};

/// Where the client of the realm file takes its answers.
const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";

const VERIFIER: &str = "a-verifier-need-not-be-random-where-nobody-else-can-see-it";

/// A browser with its cookies.
pub struct Browser {
    connection: Connection,
    host: String,
    cookies: BTreeMap<String, String>,
}

/// What a code was redeemed for.
pub struct Tokens {
    /// For the resource.
    pub access_token: String,
    /// For more of them.
    pub refresh_token: String,
}

/// A page, or an answer for the client.
struct Page {
    location: Option<String>,
    body: String,
}

impl Browser {
    /// A browser that has been nowhere yet.
    pub async fn open(port: u16) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(port).await?,
            host: format!("127.0.0.1:{port}"),
            cookies: BTreeMap::new(),
        })
    }

    /// Authorizes the client for this resource and scope as alice, and redeems the code.
    pub async fn tokens(&mut self, resource: &str, scope: &str) -> Result<Tokens> {
        let code = self.authorize(resource, scope).await?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", "bench-web"),
            ("client_secret", SECRET),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT_URI),
            ("resource", resource),
        ];
        let redeem = form("/token", &self.host, &fields);
        let answer = self.connection.exchange(&redeem).await?.expect(200)?;
        let member = |name| Some(answer.member(name)?.to_owned());
        Ok(Tokens {
            access_token: member("access_token").context("no access token")?,
            refresh_token: member("refresh_token").context("no refresh token")?,
        })
    }

    async fn authorize(&mut self, resource: &str, scope: &str) -> Result<String> {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", "bench-web")
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", scope)
            .append_pair("resource", resource)
            .append_pair("state", "1")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let mut page = self.get(&format!("/authorize?{query}")).await?;
        for _ in 0..8 {
            page = match page.location {
                Some(to) if to.starts_with(REDIRECT_URI) => return code(&to),
                Some(to) => {
                    let path = to.strip_prefix(&format!("http://{}", self.host));
                    self.get(path.unwrap_or(&to)).await?
                }
                None => self.sign_in(&page.body).await?,
            };
        }
        bail!("redirected in circles")
    }

    async fn sign_in(&mut self, page: &str) -> Result<Page> {
        let fields = [
            ("username", "alice"),
            ("password", PASSWORD),
            ("csrf", hidden(page, "csrf")?),
            ("flow", hidden(page, "flow")?),
        ];
        let posted = form("/sign-in", &self.host, &fields);
        self.visit(posted).await
    }

    async fn get(&mut self, path: &str) -> Result<Page> {
        let get = request("GET", path, &self.host, "", "");
        self.visit(get).await
    }

    /// Sends a request with the cookies, and keeps those of the answer.
    async fn visit(&mut self, request: Vec<u8>) -> Result<Page> {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = with_header(request, "cookie", &cookies.join("; "));
        let answer = self.connection.exchange(&request).await?;
        for cookie in answer.header("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.header("location").next().map(str::to_owned);
        let answer = if location.is_none() {
            answer.expect(200)?
        } else {
            answer
        };
        Ok(Page {
            location,
            body: answer.text()?.to_owned(),
        })
    }
}

/// Puts a header after the request line.
pub fn with_header(mut request: Vec<u8>, name: &str, value: &str) -> Vec<u8> {
    let end = request.windows(2).position(|end| end == b"\r\n");
    let at = end.map_or(0, |end| end + 2);
    request.splice(at..at, format!("{name}: {value}\r\n").into_bytes());
    request
}

/// The value of a hidden field of a page.
pub fn hidden<'a>(page: &'a str, name: &str) -> Result<&'a str> {
    let field = format!("name=\"{name}\" value=\"");
    let found = page.split_once(&field).map(|(_, rest)| rest);
    let value = found.and_then(|rest| rest.split('"').next());
    value.with_context(|| format!("the page has no field {name}"))
}

fn code(location: &str) -> Result<String> {
    let url = Url::parse(location)?;
    let code = url.query_pairs().find(|(name, _)| name == "code");
    let code = code.with_context(|| format!("no code: {location}"))?;
    Ok(code.1.into_owned())
}
