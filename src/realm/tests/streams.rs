//! Streams of Shared Signals in a file, and the API that receivers use.

use domain::stream::StreamStatus;

use super::{World, lines};
use crate::realm::decide::Ending;

const SIEM: &str = "\
clients:
  rx:
    name: Receiver
    party: first
    auth_method: client_secret_basic
    secrets: [env:RX]
    grant_types: [client_credentials]
    backchannel_logout_uri: https://rx.example/logout
    add_stream: 1
streams:
  siem:
    client: rx
    description: The audit trail
    events_requested: [session-revoked, https://example.com/unknown]
    delivery: { method: push, endpoint_url: https://rx.example/events }
    authorization_header: env:SIEM
";

const URI: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

/// The kinds of the events that applying this would append.
fn events(world: &mut World, text: &str) -> Vec<&'static str> {
    let (_, decided) = world.decide(text).unwrap();
    let kinds = decided.changes.iter().map(|change| change.event.kind());
    kinds.collect()
}

#[track_caller]
fn wrong(text: &str, expected: &str) {
    assert_eq!(World::with(SIEM).problems(text), [expected], "{text}");
}

#[test]
fn a_new_stream_is_made_and_then_nothing_differs() {
    let mut world = World::new();
    assert_eq!(
        events(&mut world, SIEM),
        [
            "client.created",
            "client.secret_added",
            "stream.created",
            "stream.authorization_set",
        ]
    );
    let plan = world.apply(SIEM);
    assert_eq!(
        &lines(&plan)[8..],
        [
            "+ stream siem",
            "    + authorization_header",
            "    + client: \"rx\"",
            "    + delivery: {\"endpoint_url\":\"https://rx.example/events\",\"method\":\"push\",\
             \"tls\":\"public\"}",
            "    + description: \"The audit trail\"",
            &format!("    + events_requested: [\"{URI}\",\"https://example.com/unknown\"]"),
        ]
    );
    let stream = &world.running.streams["siem"];
    assert_eq!(stream.settings.name.as_ref().unwrap().as_str(), "siem");
    assert!(stream.has_authorization);
    let rx = &world.running.clients["rx"].settings;
    assert_eq!(rx.add_stream, 1);
    let logout = rx.backchannel_logout_uri.as_ref().unwrap();
    assert_eq!(logout.as_str(), "https://rx.example/logout");

    let (plan, decided) = world.decide(SIEM).unwrap();
    assert!(plan.is_empty() && decided.changes.is_empty());
    assert!(decided.rows.is_empty() && decided.wake.is_empty());
}

#[test]
fn no_header_is_in_a_plan_or_in_what_is_kept() {
    let mut world = World::new();
    let plan = world.apply(SIEM);
    for text in [
        plan.text(true).to_string(),
        plan.to_json().to_string(),
        world.last.to_json(),
    ] {
        assert!(!text.contains("the value of"), "{text}");
    }
}

#[test]
fn one_field_changes_and_the_rest_stays() {
    let mut world = World::with(SIEM);
    let text = SIEM.replace("The audit trail", "''");
    assert_eq!(events(&mut world, &text), ["stream.updated"]);
    let plan = world.apply(&text);
    assert_eq!(
        lines(&plan),
        [
            "~ stream siem",
            "    ~ description: \"The audit trail\" -> none"
        ]
    );
    assert!(world.running.streams["siem"].has_authorization);
    assert!(world.plan(&text).is_empty());
    assert!(world.plan(&text.replace("''", "null")).is_empty());
}

#[test]
fn what_the_receiver_changed_is_a_conflict_where_the_file_names_it() {
    let mut world = World::with(SIEM);
    let stream = world.running.streams.get_mut("siem").unwrap();
    stream.settings.events_requested.clear();
    stream.settings.inactivity_timeout = 600;
    let plan = world.plan(SIEM);
    assert_eq!((plan.steps.len(), plan.conflicts()), (1, 1));
    let id = stream_id(&world);
    world.running.headers.insert(id, "another".to_owned());
    let plan = world.plan(SIEM);
    assert_eq!(plan.conflicts(), 2);
    assert_eq!(lines(&plan)[1], "    ~ authorization_header !");
    world.apply(SIEM);
    let settings = &world.running.streams["siem"].settings;
    assert_eq!(settings.inactivity_timeout, 600, "nobody's but the API's");
    assert_eq!(settings.events_requested.len(), 2);
    assert!(world.plan(SIEM).is_empty());
}

fn stream_id(world: &World) -> domain::value::StreamId {
    world.running.streams["siem"].id
}

#[test]
fn a_header_is_rolled_over_and_taken_away() {
    let mut world = World::with(SIEM);
    let other = SIEM.replace("env:SIEM", "env:OTHER");
    assert_eq!(events(&mut world, &other), ["stream.authorization_set"]);
    let plan = world.apply(&other);
    assert_eq!(
        lines(&plan),
        ["~ stream siem", "    ~ authorization_header"]
    );
    assert!(world.plan(&other).is_empty());

    let none = SIEM.replace("env:SIEM", "null");
    assert_eq!(events(&mut world, &none), ["stream.authorization_removed"]);
    world.apply(&none);
    assert!(!world.running.streams["siem"].has_authorization);
    assert!(world.plan(&none).is_empty());
}

#[test]
fn a_header_moves_with_the_endpoint_only_if_the_file_names_it() {
    let mut world = World::with(SIEM);
    let moved = SIEM.replace("rx.example/events", "elsewhere.example/");
    let both = ["stream.updated", "stream.authorization_set"];
    assert_eq!(events(&mut world, &moved), both);
    wrong(
        &moved.replace("    authorization_header: env:SIEM\n", ""),
        "11:3: streams.siem: the endpoint_url moves to another origin: give the \
         authorization_header anew",
    );
    let polled = SIEM.replace(
        "{ method: push, endpoint_url: https://rx.example/events }",
        "{ method: poll }",
    );
    wrong(
        &polled,
        "11:3: streams.siem: only a push endpoint is sent an authorization_header",
    );
    let polled = polled.replace("    authorization_header: env:SIEM\n", "");
    assert_eq!(
        events(&mut world, &polled),
        ["stream.updated", "stream.authorization_removed"]
    );
    world.apply(&polled);
    assert!(world.plan(&polled).is_empty());
}

#[test]
fn an_operator_stops_a_stream_and_starts_it_again() {
    let mut world = World::with(SIEM);
    let stopped = format!("{SIEM}    status: disabled\n");
    assert_eq!(events(&mut world, &stopped), ["stream.status_changed"]);
    world.apply(&stopped);
    let stream = &world.running.streams["siem"];
    assert!(stream.stopped_by_operator);
    assert_eq!(stream.status, StreamStatus::Disabled);
    assert!(world.plan(&stopped).is_empty());
    world.apply(&format!("{SIEM}    status: enabled\n"));
    assert!(!world.running.streams["siem"].stopped_by_operator);
}

#[test]
fn a_stream_that_leaves_the_file_leaves_the_realm() {
    let mut world = World::with(SIEM);
    let (without, _) = SIEM.split_once("streams:").unwrap();
    assert_eq!(events(&mut world, without), ["stream.deleted"]);
    let plan = world.apply(without);
    assert_eq!(lines(&plan), ["- stream siem"]);
    assert!(world.running.streams.is_empty() && world.running.headers.is_empty());
    assert!(world.plan(without).is_empty());
}

#[test]
fn with_its_client_a_stream_goes_once() {
    let mut world = World::with(SIEM);
    let client = world.running.clients["rx"].id.clone();
    let (plan, decided) = world.decide("{}").unwrap();
    assert_eq!(lines(&plan), ["- client rx", "- stream siem"]);
    assert_eq!(decided.endings, [Ending::Client(client)]);
    assert!(decided.changes.is_empty() && decided.after.streams.is_empty());

    let (_, streams) = SIEM.split_once("streams:").unwrap();
    wrong(
        &format!("streams:{}", streams.replace("The audit trail", "Ours")),
        "3:5: streams.siem.client: the client rx is no longer in this file and would be removed",
    );
}

#[test]
fn what_is_wrong_with_a_stream_is_told_where_it_is_written() {
    let stream = |lines: &str| {
        let (clients, _) = SIEM.split_once("  siem:").unwrap();
        format!(
            "{clients}  siem: {{ client: rx, delivery: {{ method: poll }} }}\n  other:\n{lines}"
        )
    };
    wrong(
        &stream("    client: rx\n"),
        "12:3: streams.other: this needs \"delivery\"",
    );
    wrong(
        &stream("    delivery: { method: poll }\n"),
        "12:3: streams.other: this needs \"client\"",
    );
    wrong(
        &stream("    client: rxx\n    delivery: { method: poll }\n"),
        "13:5: streams.other.client: there is no client \"rxx\", neither in this file nor in the \
         realm: declare it under clients",
    );
    let polled = |line: &str| {
        let (start, end) = ("    client: rx\n    delivery: { method: poll }", line);
        stream(&format!("{start}\n    {end}\n"))
    };
    wrong(
        &polled("events_requested: [sesion-revoked]"),
        "15:24: streams.other.events_requested[0]: there is no such event: did you mean \
         \"session-revoked\"?",
    );
    wrong(
        &polled(&format!("events_requested: [session-revoked, '{URI}']")),
        "15:41: streams.other.events_requested[1]: this is in the list already",
    );
    wrong(
        &polled("signing_alg: EdDSA"),
        "12:3: streams.other: security event tokens are signed by RS256 or ES256",
    );
    wrong(
        &polled("authorization_header: Bearer written-down"),
        "15:5: streams.other.authorization_header: a secret is not written here: name it as env:NAME \
         or file:PATH",
    );
    wrong(
        &polled("endpoint_url: https://rx.example/"),
        "15:5: streams.other.endpoint_url: there is no such key: expected one of: client, \
         description, audience, events_requested, delivery, format, default_subjects, signing_alg, \
         session_expiry, min_verification_interval, inactivity_timeout, most_pending, \
         oldest_pending, status, authorization_header",
    );
    wrong(
        &SIEM.replace("https://rx.example/events", "http://rx.example/events"),
        "15:5: streams.siem.delivery: plain http",
    );
    wrong(
        &SIEM.replace("https://rx.example/logout", "http://rx.example/logout"),
        "8:5: clients.rx.backchannel_logout_uri: plain http",
    );
    let moved = SIEM
        .replace("client: rx", "client: tx")
        .replace("streams:", &format!("{}streams:", client("tx")));
    wrong(
        &moved,
        "18:5: streams.siem.client: the client of a stream cannot be changed: give the stream \
         another name",
    );
}

/// Another client for the end of the section.
fn client(id: &str) -> String {
    format!(
        "  {id}:\n    name: Other\n    party: first\n    auth_method: client_secret_basic\n    \
         secrets: [env:TX]\n    grant_types: [client_credentials]\n"
    )
}

#[test]
fn the_api_of_receivers_is_opened_by_its_name_and_never_removed() {
    let mut world = World::with(SIEM);
    let text = format!(
        "{SIEM}apis:\n  ssf:\n    ceilings: [{{ client: rx, subject: client, scopes: [ssf.read] }}]\n"
    );
    let plan = world.apply(&text);
    assert_eq!(
        lines(&plan),
        [
            "~ API ssf",
            "    + ceiling of client rx for itself: [\"ssf.read\"]",
        ]
    );
    assert_eq!(world.running.apis["ssf"].ceilings.len(), 1);
    assert!(world.plan(&text).is_empty());
    world.apply(SIEM);
    assert!(world.running.apis["ssf"].ceilings.is_empty());
    let disabled = format!("{SIEM}apis: {{ ssf: {{ enabled: false }} }}\n");
    wrong(
        &disabled,
        "17:9: apis.ssf: this API is built in and cannot be changed",
    );
}
