//! What becomes what: one line for each event type there is. The metadata, `events_supported` and
//! docs/signals.md come from here.

use std::fmt::Write as _;

use shared_signals::event::{Caep, Risc, Ssf};
use shared_signals::{EventType, Specification};

/// Where an event type of ours comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From events of the log: kind, and when.
    Log(&'static [(&'static str, &'static str)]),
    /// From a signal that somebody outside reported, by `POST /api/v1/signals`.
    Reported,
    /// From the log, and from outside as well.
    Both(&'static [(&'static str, &'static str)]),
    /// From the stream itself; a receiver need not ask for it.
    Stream(&'static str),
    /// From nothing yet: what would cause it.
    Nothing(&'static str),
}

/// One event type and its origin.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Its name, the last part of its URI.
    pub name: &'static str,
    /// Where it comes from.
    pub origin: Origin,
}

const fn line(name: &'static str, origin: Origin) -> Line {
    Line { name, origin }
}

/// Every event type that the library knows, in its order; a test compares.
pub const TABLE: &[Line] = &[
    line(
        "verification",
        Origin::Stream("a receiver or an operator asks for it"),
    ),
    line(
        "stream-updated",
        Origin::Stream("an operator or the server changed the stream's status"),
    ),
    line(
        "session-revoked",
        Origin::Log(&[(
            "session.ended",
            "by the person, an operator or a policy; by expiry only where the stream asks for it",
        )]),
    ),
    line(
        "token-claims-change",
        Origin::Log(&[
            ("user.updated", CLAIMS),
            ("group.member_added", CLAIMS),
            ("group.member_removed", CLAIMS),
            ("group.nested", CLAIMS),
            ("group.unnested", CLAIMS),
            ("group.renamed", CLAIMS),
            ("group.deleted", CLAIMS),
        ]),
    ),
    line(
        "credential-change",
        Origin::Log(&[
            ("user.password_set", "`create` for the first, else `update`"),
            ("user.password_removed", "`delete`"),
        ]),
    ),
    line("assurance-level-change", Origin::Reported),
    line("device-compliance-change", Origin::Reported),
    line(
        "session-established",
        Origin::Log(&[("session.started", "somebody signed in")]),
    ),
    line("session-presented", Origin::Reported),
    line(
        "risk-level-change",
        Origin::Both(&[(
            "grant.revoked",
            "because a refresh token or a code was used twice: `HIGH`",
        )]),
    ),
    line(
        "account-credential-change-required",
        Origin::Log(&[
            ("user.password_change_required", "always"),
            (
                "user.password_set",
                "where it must be changed at the next sign-in",
            ),
        ]),
    ),
    line(
        "account-purged",
        Origin::Log(&[
            ("user.deleted", "the account is gone"),
            (
                "user.erased",
                "the person is to be forgotten: said once more",
            ),
        ]),
    ),
    line(
        "account-disabled",
        Origin::Log(&[("user.disabled", "`hijacked` where an operator said so")]),
    ),
    line(
        "account-enabled",
        Origin::Log(&[("user.enabled", "always")]),
    ),
    line(
        "identifier-changed",
        Origin::Log(&[(
            "user.updated",
            "the e-mail address or phone number is another; the subject is the former one, if it was verified",
        )]),
    ),
    line(
        "identifier-recycled",
        Origin::Nothing("an address given to somebody else is not noticed"),
    ),
    line("credential-compromise", Origin::Reported),
    line("opt-in", Origin::Nothing(OPT)),
    line("opt-out-initiated", Origin::Nothing(OPT)),
    line("opt-out-cancelled", Origin::Nothing(OPT)),
    line("opt-out-effective", Origin::Nothing(OPT)),
    line("recovery-activated", Origin::Reported),
    line("recovery-information-changed", Origin::Reported),
    line(
        "sessions-revoked",
        Origin::Nothing("deprecated: session-revoked takes its place"),
    ),
];

const CLAIMS: &str = "claims that the stream's client may see are others, of a user with a live grant there; changes \
     close together are told as one";
const OPT: &str = "people cannot leave the exchange of events one by one";

/// The line of an event type.
pub fn find(uri: &str) -> Option<&'static Line> {
    let known = EventType::find(uri)?;
    TABLE.iter().find(|line| line.name == known.name)
}

/// The URIs that a stream can ask for, in the order of the table.
pub fn supported() -> impl Iterator<Item = &'static str> {
    types().filter_map(|known| {
        let line = TABLE.iter().find(|line| line.name == known.name)?;
        match line.origin {
            Origin::Log(_) | Origin::Reported | Origin::Both(_) => Some(known.uri),
            Origin::Stream(_) | Origin::Nothing(_) => None,
        }
    })
}

