//! An OAuth client: what it asks for reads like speech.
//!
//! `app.client("web").code_flow("alice").scope("openid photos:read").resource(PHOTOS).await`

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::pin::Pin;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jose::{Typ, Unverified};
use serde_json::Value;
use url::Url;

use super::TestApp;
use super::browser::Browser;
use super::http::{Answer, Sending, encode};
use super::realm::PASSWORD;

/// The verifier of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A registered client.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(crate) app: &'a TestApp,
    pub(crate) id: &'a str,
    pub(crate) secret: Option<&'a str>,
    pub(crate) redirect_uri: &'a str,
}

/// What will be done when somebody waits for it.
type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl TestApp {
    /// One of the clients of the furnished realm.
    pub(crate) fn client<'a>(&'a self, id: &'a str) -> Client<'a> {
        let (secret, redirect_uri) = match id {
            "web" => (Some("web-secret"), "https://web.example/callback"),
            "cli" => (None, "http://127.0.0.1:49152/callback"),
            "third-party" => (None, "https://third.example/callback"),
            "machine" => (Some("machine-secret"), ""),
            _ => panic!("the realm has no client {id}"),
        };
        Client {
            app: self,
            id,
            secret,
            redirect_uri,
        }
    }

    /// What the API of this identifier learns about a token.
    pub(crate) async fn introspect(&self, api: &str, token: &str) -> Value {
        let sending = Sending::form("/introspect", [("token", token)])
            .with("authorization", basic(api, "api-secret"));
        self.send(sending).await.is(200).json()
    }

    /// The answer of userinfo to a token.
    pub(crate) async fn userinfo(&self, token: &str) -> Answer {
        let path = format!("{}/userinfo", self.config.issuer.path());
        self.send(Sending::get(&path).bearer(token)).await
    }

    /// The claims of a JWT that this server signed and that is of this type.
    #[track_caller]
    pub(crate) fn claims(&self, token: &str, typ: Typ) -> Value {
        let verified = self.snapshot.latest().keys.verify(token, typ);
        verified.unwrap().claims().unwrap()
    }
}

/// Credentials as RFC 6749 §2.3.1 has them: each form-encoded first.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    let encoded = |text| encode([(text, "")]).trim_end_matches('=').to_owned();
    let pair = format!("{}:{}", encoded(id), encoded(secret));
    format!("Basic {}", STANDARD.encode(pair))
}

/// The claims of a JWT, whoever signed it.
pub(crate) fn unverified(token: &str) -> Value {
    Unverified::parse(token).unwrap().claims().unwrap()
}

impl<'a> Client<'a> {
    /// Sends somebody through the authorization code flow, in a browser of their own.
    pub(crate) fn code_flow(self, user: &'a str) -> CodeFlow<'a> {
        let challenge = digest(&SHA256, VERIFIER.as_bytes());
        let parameters = [
            ("response_type", "code"),
            ("client_id", self.id),
            ("redirect_uri", self.redirect_uri),
            ("state", "the state"),
            ("code_challenge_method", "S256"),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let flow = CodeFlow {
            client: self,
            user,
            parameters: parameters.into(),
            at_token: Vec::new(),
            allow: None,
            is_denied: false,
        };
        flow.with("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
    }

    /// Sends a code to the token endpoint.
    pub(crate) fn redeem(self, code: &str) -> TokenRequest<'a> {
        self.asks("authorization_code")
            .with("code", code)
            .with("redirect_uri", self.redirect_uri)
            .with("code_verifier", VERIFIER)
    }

    /// Sends a refresh token to the token endpoint.
    pub(crate) fn refresh(self, tokens: &Tokens) -> TokenRequest<'a> {
        let token = tokens.refresh_token.as_deref().unwrap();
        self.asks("refresh_token").with("refresh_token", token)
    }

    /// Asks for a token for itself.
    pub(crate) fn credentials(self) -> TokenRequest<'a> {
        self.asks("client_credentials")
    }

    /// Gives a token back.
    pub(crate) async fn revoke(self, token: &str) -> Answer {
        let request = TokenRequest {
            client: self,
            path: "/revoke",
            parameters: vec![("token".into(), token.into())],
        };
        request.await.0
    }

    /// A token request of this kind.
    pub(crate) fn asks(self, grant_type: &str) -> TokenRequest<'a> {
        TokenRequest {
            client: self,
            path: "/token",
            parameters: vec![("grant_type".into(), grant_type.into())],
        }
    }
}

/// A walk through the authorization code flow.
#[derive(Clone)]
pub(crate) struct CodeFlow<'a> {
    client: Client<'a>,
    user: &'a str,
    parameters: Vec<(String, String)>,
    at_token: Vec<(String, String)>,
    allow: Option<&'a [&'a str]>,
    is_denied: bool,
}

impl<'a> CodeFlow<'a> {
    pub(crate) fn scope(self, scope: &str) -> Self {
        self.with("scope", scope)
    }

    pub(crate) fn resource(self, resource: &str) -> Self {
        self.with("resource", resource)
    }

