//! An event row never changes; a person can still be forgotten.

use chancery::command::groups::AddMember;
use chancery::command::users::{DeleteUser, EraseUser, UpdateUser};
use domain::refusal::Refusal;
use domain::value::{Email, Name, Username};

use super::statements::tables;
use crate::support::realm::details;
use crate::support::{Realm, TestApp, on_both_databases};

on_both_databases![
    nothing_personal_remains_of_somebody_erased,
    only_a_deleted_user_is_erased,
    a_name_is_free_again,
];

async fn nothing_personal_remains_of_somebody_erased(app: TestApp) {
    let group = app.group("photos").await;
    let id = app.user("zebediah").await;
    let change = UpdateUser {
        id,
        change: |_: &_| {
            let mut details = details("zebedee");
            details.profile.name = Some(Name::parse("Zebedee Quux").unwrap());
            details.email = Some(Email::parse("zeb@quux.example").unwrap());
            details.attributes.insert("badge".into(), "quux-17".into());
            Ok(details)
        },
    };
    app.run(&change).await;
    app.add(id, group).await;
    app.session(id).await;
    let neighbour = app.user("neighbour").await;
    app.session(neighbour).await;
    assert!(mentions(&app, "quux").await > 0);

    let events = app.log.head().await.unwrap();
    app.run(&DeleteUser { id }).await;
    app.run(&EraseUser { id }).await;

    for trace in ["zebed", "quux", "192.0.2.7"] {
        let of_neighbour = if trace == "192.0.2.7" { 2 } else { 0 };
        assert_eq!(mentions(&app, trace).await, of_neighbour, "{trace}");
    }
    let last = app.events_after(events).await.pop();
    assert_eq!(last.as_deref(), Some("user.erased"));
    let kept = app.log.subject(&format!("user/{id}"), 0, 100).await;
    assert_eq!(kept.unwrap().len(), 5, "the history itself remains");
    app.is_what_the_log_says().await;
}

async fn only_a_deleted_user_is_erased(app: TestApp) {
    let id = app.user("alice").await;
    let early = app.attempt(&EraseUser { id }).await.unwrap_err();
    assert_eq!(early.to_string(), Refusal::NotDeleted.to_string());
    app.run(&DeleteUser { id }).await;
    app.run(&EraseUser { id }).await;
    let again = app.attempt(&EraseUser { id }).await.unwrap_err();
    assert_eq!(again.to_string(), Refusal::NotFound("user").to_string());
    let group = app.group("photos").await;
    let add = AddMember {
        group,
        user: id,
        expires: None,
    };
    let add = app.attempt(&add).await.unwrap_err();
    assert_eq!(add.to_string(), Refusal::NotFound("user").to_string());
}

async fn a_name_is_free_again(app: TestApp) {
    let id = app.user("alice").await;
    app.run(&DeleteUser { id }).await;
    let heir = app.user("alice").await;
    let alice = Username::parse("alice").unwrap();
    let found = chancery::read::users::by_username(&app.log, &alice).await;
    assert_eq!(found, Ok(Some(heir)));
    app.run(&EraseUser { id }).await;
    let found = chancery::read::users::by_username(&app.log, &alice).await;
    assert_eq!(found, Ok(Some(heir)), "erasing takes nothing from the heir");
    app.is_what_the_log_says().await;
}

/// Not even where SQLite keeps what it has deleted.
#[tokio::test]
async fn nor_does_anything_remain_in_the_file() {
    let app = TestApp::on_sqlite(Realm::Founded).await.unwrap();
    let id = app.user("zebediah").await;
    app.run(&DeleteUser { id }).await;
    app.run(&EraseUser { id }).await;
    let database = app.stop();
    let mut bytes = 0;
    for entry in std::fs::read_dir(&*database.folder).unwrap() {
        let file = std::fs::read(entry.unwrap().path()).unwrap();
        let found = file.windows(5).any(|window| window == b"zebed");
        assert!(!found, "it is still in the file");
        bytes += file.len();
    }
    assert!(bytes > 10_000, "no database was read");
}

/// How many rows of the whole database hold this text, in any column.
pub(super) async fn mentions(app: &TestApp, text: &str) -> usize {
    let mut found = 0;
    for table in tables(app).await {
        let select = format!("SELECT * FROM {table}").leak();
        for row in app.log.scan(select, Vec::new()).await.unwrap() {
            let held = (0..)
                .map_while(|column| row.value(column).ok())
                .any(|value| {
                    let bytes = match value {
                        eventlog::Value::Text(text) => text.as_bytes(),
                        eventlog::Value::Bytes(bytes) => bytes,
                        _ => return false,
                    };
                    String::from_utf8_lossy(bytes).contains(text)
                });
            found += usize::from(held);
        }
    }
    found
}
