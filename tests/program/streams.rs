//! `chancery streams`, beside a running server and without one.

use std::fs;

use crate::support::Place;

const REALM: &str = "\
users:
  alice: { name: Alice }
clients:
  mdm:
    name: Device manager
    party: first
    auth_method: client_secret_basic
    grant_types: [client_credentials]
    secrets: [file:secret]
";

/// A place whose realm has a client and a user.
fn place() -> Place {
    let place = Place::new();
    fs::write(place.folder.join("realm.yaml"), REALM).unwrap();
    fs::write(
        place.folder.join("secret"),
        "the-secret-of-the-device-manager\n",
    )
    .unwrap();
    fs::write(place.folder.join("header"), "Bearer the-receivers-own\n").unwrap();
    place.run(&["apply", "realm.yaml"]).with(0);
    place
}

fn walk(place: &Place) {
    let streams = |arguments: &[&str]| place.run(&[&["streams"], arguments].concat());
    let made = streams(&[
        "create",
        "mdm",
        "--name",
        "audit",
        "--push",
        "https://receiver.example/events",
        "--authorization",
        "file:header",
        "--event",
        "session-revoked",
    ]);
    let id = made.with(0).trim().to_owned();
    let listed = streams(&["list"]).with(0);
    let row: Vec<_> = listed.lines().nth(1).unwrap().split_whitespace().collect();
    let push = "https://receiver.example/events";
    assert_eq!(row, [&id, "audit", "mdm", "enabled", push, "0", "0", "0"]);
    let shown = streams(&["show", "audit"]).with(0);
    assert!(shown.contains("\"has_authorization\": true"), "{shown}");
    assert!(shown.contains("event-type/session-revoked"), "{shown}");
    assert!(!shown.contains("the-receivers-own"), "{shown}");
    assert!(
        streams(&["list", "--client", "mdm", "--json"])
            .with(0)
            .contains(&id)
    );

    let settings = r#"{"format":"complex","signing_alg":"ES256"}"#;
    let changed = streams(&["update", "audit", "--settings", settings]).with(0);
    assert!(changed.contains("\"format\": \"complex\""), "{changed}");
    let moved = streams(&["update", "audit", "--push", "https://elsewhere.example/"]).with(1);
    assert!(
        moved.contains("give the authorization_header anew"),
        "{moved}"
    );
    let changed = streams(&["update", &id, "--no-authorization", "--poll"]).with(0);
    assert!(
        changed.contains("\"has_authorization\": false"),
        "{changed}"
    );

    assert_eq!(
        streams(&["verify", "audit"]).with(0),
        "A verification event is on its way.\n"
    );
    let waiting = streams(&["deliveries", "audit", "--state", "pending_new"]).with(0);
    assert!(waiting.contains("verification"), "{waiting}");
    assert_eq!(streams(&["replay", "audit"]).with(0), "0 sent again.\n");
    assert!(
        streams(&["drop", "audit", "nothing"])
            .with(1)
            .contains("no such delivery")
    );
    streams(&["exclude", "audit", "alice"]).with(0);
    assert!(
        streams(&["subjects", "audit"])
            .with(0)
            .ends_with("  excluded\n")
    );
    streams(&["include", "audit", "alice"]).with(0);
    assert!(
        streams(&["subjects", "audit"])
            .with(0)
            .ends_with("  included\n")
    );

    streams(&["pause", "audit", "--reason", "maintenance"]).with(0);
    assert!(streams(&["list"]).with(0).contains("paused"));
    streams(&["disable", "audit"]).with(0);
    streams(&["enable", "audit"]).with(0);
    streams(&["delete", "audit"]).with(0);
    let gone = streams(&["show", "audit"]).with(1);
    assert!(gone.contains("there is no stream \"audit\""), "{gone}");
    place.run(&["verify"]).with(0);
}

#[test]
fn streams_are_looked_after_without_a_server() {
    walk(&place());
}

#[test]
fn streams_are_looked_after_beside_a_server() {
    let place = place();
    let server = place.serve(&[]);
    walk(&place);
    let log = server.stop();
    assert!(log.contains("\"task\":\"streams\""), "{log}");
    assert!(!log.contains("the-receivers-own"), "{log}");
}

#[test]
fn what_makes_no_stream_is_said() {
    let place = place();
    for (arguments, words) in [
        (&["create", "mdm"][..], "delivery"),
        (&["create", "nobody", "--poll"], "no such client"),
        (
            &["create", "mdm", "--push", "https://10.0.0.1/"],
            "endpoint_url",
        ),
        (
            &["create", "mdm", "--poll", "--settings", "{\"colour\":1}"],
            "colour",
        ),
        (
            &["create", "mdm", "--poll", "--authorization", "env:NOT_SET"],
            "NOT_SET",
        ),
    ] {
        let said = place.run(&[&["streams"], arguments].concat()).with(1);
        assert!(
            said.starts_with("chancery: ") && said.contains(words),
            "{said}"
        );
    }
}
