//! Starting, with what is there and without what is missing, and stopping.

use std::fs;

use crate::support::{Place, mode};

#[test]
fn it_starts_with_nothing_configured_and_stops_when_told() {
    let place = Place::new();
    let server = place.serve(&[]);
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(server.get("/readyz").ends_with("\r\n\r\nready\n"));
    let issuer = format!("\"issuer\":\"http://{}\"", place.address);
    assert!(
        server
            .get("/.well-known/openid-configuration")
            .contains(&issuer)
    );
    assert_eq!(mode(&place.folder.join("data")), 0o700);
    for file in [
        "chancery.db",
        "master.key",
        "chancery.sock",
        "first-administrator",
    ] {
        assert_eq!(mode(&place.data(file)), 0o600, "{file}");
    }
    server.stop();
    assert!(!place.data("chancery.sock").exists());
}

#[test]
fn the_first_administrators_link_is_not_logged() {
    let place = Place::new();
    let server = place.serve(&[]);
    let link = fs::read_to_string(place.data("first-administrator")).unwrap();
    let query = link.trim().split_once("/setup").unwrap().1;
    assert!(
        server
            .get(&format!("/setup{query}"))
            .starts_with("HTTP/1.1 200 OK\r\n")
    );
    assert!(
        server
            .get("/setup?token=guessed")
            .starts_with("HTTP/1.1 410 Gone\r\n")
    );
    let log = server.stop();
    assert!(log.contains("\"path\":\"/setup\""), "{log}");
    assert!(!log.contains("token"), "{log}");
}

#[test]
fn each_line_of_the_log_is_json() {
    let place = Place::new();
    let server = place.serve(&[]);
    server.get("/nowhere");
    let log = server.stop();
    for line in log.lines() {
        assert!(
            line.starts_with("{\"timestamp\":\"") && line.ends_with('}'),
            "{line}"
        );
    }
    let request = log.lines().find(|line| line.contains("/nowhere")).unwrap();
    for part in [
        "\"method\":\"GET\"",
        "\"status\":404",
        "\"micros\":",
        "\"id\":\"",
        "\"ip\":\"127.0.0.1\"",
    ] {
        assert!(request.contains(part), "{part}: {request}");
    }
}

#[test]
fn a_setting_that_cannot_be_used_is_named_with_its_source() {
    let place = Place::new();
    let run = |name, value| {
        let output = place.command(&["serve"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run("CHANCERY_LISTEN", "nowhere").starts_with("chancery: CHANCERY_LISTEN: "));
    assert!(run("CHANCERY_LISTEN", "0.0.0.0:8600").contains("issuer: must be set"));
    assert!(run("CHANCERY_LOG_LEVEL", "lib=loud").contains("log.level"));
    fs::write(place.folder.join("bad.toml"), "[sessions]\nidle = 5\n").unwrap();
    assert!(run("CHANCERY_CONFIG", "bad.toml").starts_with("chancery: bad.toml: "));
    assert!(!place.folder.join("data").exists());
}

#[test]
fn another_issuer_or_no_master_key_refuses_to_start() {
    let place = Place::new();
    place.serve(&[]).stop();
    let output = place
        .command(&["serve"])
        .env("CHANCERY_ISSUER", "https://id.example")
        .output();
    let said = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(said.contains("--move-issuer"), "{said}");
    fs::remove_file(place.data("master.key")).unwrap();
    assert!(place.run(&["serve"]).with(1).contains("master.key"));
    assert!(!place.data("master.key").exists());
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let place = Place::new();
    let _server = place.serve(&[]);
    assert!(place.run(&["serve"]).with(1).contains("in use"));
}

#[test]
fn a_folder_of_a_demo_is_refused() {
    let place = Place::new();
    fs::create_dir(place.folder.join("data")).unwrap();
    fs::write(place.data("demo"), "").unwrap();
    assert!(place.run(&["serve"]).with(1).contains("demo"));
}
