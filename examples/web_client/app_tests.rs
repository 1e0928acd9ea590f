//! Whole visits: a browser with one cookie, a provider that is asked over HTTP, and two APIs.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt as _;
use url::Url;

use super::super::provider_fixture::TestProvider;
use super::{Api, Config, Credential, router};

const CLIENT: &str = "http://127.0.0.1:8603";

/// A browser at the client. What it does at the provider is in the test's own hands.
struct Browser {
    provider: TestProvider,
    client: Router,
    cookie: String,
}

struct Shown {
    status: StatusCode,
    location: String,
    text: String,
}

impl Shown {
    /// The provider's authorization endpoint was asked for: what for.
    fn asked(&self, name: &str) -> Option<String> {
        let url = Url::parse(&self.location).unwrap();
        assert_eq!(url.path(), "/authorize");
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl Browser {
    async fn new() -> Self {
        let provider = TestProvider::start().await;
        let url = provider.url();
        let api = |name: &str| Api {
            name: name.into(),
            identifier: format!("https://{name}.example/"),
            url: url.clone(),
        };
        let config = Config {
            issuer: url.clone(),
            client: Credential {
                id: "web".into(),
                secret: "secret".into(),
            },
            url: CLIENT.into(),
            apis: vec![api("photos"), api("files")],
            admin: Some(Credential {
                id: "admin".into(),
                secret: "secret".into(),
            }),
        };
        Self {
            provider,
            client: router(config).unwrap(),
            cookie: String::new(),
        }
    }

    async fn open(&mut self, path: &str) -> Shown {
        self.send(Request::get(path)).await
    }

    async fn send(&mut self, request: axum::http::request::Builder) -> Shown {
        let request = request
            .header(header::HOST, "127.0.0.1:8603")
            .header(header::COOKIE, self.cookie.clone());
        let response = self
            .client
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await;
        let response = response.unwrap();
        let text = |name| {
            response
                .headers()
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        };
        if let Some((cookie, _)) = text(header::SET_COOKIE).split_once(';') {
            self.cookie = cookie.to_owned();
        }
        Shown {
            status: response.status(),
            location: text(header::LOCATION).to_owned(),
            text: {
                let body = to_bytes(response.into_body(), 99_999).await.unwrap();
                String::from_utf8(body.to_vec()).unwrap()
            },
        }
    }

    /// The provider agrees to what `asked` wants, and the browser comes back with a code.
    async fn agreed(&mut self, asked: &Shown) -> Shown {
        let answer = self.provider.agree(&asked.location);
        self.open(&answer).await
    }

    async fn sign_in(&mut self) {
        let asked = self.open("/sign-in").await;
        assert_eq!(self.agreed(&asked).await.location, "/");
    }

    async fn call(&mut self, path: &str) -> Shown {
        let asked = self.open(path).await;
        let back = self.agreed(&asked).await;
        self.open(&back.location).await
    }
}

#[tokio::test]
async fn sign_in_call_an_api_and_sign_out() {
    let mut browser = Browser::new().await;
    assert!(browser.open("/").await.text.contains("Nobody is signed in"));

    let asked = browser.open("/sign-in").await;
    assert_eq!(asked.asked("resource"), None);
    let before = browser.cookie.clone();
    assert_eq!(browser.agreed(&asked).await.location, "/");
    assert_ne!(
        browser.cookie, before,
        "a session name from before the sign-in is worth nothing"
    );
    assert!(browser.open("/").await.text.contains("Hello, Alice"));

    let asked = browser.open("/call/photos").await;
    assert_eq!(
        asked.asked("resource").as_deref(),
        Some("https://photos.example/")
    );
    assert_eq!(
        asked.asked("scope").as_deref(),
        Some("openid photos:read photos:write")
    );
    let back = browser.agreed(&asked).await;
    assert_eq!(back.location, "/call/photos");
    let shown = browser.open("/call/photos").await;
    assert!(shown.text.contains("photos answered"), "{}", shown.text);
    assert!(shown.text.contains("200 OK"));
    assert!(
        shown.text.contains("https://photos.example/"),
        "the token is shown with its aud"
    );

    let crossed = browser.open("/call/files?with=photos").await;
    assert!(crossed.text.contains("401 Unauthorized"));
    assert!(crossed.text.contains("not for files"), "{}", crossed.text);

    let left = browser.send(Request::post("/sign-out")).await;
    assert!(
        left.location
            .starts_with(&format!("{}/logout?", browser.provider.url()))
    );
    assert!(
        left.location.contains("id_token_hint=ey"),
        "{}",
        left.location
    );
    assert!(browser.open("/").await.text.contains("Nobody is signed in"));
}

#[tokio::test]
async fn an_api_that_a_rule_closes_is_told_with_the_providers_reason() {
    let mut browser = Browser::new().await;
    browser.sign_in().await;
    let asked = browser.open("/call/files").await;
    let answer = browser.provider.answer(
        &asked.location,
        &[
            ("error", "access_denied"),
            ("error_description", "alice may not use files"),
        ],
    );
    let shown = browser.open(&answer).await;
    assert_eq!(shown.status, StatusCode::FORBIDDEN);
    assert!(shown.text.contains("No token for files"));
    assert!(
        shown
            .text
            .contains("access_denied: alice may not use files")
    );
    assert!(shown.text.contains("Nothing was sent to files"));
}

#[tokio::test]
async fn a_forged_answer_is_refused_and_does_not_spoil_the_real_one() {
    let mut browser = Browser::new().await;
    let asked = browser.open("/sign-in").await;
    for forged in ["/callback?code=c&state=x", "/callback?code=c", "/callback"] {
        assert_eq!(browser.open(forged).await.status, StatusCode::BAD_REQUEST);
    }
    let real = browser.provider.agree(&asked.location);
    let other_issuer = real.replace("iss=http", "iss=https");
    assert_eq!(
        browser.open(&other_issuer).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(browser.open(&real).await.location, "/");
    assert_eq!(
        browser.open(&real).await.status,
        StatusCode::BAD_REQUEST,
        "once only"
    );
}

#[tokio::test]
async fn an_answer_in_another_browser_signs_nobody_in() {
    let mut browser = Browser::new().await;
    let asked = browser.open("/sign-in").await;
    let real = browser.provider.agree(&asked.location);
    browser.cookie.clear();
    assert_eq!(browser.open(&real).await.status, StatusCode::BAD_REQUEST);
    assert!(browser.open("/").await.text.contains("Nobody is signed in"));
}

#[tokio::test]
async fn another_person_at_the_provider_does_not_inherit_the_session() {
    let mut browser = Browser::new().await;
    browser.sign_in().await;
    let asked = browser.open("/call/photos").await;
    browser.provider.switch_to("bob");
    let shown = browser.agreed(&asked).await;
    assert_eq!(shown.status, StatusCode::BAD_REQUEST);
    assert!(shown.text.contains("somebody else"));
    assert!(browser.open("/").await.text.contains("Nobody is signed in"));
}

#[tokio::test]
async fn a_token_is_renewed_for_its_own_api_by_the_newest_refresh_token() {
    let mut browser = Browser::new().await;
    browser.sign_in().await;
    browser.call("/call/photos").await;
    browser.call("/call/files").await;
    assert!(browser.open("/call/photos").await.text.contains("200 OK"));
    assert_eq!(
        browser.provider.refreshes(),
        Vec::<String>::new(),
        "a good token is used again"
    );
    for _ in 0..2 {
        assert!(
            browser
                .open("/call/photos?renew=true")
                .await
                .text
                .contains("200 OK")
        );
    }
    let photos = "https://photos.example/".to_owned();
    assert_eq!(browser.provider.refreshes(), [photos.clone(), photos]);
}

#[tokio::test]
async fn a_refresh_that_is_refused_asks_the_provider_again() {
    let mut browser = Browser::new().await;
    browser.sign_in().await;
    browser.call("/call/photos").await;
    browser.provider.end_sessions();
    let asked = browser.open("/call/photos?renew=true").await;
    assert_eq!(
        asked.asked("resource").as_deref(),
        Some("https://photos.example/")
    );
    assert_eq!(
        browser.open("/call/photos").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn the_events_are_shown_to_who_is_signed_in_and_read_on_from_where_they_stopped() {
    let mut browser = Browser::new().await;
    assert_eq!(browser.open("/events").await.status, StatusCode::NOT_FOUND);
    browser.sign_in().await;
    let first = browser.open("/events").await;
    assert!(first.text.contains("session.started"), "{}", first.text);
    assert_eq!(
        browser.open("/events").await.text,
        first.text,
        "nothing is shown twice"
    );
}

#[tokio::test]
async fn another_name_for_this_server_is_refused() {
    let browser = Browser::new().await;
    for host in ["localhost:8603", "evil.example"] {
        let request = Request::get("/").header(header::HOST, host);
        let response = browser
            .client
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await;
        assert_eq!(response.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
    }
}

#[tokio::test]
async fn without_a_sign_in_no_api_is_called() {
    let mut browser = Browser::new().await;
    assert_eq!(browser.open("/call/photos").await.location, "/");
    browser.sign_in().await;
    assert_eq!(
        browser.open("/call/nothing").await.status,
        StatusCode::NOT_FOUND
    );
}
