//! `docs/events.md` is what the list of events says, no more and no less.

use domain::event::{CATALOGUE, Class};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/events.md");

fn page() -> String {
    let mut page = String::from(
        "# Events\n\n\
         Everything that happens in a realm, as the log records it. Names are never renamed and fields never change\n\
         their meaning. This page is generated from `crates/domain/src/event.rs`: `UPDATE=1 cargo test -p domain\n\
         --test decisions` writes it.\n\n\
         Each event is a CloudEvent. Its `data` has the fields below, `version` (the place in its subject's history, from\n\
         1) and `cause` (`kind`, `actor`, `request`). *record* events are kept; *activity* events leave the log\n\
         some time after what they are about has ended. Personal values lie beside the event and are joined where\n\
         the reader may see them.\n",
    );
    for entry in CATALOGUE {
        let class = match entry.class {
            Class::Record => "record",
            Class::Activity => "activity",
        };
        page += &format!(
            "\n## `{}`\n\n{} *{class}*\n\n",
            entry.kind,
            entry.doc.trim()
        );
        page += "| field | type | |\n| --- | --- | --- |\n";
        for (name, kind, doc) in entry.fields {
            page += &format!(
                "| `{name}` | {} | {} |\n",
                kind.replace('<', "\\<"),
                doc.trim()
            );
        }
    }
    page
}

#[test]
fn the_page_of_events_is_what_the_code_says() {
    let expected = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PATH, &expected).unwrap();
    }
    let present = std::fs::read_to_string(PATH).unwrap();
    assert!(
        present == expected,
        "docs/events.md is out of date: run with UPDATE=1"
    );
}

#[test]
fn names_are_a_noun_and_a_past_participle_and_unique() {
    let mut names: Vec<&str> = CATALOGUE.iter().map(|entry| entry.kind).collect();
    assert!(
        names
            .iter()
            .all(|name| name.split('.').count() == 2 && name.ends_with(|c| "dtn".contains(c)))
    );
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
