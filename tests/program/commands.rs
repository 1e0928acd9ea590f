//! Commands beside a running server and without one.

use std::fs::{self, File};
use std::os::unix::net::UnixStream;

use crate::support::Place;

const REALM: &str = "\
groups:
  photos: {}
clients:
  web:
    name: Web
    party: first
    auth_method: client_secret_basic
    grant_types: [authorization_code]
    secrets: [env:WEB_SECRET]
    redirect_uris: [https://app.example/callback]
";

#[test]
fn a_command_beside_a_server_is_done_by_it() {
    let place = Place::new();
    let server = place.serve(&[]);
    let keys = || server.get("/jwks").matches("\"kid\"").count();
    let before = keys();
    let said = place.run(&["key", "rotate", "ES256"]).with(0);
    assert!(
        said.starts_with("ES256: ") && said.ends_with("signs in 1d.\n"),
        "{said}"
    );
    // At once: the server itself has them in memory.
    assert_eq!(keys(), before + 1);
    let again = place.run(&["key", "rotate", "ES256"]).with(1);
    assert!(
        again.starts_with("chancery: a next key is published already"),
        "{again}"
    );
    assert!(
        place
            .run(&["verify"])
            .with(0)
            .starts_with("The state is what the log says")
    );
    let log = server.stop();
    assert!(log.contains("\"task\":\"key rotate\""), "{log}");
}

#[test]
fn a_command_without_a_server_does_the_same() {
    let place = Place::new();
    let link = place.run(&["admin", "recover"]).with(0);
    let expected = format!("http://{}/setup?token=", place.address);
    assert!(
        link.lines().last().unwrap().starts_with(&expected),
        "{link}"
    );
    place.run(&["key", "rotate"]).with(0);
    place.run(&["verify"]).with(0);
    // What it leaves behind is no running server.
    assert!(!place.data("chancery.sock").exists());
}

#[test]
fn one_who_says_nothing_at_the_socket_is_in_nobodys_way() {
    let place = Place::new();
    let server = place.serve(&[]);
    let silent = UnixStream::connect(place.data("chancery.sock")).unwrap();
    place.run(&["verify"]).with(0);
    drop(silent);
    server.stop();
}

#[test]
fn a_socket_that_a_dead_server_left_is_in_nobodys_way() {
    let place = Place::new();
    // Dropped without a word: killed.
    drop(place.serve(&[]));
    assert!(place.data("chancery.sock").exists());
    place.run(&["verify"]).with(0);
    place.serve(&[]).stop();
}

#[test]
fn a_backup_is_restored_in_a_new_epoch() {
    let place = Place::new();
    let server = place.serve(&[]);
    place.run(&["backup", "realm.backup"]).with(0);
    assert!(
        place
            .run(&["backup", "realm.backup"])
            .with(1)
            .contains("realm.backup")
    );
    assert!(
        place
            .run(&["restore", "realm.backup"])
            .with(1)
            .contains("is there")
    );
    let keys = |answer: String| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    let published = keys(server.get("/jwks"));
    server.stop();
    for file in fs::read_dir(place.folder.join("data")).unwrap() {
        let file = file.unwrap();
        if file
            .file_name()
            .to_string_lossy()
            .starts_with("chancery.db")
        {
            fs::remove_file(file.path()).unwrap();
        }
    }
    let said = place.run(&["restore", "realm.backup"]).with(0);
    assert!(said.ends_with("its log is in epoch 2.\n"), "{said}");
    place.run(&["verify"]).with(0);
    let server = place.serve(&[]);
    assert_eq!(keys(server.get("/jwks")), published);
}

#[test]
fn what_is_not_a_backup_or_lacks_its_master_key_is_not_restored() {
    let place = Place::new();
    let restore = |file: &str| {
        let said = place.run(&["restore", file]).with(1);
        assert!(!place.data("chancery.db").exists(), "{file}");
        said
    };
    fs::write(place.folder.join("empty"), "").unwrap();
    assert!(restore("empty").contains("no realm"));
    fs::write(place.folder.join("junk"), "junk".repeat(1000)).unwrap();
    assert!(restore("junk").contains("not a database"));
    let other = Place::new();
    other.run(&["backup", "realm.backup"]).with(0);
    let backup = other.folder.join("realm.backup");
    assert!(restore(backup.to_str().unwrap()).contains("master.key"));
}

#[test]
fn a_realm_file_is_planned_and_applied_with_the_secrets_of_the_caller() {
    let place = Place::new();
    fs::write(place.folder.join("realm.yaml"), REALM).unwrap();
    let server = place.serve(&[]);
    let run = |arguments: &[&str]| {
        let output = place
            .command(arguments)
            .env("WEB_SECRET", "a-secret-of-the-web")
            .output();
        let output = output.unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), text)
    };
    let (code, text) = run(&["plan", "realm.yaml"]);
    assert!(
        code == 2 && text.contains("+ group photos"),
        "{code}: {text}"
    );
    assert_eq!(run(&["apply", "realm.yaml"]).0, 0);
    assert_eq!(
        run(&["plan", "realm.yaml"]),
        (0, "The realm is as the file says.\n".to_owned())
    );
    let (code, text) = run(&["plan", "realm.yaml", "--json"]);
    assert!(code == 0 && text.contains("\"differs\": false"), "{text}");
    // Without the secret in the caller's environment the file cannot be read.
    let said = place.run(&["apply", "realm.yaml"]).with(1);
    assert!(said.contains("realm.yaml:9:"), "{said}");
    let log = server.stop();
    assert!(!log.contains("a-secret-of-the-web"), "{log}");
}

#[test]
fn serve_applies_a_realm_file_before_it_listens() {
    let place = Place::new();
    fs::write(place.folder.join("realm.yaml"), "groups: { photos: {} }\n").unwrap();
    let server = place.serve(&["--realm", "realm.yaml"]);
    assert!(
        server.log.contains("the realm is as declared"),
        "{}",
        server.log
    );
    place.run(&["plan", "realm.yaml"]).with(0);
    server.stop();
    fs::write(
        place.folder.join("realm.yaml"),
        "groups: { photos: { colour: red } }\n",
    )
    .unwrap();
    let said = place.run(&["serve", "--realm", "realm.yaml"]).with(1);
    assert!(said.contains("realm.yaml:1:"), "{said}");
}

#[test]
fn a_wrong_command_line_is_an_error_and_no_difference() {
    let place = Place::new();
    for wrong in [
        &["plan"][..],
        &["plan", "--wrong", "realm.yaml"],
        &["wrong"],
        &[],
    ] {
        let said = place.run(wrong).with(1);
        assert!(said.contains("Usage: chancery"), "{wrong:?}: {said}");
    }
    place.run(&["plan", "--help"]).with(0);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_and_one_that_nobody_reads_is_none() {
    let place = Place::new();
    let (reader, unread) = std::io::pipe().unwrap();
    drop(reader);
    let run = |arguments: &[&str], out: std::process::Stdio, code| {
        let ended = place.command(arguments).stdout(out).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{said}");
        said
    };
    assert_eq!(
        run(&["streams", "list"], unread.try_clone().unwrap().into(), 0),
        ""
    );
    fs::write(place.folder.join("realm.yaml"), "groups: { photos: {} }\n").unwrap();
    assert_eq!(run(&["plan", "realm.yaml"], unread.into(), 2), "");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let said = run(&["streams", "list"], full.into(), 1);
    assert!(
        said.starts_with("chancery: the standard output: "),
        "{said}"
    );
}