    /// One more parameter of the authorization request.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Without this parameter of the authorization request.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(other, _)| other != name);
        self
    }

    /// One more parameter of the token request.
    pub(crate) fn at_token(mut self, name: &str, value: &str) -> Self {
        self.at_token.push((name.into(), value.into()));
        self
    }

    /// The person leaves only these boxes marked on the consent page.
    pub(crate) fn allowing(mut self, scopes: &'a [&'a str]) -> Self {
        self.allow = Some(scopes);
        self
    }

    /// The person denies everything on the consent page.
    pub(crate) fn denied(mut self) -> Self {
        self.is_denied = true;
        self
    }

    /// The address that the client sends the browser to.
    pub(crate) fn address(&self) -> String {
        let parameters = self.parameters.iter();
        let parameters = parameters.map(|(name, value)| (name.as_str(), value.as_str()));
        let base = self.client.app.config.issuer.path();
        format!("{base}/authorize?{}", encode(parameters))
    }

    /// What the client is told, after the person did what the pages asked of them.
    pub(crate) async fn answer(&self) -> Redirected {
        self.answer_in(&mut self.client.app.browser()).await
    }

    /// The same in a browser that may have been here before.
    pub(crate) async fn answer_in(&self, browser: &mut Browser<'_>) -> Redirected {
        let mut page = browser.visit(&self.address()).await;
        if page.has_form("/sign-in") {
            page = browser.sign_in(&page, self.user, PASSWORD).await;
        }
        if page.has_form("/consent") {
            let form = page.form("/consent");
            let decision = if self.is_denied { "deny" } else { "allow" };
            let mut form = form.fill("decision", decision);
            if let Some(allow) = self.allow {
                let is_allowed = |value: &str| {
                    allow
                        .iter()
                        .any(|scope| value.rsplit(' ').next() == Some(*scope))
                };
                form = form.keep("allow", is_allowed);
            }
            page = browser.submit(&form).await;
        }
        Redirected::from(page.location())
    }

    async fn tokens(&self, browser: &mut Browser<'_>) -> TokenAnswer {
        let redirected = self.answer_in(browser).await;
        let mut request = self.client.redeem(redirected.code());
        request.parameters.extend(self.at_token.clone());
        request.await
    }

    /// The whole flow in this browser, to its tokens.
    pub(crate) async fn in_browser(self, browser: &mut Browser<'_>) -> Tokens {
        self.tokens(browser).await.ok()
    }

    /// The whole flow, up to the answer of the token endpoint, whatever that is.
    pub(crate) async fn token_answer(self) -> TokenAnswer {
        self.tokens(&mut self.client.app.browser()).await
    }
}

impl<'a> IntoFuture for CodeFlow<'a> {
    type Output = Tokens;
    type IntoFuture = Doing<'a, Tokens>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.token_answer().await.ok() })
    }
}

/// What the authorization endpoint sends back to the client.
#[derive(Debug)]
pub(crate) struct Redirected {
    pub(crate) to: Url,
    pub(crate) parameters: BTreeMap<String, String>,
}

impl From<Url> for Redirected {
    fn from(to: Url) -> Self {
        let parameters = to.query_pairs().into_owned().collect();
        Self { to, parameters }
    }
}

impl Redirected {
    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        match self.parameters.get("code") {
            Some(code) => code,
            None => panic!("no code: {:?}", self.parameters),
        }
    }

    /// Fails unless it is this error, and nothing else came with it.
    #[track_caller]
    pub(crate) fn refused(&self, error: &str) {
        assert_eq!(
            self.parameters.get("error").map(String::as_str),
            Some(error),
            "{:?}",
            self.parameters
        );
        assert!(!self.parameters.contains_key("code"));
    }
}

/// A request to the token endpoint, or to one like it.
#[derive(Clone)]
pub(crate) struct TokenRequest<'a> {
    client: Client<'a>,
    path: &'a str,
    parameters: Vec<(String, String)>,
}

impl TokenRequest<'_> {
    pub(crate) fn scope(self, scope: &str) -> Self {
        self.with("scope", scope)
    }

    pub(crate) fn resource(self, resource: &str) -> Self {
        self.with("resource", resource)
    }

    /// One more parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Without this parameter.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(other, _)| other != name);
        self
    }

    /// The request, with the client's credentials in it.
    pub(crate) fn sending(&self) -> Sending {
        let parameters = self.parameters.iter();
        let mut fields: Vec<_> = parameters
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let path = format!("{}{}", self.client.app.config.issuer.path(), self.path);
        if let Some(secret) = self.client.secret {
            Sending::form(&path, fields).with("authorization", basic(self.client.id, secret))
        } else {
            fields.push(("client_id", self.client.id));
            Sending::form(&path, fields)
        }
    }
}

impl<'a> IntoFuture for TokenRequest<'a> {
    type Output = TokenAnswer;
    type IntoFuture = Doing<'a, TokenAnswer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { TokenAnswer(self.client.app.send(self.sending()).await) })
    }
}

/// An answer of the token endpoint.
#[derive(Debug)]
pub(crate) struct TokenAnswer(pub(crate) Answer);

impl TokenAnswer {
    /// The tokens; fails if it is an error.
    #[track_caller]
    pub(crate) fn ok(self) -> Tokens {
        let answer = self.0.is(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        let json = answer.json();
        assert_eq!(json["token_type"], "Bearer");
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        Tokens {
            access_token: text("access_token").unwrap(),
            refresh_token: text("refresh_token"),
            id_token: text("id_token"),
            scope: text("scope").unwrap(),
            expires_in: json["expires_in"].as_i64().unwrap(),
        }
    }

    /// Fails unless it is this error.
    #[track_caller]
    pub(crate) fn refused(&self, error: &str) {
        self.0.refused(error);
    }
}

/// What a client was given.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
    pub(crate) scope: String,
    /// In seconds.
    pub(crate) expires_in: i64,
}

impl Tokens {
    /// The claims of the access token.
    #[track_caller]
    pub(crate) fn claims(&self, app: &TestApp) -> Value {
        app.claims(&self.access_token, Typ::AT_JWT)
    }

    /// The claims of the ID token.
    #[track_caller]
    pub(crate) fn id_claims(&self, app: &TestApp) -> Value {
        app.claims(self.id_token.as_deref().unwrap(), Typ::JWT)
    }
}
