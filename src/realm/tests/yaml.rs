//! The tree: places, and what YAML can do that a realm file may not.

use serde_json::json;

use crate::realm::problem::{Place, Problem};
use crate::realm::yaml::{Data, parse};

fn error(text: &str) -> String {
    let mut problems = Vec::new();
    match parse(text, &mut problems) {
        Ok(_) => problems
            .iter()
            .map(Problem::to_string)
            .collect::<Vec<_>>()
            .join("\n"),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn a_node_knows_its_line_and_column() {
    let root = parse("a:\n  - x\n  -   y: 1\n", &mut Vec::new()).unwrap();
    let Data::Map(entries) = root.data else {
        panic!("a map")
    };
    assert_eq!(entries[0].at, Place { line: 1, column: 1 });
    let Data::List(items) = &entries[0].value.data else {
        panic!("a list")
    };
    assert_eq!(items[0].at, Place { line: 2, column: 5 });
    let Data::Map(inner) = &items[1].data else {
        panic!("a map")
    };
    assert_eq!(inner[0].at, Place { line: 3, column: 7 });
}

#[test]
fn plain_words_mean_what_the_core_schema_says() {
    let text =
        "[1, -2, 1.5, true, False, null, ~, '', '1', yes, no, 1e3, .inf, 0o7, nan, infinity]";
    let root = parse(text, &mut Vec::new()).unwrap();
    assert_eq!(
        root.to_json(),
        json!([
            1, -2, 1.5, true, false, null, null, "", "1", "yes", "no", 1000.0, ".inf", "0o7",
            "nan", "infinity"
        ])
    );
}

#[test]
fn what_makes_yaml_dangerous_or_ambiguous_is_refused() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]";
    let deep = "[".repeat(100_000);
    let nested: Vec<String> = (0..40).map(|i| format!("{}a:", " ".repeat(i))).collect();
    let nested = nested.join("\n");
    let large = "#".repeat(2 << 20);
    for (text, expected) in [
        ("", "1:1: the file is empty"),
        ("# nothing\n", "1:1: the file is empty"),
        (bomb, "1:7: a realm file has no anchors"),
        ("a: *b", "1:4: a realm file has no a"),
        ("a: !!binary aGk=", "a realm file has no tags"),
        (
            "a: 1\nb: 2\na: 3",
            "3:1: \"a\" is written twice, first in line 1",
        ),
        (
            "{a: 1, \"a\": 2}",
            "1:8: \"a\" is written twice, first in line 1",
        ),
        ("? [a]\n: b", "1:3: a key is one word or a quoted text"),
        ("{{a: 1}: b}", "a key is one word or a quoted text"),
        ("a: 1\n---\nb: 2", "a realm file is one YAML document"),
        ("a: [1, 2", "1:"),
        ("a: b: c", "1:"),
        ("a:\n\t- b", "2:"),
        (&deep, "1:"),
        (&nested, "17:"),
        (&large, "1:1: the file is larger"),
    ] {
        let error = error(text);
        let shown = &text[..text.len().min(40)];
        assert!(
            error.contains(expected),
            "{shown:?}: expected {expected:?}, found {error:?}"
        );
    }
}