/// Of the events that a stream asks for those that it gets, each once.
pub fn delivered(requested: &[String]) -> Vec<&'static str> {
    supported()
        .filter(|uri| requested.iter().any(|asked| asked == uri))
        .collect()
}

/// Whether an event of the log can mean something to receivers.
pub fn concerns(kind: &str) -> bool {
    let causes = TABLE.iter().flat_map(|line| match line.origin {
        Origin::Log(causes) | Origin::Both(causes) => causes,
        _ => &[],
    });
    ["stream.status_changed", "signal.reported"].contains(&kind)
        || causes.into_iter().any(|(cause, _)| *cause == kind)
}

/// Whether somebody outside may report this event type.
pub fn is_reported(uri: &str) -> bool {
    find(uri).is_some_and(|line| matches!(line.origin, Origin::Reported | Origin::Both(_)))
}

fn types() -> impl Iterator<Item = &'static EventType> {
    [Ssf::TYPES, Caep::TYPES, Risc::TYPES].into_iter().flatten()
}

/// The table as docs/signals.md has it.
pub fn markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    for known in types() {
        let Some(line) = TABLE.iter().find(|line| line.name == known.name) else {
            continue;
        };
        let causes = |causes: &[(&str, &str)]| {
            let causes: Vec<_> = causes
                .iter()
                .map(|(kind, when)| format!("`{kind}`: {when}"))
                .collect();
            causes.join("<br>")
        };
        let reported = format!(
            "reported by a client with the scope `signals.{}`",
            line.name
        );
        let (sent, origin) = match line.origin {
            Origin::Log(log) => ("yes", causes(log)),
            Origin::Reported => ("yes", reported),
            Origin::Both(log) => ("yes", format!("{}<br>{reported}", causes(log))),
            Origin::Stream(when) => ("unasked", when.to_owned()),
            Origin::Nothing(why) => ("no", why.to_owned()),
        };
        let specification = match known.specification {
            Specification::Ssf => "SSF",
            Specification::Caep => "CAEP",
            Specification::Risc => "RISC",
        };
        let _ = writeln!(
            text,
            "| {specification} `{}` | {sent} | {origin} |",
            line.name
        );
    }
    text
}

const INTRODUCTION: &str = "\
# What becomes a signal

This page is made from the table in `src/ssf/table.rs`; a test compares them. The events on the right are
those of [events.md](events.md). *Sent* says whether a stream can ask for it: only these are in
`events_supported`.

Claims that have no value any more are told as `null`. All tokens of one cause carry the same `txn`, and every
CAEP event says in `initiating_entity` who brought it about and in `reason_admin` why.

| event | sent | from |
|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/signals.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, markdown()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == markdown(),
            "UPDATE=1 cargo test --lib the_page_is_the_table"
        );
    }

    #[test]
    fn every_event_type_has_its_line() {
        let named: Vec<_> = TABLE.iter().map(|line| line.name).collect();
        let known: Vec<_> = types().map(|known| known.name).collect();
        assert_eq!(named, known);
    }

    #[test]
    fn every_cause_is_an_event_of_the_log() {
        let kinds: Vec<_> = domain::event::CATALOGUE
            .iter()
            .map(|entry| entry.kind)
            .collect();
        for line in TABLE {
            if let Origin::Log(causes) | Origin::Both(causes) = line.origin {
                for (kind, _) in causes {
                    assert!(kinds.contains(kind), "{kind}");
                }
            }
        }
    }

    #[test]
    fn whoever_may_report_an_event_has_a_scope_for_it() {
        let scopes: Vec<_> = crate::admin_api::SCOPES
            .iter()
            .filter_map(|(scope, _)| scope.strip_prefix("signals."))
            .collect();
        let reported: Vec<_> = types()
            .filter(|known| is_reported(known.uri))
            .map(|known| known.name)
            .collect();
        for name in &reported {
            assert!(scopes.contains(name), "{name}");
        }
        assert_eq!(scopes.len(), reported.len());
    }
}
