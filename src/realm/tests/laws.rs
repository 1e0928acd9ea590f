//! What holds for any file and any realm.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{World, file};

const GROUPS: [&str; 3] = ["ga", "gb", "gc"];
const USERS: [&str; 3] = ["ua", "ub", "uc"];
const SCOPES: [&str; 3] = ["s:a", "s:b", "s:c"];
/// Ways in which a stream is delivered, with the source of its header.
const DELIVERIES: [(&str, &str); 5] = [
    ("method: push, endpoint_url: https://a.example/1", "env:H1"),
    ("method: push, endpoint_url: https://a.example/2", "env:H2"),
    ("method: push, endpoint_url: https://b.example/", "env:H1"),
    ("method: push, endpoint_url: https://b.example/", "null"),
    ("method: poll", "null"),
];

fn any_of(names: &[&'static str; 3]) -> impl Strategy<Value = Vec<&'static str>> + use<> {
    subsequence(names.to_vec(), 0..=3)
}

/// A file that is valid: what it names, it declares.
fn any_file() -> impl Strategy<Value = String> {
    let groups = vec((any_of(&USERS), any::<bool>()), 3);
    let users = vec(
        (
            select(vec!["null", "x@example.org", "y@example.org"]),
            any::<bool>(),
        ),
        3,
    );
    let api = (
        any_of(&SCOPES),
        any_of(&SCOPES),
        any_of(&GROUPS),
        any_of(&GROUPS),
        60..65_i64,
        any::<bool>(),
    );
    let stream = (
        select(DELIVERIES.to_vec()),
        select(vec!["enabled", "paused"]),
        select(vec!["[]", "[session-revoked]"]),
    );
    let client = (
        subsequence(vec!["env:A", "env:B"], 0..=2),
        select(vec!["First", "Second"]),
        proptest::option::of(stream),
    );
    let api = proptest::option::of(api);
    let client = proptest::option::of(client);
    (groups, users, api, client).prop_map(|(groups, users, api, client)| {
        let mut lines = vec!["groups:".to_owned()];
        for (i, (members, nests)) in groups.iter().enumerate() {
            let child = GROUPS
                .get(i + 1)
                .filter(|_| *nests)
                .copied()
                .unwrap_or_default();
            lines.push(format!(
                "  {}: {{ members: {members:?}, groups: [{child}] }}",
                GROUPS[i]
            ));
        }
        lines.push("users:".to_owned());
        for (name, (email, enabled)) in USERS.iter().zip(&users) {
            let email = email.replace('x', name).replace('y', &format!("{name}.y"));
            lines.push(format!("  {name}:"));
            lines.push(format!(
                "    {{ email: {email}, enabled: {enabled}, password: env:P }}"
            ));
        }
        if let Some((scopes, granted, ruled, claimed, lifetime, credential)) = &api {
            let granted: Vec<_> = granted
                .iter()
                .filter(|scope| scopes.contains(scope))
                .collect();
            lines.push("apis:\n  https://a.example:\n    name: A".to_owned());
            lines.push(format!(
                "    token_lifetime: {lifetime}\n    groups_claim: {claimed:?}"
            ));
            lines.push(format!(
                "    ceilings: [{{ class: all, scopes: {granted:?} }}]"
            ));
            lines.push("    scopes:".to_owned());
            lines.extend(
                scopes
                    .iter()
                    .map(|scope| format!("      {scope}: Do {scope}")),
            );
            lines.push("    rules:".to_owned());
            lines.extend(ruled.iter().map(|group| format!("      - group: {group}")));
            let source = if *credential { "env:RS" } else { "null" };
            lines.push(format!("    introspection_credential: {source}"));
        }
        if let Some((secrets, name, stream)) = &client {
            lines.push(format!(
                "clients:\n  web:\n    name: {name}\n    secrets: {secrets:?}"
            ));
            lines.push("    party: first\n    auth_method: client_secret_basic".to_owned());
            lines.push("    grant_types: [client_credentials]".to_owned());
            if let Some(((delivery, header), status, events)) = stream {
                lines.push("streams:\n  siem:\n    client: web".to_owned());
                lines.push(format!("    delivery: {{ {delivery} }}"));
                lines.push(format!("    authorization_header: {header}"));
                lines.push(format!(
                    "    status: {status}\n    events_requested: {events}"
                ));
            }
        }
        lines.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_file_that_was_applied_differs_in_nothing(files in vec(any_file(), 1..4)) {
        let mut world = World::new();
        for text in &files {
            let plan = world.apply(text);
            prop_assert_eq!(plan.conflicts(), 0);
            let (again, decided) = world.decide(text).unwrap();
            prop_assert!(again.is_empty(), "{}", again.text(false));
            prop_assert!(decided.changes.is_empty() && decided.rows.is_empty());
        }
    }

    #[test]
    fn edits_of_others_are_undone_only_as_conflicts(mine in any_file(), theirs in any_file()) {
        let mut world = World::with(&mine);
        let last = world.last.clone();
        world.apply(&theirs);
        // As if `theirs` had come by the admin API.
        world.last = last;
        let plan = world.apply(&mine);
        for change in plan.steps.iter().flat_map(|step| &step.fields) {
            prop_assert!(change.edited || change.from.is_none(), "{:?}", change);
        }
        prop_assert!(world.plan(&mine).is_empty());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[a-z:\\-\\[\\]{}&*!'\"#|> \n]{0,200}") {
        for problem in file(&text).problems() {
            prop_assert!(problem.at.line <= text.lines().count() + 1, "{}", problem);
        }
    }
}
