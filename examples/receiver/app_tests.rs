//! The whole program on a port of its own, with a transmitter that is asked over HTTP.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::issuer;
use super::super::transmitter_fixture::TestTransmitter;
use super::{Config, serve};

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";

struct Setup {
    transmitter: TestTransmitter,
    url: String,
}

impl Setup {
    /// A receiver that has asked for its first verification.
    async fn new() -> Self {
        let setup = Self::at(TestTransmitter::start().await, "secret").await;
        setup.transmitter.asked(1).await;
        setup
    }

    async fn at(transmitter: TestTransmitter, secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, transmitter, secret)
    }

    fn on(listener: TcpListener, transmitter: TestTransmitter, secret: &str) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let config = Config {
            issuer: transmitter.url(),
            client: "receiver".into(),
            secret: secret.into(),
            url: url.clone(),
        };
        tokio::spawn(serve(config, listener));
        Self { transmitter, url }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let request = issuer::http().unwrap().get(format!("{}{path}", self.url));
        request.send().await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        self.get(path).await.text().await.unwrap()
    }

    /// The `jti` of all that came, newest first.
    async fn received(&self) -> Vec<String> {
        let claims: Vec<Value> = self.get("/received").await.json().await.unwrap();
        let jti = |claims: &Value| claims["jti"].as_str().unwrap().to_owned();
        claims.iter().map(jti).collect()
    }

    async fn verification(&self, jti: &str, state: &str) -> (u16, Value) {
        let event = json!({ VERIFICATION: { "state": state } });
        let stream = json!({ "format": "opaque", "id": "stream-1" });
        self.transmitter.push(jti, stream, event).await
    }

    async fn revoked(&self, jti: &str) -> (u16, Value) {
        let event = json!({ format!("{CAEP}/session-revoked"): {
            "initiating_entity": "admin", "reason_admin": { "en": "reported as <lost>" },
        } });
        self.transmitter.push(jti, alice(), event).await
    }
}

fn alice() -> Value {
    json!({ "format": "iss_sub", "iss": "https://id.example", "sub": "alice" })
}

#[tokio::test]
async fn it_makes_its_stream_and_sees_the_verification_come_back() {
    let setup = Setup::new().await;
    assert!(setup.page("/").await.contains("asked for, not back yet"));
    let streams = setup.transmitter.streams();
    assert_eq!(streams.len(), 1);
    let delivery = &streams[0]["delivery"];
    assert_eq!(delivery["method"], "urn:ietf:rfc:8935");
    assert_eq!(delivery["endpoint_url"], format!("{}/push", setup.url));
    let header = delivery["authorization_header"].as_str().unwrap();
    assert_eq!(header.len(), "Bearer ".len() + 43);
    let events = streams[0]["events_requested"].as_array().unwrap();
    assert!(events.contains(&json!(format!("{CAEP}/credential-change"))));

    let state = setup.transmitter.asked(1).await;
    let (status, refusal) = setup.verification("1", "another").await;
    assert_eq!((status, &refusal["err"]), (400, &json!("invalid_state")));
    assert_eq!(setup.verification("2", &state).await.0, 202);
    assert!(setup.page("/").await.contains("came back"));
    assert_eq!(setup.received().await, ["2"]);
    assert_eq!(setup.transmitter.tokens(), 1, "a good token is used again");
}

#[tokio::test]
async fn its_own_stream_is_used_again_with_another_header() {
    let transmitter = TestTransmitter::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = |id: &str, endpoint: String| {
        json!({
            "stream_id": id, "iss": transmitter.url(), "aud": "https://receiver.example",
            "events_delivered": [],
            "delivery": {
                "method": "urn:ietf:rfc:8935", "endpoint_url": endpoint,
                "authorization_header": "Bearer old",
            },
        })
    };
    let here = format!("http://{}/push", listener.local_addr().unwrap());
    transmitter.add_stream(stream("elsewhere", "https://other.example/push".into()));
    transmitter.add_stream(stream("ours", here));
    let setup = Setup::on(listener, transmitter, "secret");
    let state = setup.transmitter.asked(1).await;

    let streams = setup.transmitter.streams();
    assert_eq!(streams.len(), 2);
    let header = |stream: &Value| stream["delivery"]["authorization_header"].clone();
    assert_eq!(header(&streams[0]), "Bearer old");
    assert_ne!(header(&streams[1]), "Bearer old");
    let stream = json!({ "format": "opaque", "id": "ours" });
    let event = json!({ VERIFICATION: { "state": state } });
    let old = setup.transmitter.push_as("Bearer old", "1", stream, event);
    assert_eq!(old.await.0, 401);
    assert_eq!(setup.verification("2", &state).await.0, 202);
}

#[tokio::test]
async fn tokens_are_shown_newest_first_with_who_and_why() {
    let setup = Setup::new().await;
    assert!(setup.page("/").await.contains("Nothing yet"));
    assert_eq!(setup.revoked("1").await.0, 202);
    let both = json!({
        "format": "complex", "user": alice(), "session": { "format": "opaque", "id": "s1" },
    });
    let event = json!({ format!("{CAEP}/session-established"): {} });
    assert_eq!(setup.transmitter.push("2", both, event).await.0, 202);
    assert_eq!(setup.revoked("1").await.0, 202, "a repetition is no error");
    assert_eq!(setup.received().await, ["2", "1"]);

    let page = setup.page("/").await;
    for shown in [
        "session-revoked",
        "alice",
        "an administrator",
        "reported as &#60;lost&#62;",
        "&#34;txn&#34;: &#34;cause&#34;",
        "session s1, user alice",
        "not said",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    let place = |text| page.find(text);
    assert!(place("session-established") < place("session-revoked"));
    assert!(!page.contains("http-equiv=\"refresh\""));
    assert!(setup.page("/live").await.contains("http-equiv=\"refresh\""));
}

#[tokio::test]
async fn the_last_hundred_are_kept() {
    let setup = Setup::new().await;
    for jti in 0..=100 {
        assert_eq!(setup.revoked(&jti.to_string()).await.0, 202);
    }
    let received = setup.received().await;
    assert_eq!((received.len(), received[0].as_str()), (100, "100"));
    assert_eq!(received[99], "1");
}

#[tokio::test]
async fn what_the_transmitter_refuses_is_shown() {
    let setup = Setup::at(TestTransmitter::start().await, "wrong").await;
    // The page is there before the first attempt has failed.
    let page = loop {
        let page = setup.page("/").await;
        if page.contains("class=\"reason\"") {
            break page;
        }
    };
    assert!(page.contains("invalid_client"), "{page}");
    assert!(page.contains("not there yet"));
    let request = issuer::http().unwrap().post(format!("{}/push", setup.url));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_verification_that_is_asked_for_too_often_is_asked_for_later() {
    let transmitter = TestTransmitter::with_first_answer(StatusCode::TOO_MANY_REQUESTS).await;
    let setup = Setup::at(transmitter, "secret").await;
    let first = setup.transmitter.asked(1).await;
    assert_eq!(setup.transmitter.asked(2).await, first);
    assert_eq!(setup.verification("1", &first).await.0, 202);
}

#[tokio::test]
async fn every_answer_is_for_this_site_alone() {
    let setup = Setup::new().await;
    let answer = setup.get("/").await;
    assert_eq!(
        answer.headers()["content-security-policy"],
        "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let request = issuer::http().unwrap().get(&setup.url);
    let answer = request.header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
}
