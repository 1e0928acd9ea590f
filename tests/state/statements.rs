//! Every SQL text of the sources is prepared, and every table is declared, on both databases.

use std::collections::BTreeSet;
use std::path::Path;

use chancery::read::tables::TABLES;

use crate::support::{TestApp, on_both_databases};

on_both_databases![every_statement_is_prepared, tables_are_all_declared];

async fn every_statement_is_prepared(app: TestApp) {
    let statements = statements();
    assert!(
        statements.len() > 100,
        "the sources are not read: {statements:?}"
    );
    // One by one, so that a failure names its statement.
    for sql in statements {
        let prepared = app.log.prepare_all(&[sql]).await;
        assert_eq!(prepared, Ok(()), "{sql}");
    }
}

async fn tables_are_all_declared(app: TestApp) {
    const LOG: [&str; 7] = [
        "commits",
        "cursors",
        "event_personal",
        "events",
        "leases",
        "log_head",
        "subjects",
    ];
    let mut present = tables(&app).await;
    present.remove("migrations");
    let declared = TABLES.iter().map(|table| table.name).chain(LOG);
    assert_eq!(present, declared.map(str::to_owned).collect());
}

/// The tables that the database has.
pub(crate) async fn tables(app: &TestApp) -> BTreeSet<String> {
    let listed = if app.database().is_sqlite() {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
         WHERE table_schema = 'public'"
    };
    let rows = app.log.read(listed, &[]).await.unwrap();
    rows.iter()
        .map(|row| row.text(0).unwrap().to_owned())
        .collect()
}

/// Every SQL text of `src/`.
fn statements() -> Vec<&'static str> {
    let sources = sources();
    let found = sources.iter().flat_map(|(_, source)| statements_of(source));
    found.map(|text| &*text.leak()).collect()
}

/// The string literals of a source that are SQL.
pub(crate) fn statements_of(source: &str) -> impl Iterator<Item = String> {
    const VERBS: [&str; 5] = [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "WITH ",
    ];
    let literals = literals(source).into_iter();
    literals.filter(|text| VERBS.iter().any(|verb| text.starts_with(verb)))
}

/// Every file below `src/` without its unit tests: its path there, and its text.
pub(crate) fn sources() -> Vec<(String, String)> {
    fn read(root: &Path, folder: &Path, into: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(root, &path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let end = text.find("#[cfg(test)]\nmod").unwrap_or(text.len());
                let name = path.strip_prefix(root).unwrap().display().to_string();
                into.push((name, text[..end].to_owned()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    read(&root, &root, &mut sources);
    sources
}

/// The plain string literals of a source, with a line that ends in `\` joined to the next.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => {
                rest.by_ref().find(|c| *c == '\n');
            }
            // A quote within a character literal: '"'.
            '"' if before == '\'' => {}
            '"' => found.push(literal(&mut rest)),
            _ => {}
        }
        before = c;
    }
    found
}

fn literal(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => match rest.next() {
                Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                Some(escaped) => text.push(escaped),
                None => break,
            },
            _ => text.push(c),
        }
    }
    text
}

#[test]
fn literals_are_found_among_comments_and_escapes() {
    let source = "a(\"x \\\n   y\"); // not \"this\"\n '\"' b(\"say \\\"z\\\"\")";
    assert_eq!(literals(source), ["x y", "say \"z\""]);
}
