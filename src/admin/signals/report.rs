//! `POST /signals`: an event in the log like any other; the streams that hear of the person are told.

use domain::refusal::Refusal;
use domain::signal::Reported;
use domain::value::{SignalId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared_signals::{Event, EventType, Specification, Subject};
use utoipa::ToSchema;

use crate::admin::answer::Accepted;
use crate::admin::input::Body;
use crate::admin::operation::{Call, Operation, post};
use crate::admin_api::SIGNALS;
use crate::command::signals::ReportSignal;
use crate::error::ApiError;
use crate::oauth::bearer::Caller;
use crate::ssf::{subjects, table};

/// The most bytes of a subject or an event.
const LARGEST: usize = 8 * 1024;

pub(super) fn operation() -> Operation {
    post(
        "/signals",
        SIGNALS,
        "report_signal",
        "Reports what is known of a person from elsewhere; each type of event has a scope of its own",
    )
    .by(handler)
}

/// A signal to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSignal {
    /// The event type: its URI, or the last part of that.
    #[schema(example = "device-compliance-change")]
    r#type: String,
    /// Whom it is about (RFC 9493): an `iss_sub` of this issuer, a verified `email`, or a `complex` subject
    /// with such a `user` and, for example, a `device`.
    #[schema(value_type = Object)]
    subject: Subject,
    /// The members of the event, as its specification has them.
    #[serde(default)]
    event: Map<String, Value>,
}

/// A signal that is in the log.
#[derive(Serialize, ToSchema)]
struct Signal {
    id: SignalId,
}

async fn handler(call: Call, Body(new): Body<NewSignal>) -> Result<Accepted<Signal>, ApiError> {
    let known = reported_type(&new.r#type)?;
    call.must_have(&format!("signals.{}", known.name))?;
    let whose = subjects::user(&call, &new.subject).await?;
    let user = whose.ok_or(Refusal::NotFound("user"))?;
    let event = complete(known, new.event, call.now(), call.caller())?;
    let id = SignalId::new(call.new_id());
    call.execute(&ReportSignal {
        id,
        user,
        uri: known.uri.to_owned(),
        reported: Reported {
            subject: besides(&new.subject)?,
            event,
        },
    })
    .await?;
    Ok(Accepted(Signal { id }))
}

/// An event type that may be reported, by URI or name.
fn reported_type(name: &str) -> Result<&'static EventType, Refusal> {
    let mut types = EventType::ALL.into_iter().flatten();
    let known = types.find(|known| known.uri == name || known.name == name);
    known
        .filter(|known| table::is_reported(known.uri))
        .ok_or_else(|| {
            let names = SIGNALS
                .iter()
                .map(|scope| scope.trim_start_matches("signals."));
            let names = names.collect::<Vec<_>>().join(", ");
            Refusal::Invalid(format!("type: what can be reported is {names}"))
        })
}

/// The members of the subject besides the user.
fn besides(subject: &Subject) -> Result<Map<String, Value>, Refusal> {
    let Subject::Complex(complex) = subject else {
        return Ok(Map::new());
    };
    let others = complex.members().filter(|(name, _)| *name != "user");
    let others = others
        .map(|(name, member)| (name.to_owned(), json!(member)))
        .collect();
    small("subject", others)
}

/// The event with what receivers need and a reporter may leave out: when, who says it, and why.
fn complete(
    known: &EventType,
    mut event: Map<String, Value>,
    now: Timestamp,
    by: &Caller,
) -> Result<Map<String, Value>, Refusal> {
    event.retain(|_, value| !says_nothing(value));
    let has_reasons =
        known.specification == Specification::Caep || known.name == "credential-compromise";
    if has_reasons {
        let mut unless_said = |name: &str, value| {
            event.entry(name).or_insert(value);
        };
        unless_said("event_timestamp", now.seconds().into());
        unless_said(
            "reason_admin",
            json!({"en": format!("Reported by {}", by.client)}),
        );
    }
    if known.specification == Specification::Caep {
        let party = if by.user.is_some() { "admin" } else { "system" };
        event
            .entry("initiating_entity")
            .or_insert_with(|| party.into());
    }
    let event = small("event", event)?;
    match problem(known, &event) {
        None => Ok(event),
        Some(problem) => Err(Refusal::Invalid(match culprit(known, &event, &problem) {
            Some(member) => format!("event.{member}: {problem}"),
            None => format!("event: {problem}"),
        })),
    }
}

/// Why members make no event of this type.
fn problem(known: &EventType, event: &Map<String, Value>) -> Option<String> {
    let parsed = Event::parse(known.uri, event.clone());
    parsed.err().map(|error| error.to_string())
}

/// The member that is wrong: without it, the problem is another, or none.
fn culprit<'e>(
    known: &EventType,
    event: &'e Map<String, Value>,
    problem_with: &str,
) -> Option<&'e String> {
    event.keys().find(|member| {
        let mut others = event.clone();
        others.remove(*member);
        problem(known, &others).as_deref() != Some(problem_with)
    })
}

/// Whether a member says nothing: it is null, or texts without words.
fn says_nothing(value: &Value) -> bool {
    let has_words = |texts: &Map<String, Value>| texts.values().any(|text| text != "");
    value.is_null() || value.as_object().is_some_and(|texts| !has_words(texts))
}

fn small(what: &str, members: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    if json!(members).to_string().len() > LARGEST {
        let words = format!("{what}: at most {LARGEST} bytes");
        return Err(Refusal::Invalid(words));
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use domain::value::{ClientId, ScopeSet};

    use super::*;

    fn caller() -> Caller {
        Caller {
            client: ClientId::parse("mdm").unwrap(),
            user: None,
            scopes: ScopeSet::EMPTY,
            metadata: String::new(),
        }
    }

    fn completed(name: &str, event: &Value) -> Result<Value, Refusal> {
        let known = reported_type(name)?;
        let event = event.as_object().unwrap().clone();
        let now = Timestamp::from_micros(1_700_000_000_500_000);
        complete(known, event, now, &caller()).map(Value::Object)
    }

    #[test]
    fn what_is_left_out_is_added_and_what_is_said_stays() {
        let levels = json!({"previous_status": "compliant", "current_status": "not-compliant"});
        let mut expected = levels.clone();
        expected["event_timestamp"] = 1_700_000_000.into();
        expected["initiating_entity"] = "system".into();
        expected["reason_admin"] = json!({"en": "Reported by mdm"});
        assert_eq!(completed("device-compliance-change", &levels), Ok(expected));
        let said = json!({
            "credential_type": "password", "event_timestamp": 1,
            "reason_admin": {"de": "Gefunden"},
        });
        assert_eq!(completed("credential-compromise", &said), Ok(said));
        assert_eq!(completed("recovery-activated", &json!({})), Ok(json!({})));
    }

    #[test]
    fn only_what_can_be_reported_is_taken() {
        let uri = "https://schemas.openid.net/secevent/caep/event-type/risk-level-change";
        assert_eq!(reported_type(uri).unwrap().name, "risk-level-change");
        for name in [
            "session-revoked",
            "account-disabled",
            "verification",
            "",
            "nothing",
        ] {
            let words = reported_type(name).unwrap_err().to_string();
            assert!(words.contains("device-compliance-change"), "{words}");
        }
    }

    #[test]
    fn a_malformed_or_large_event_is_refused() {
        for (event, begins, ends) in [
            (json!({}), "event: ", "missing field `credential_type`"),
            (
                json!({"credential_type": 7}),
                "event.credential_type: ",
                "expected a string",
            ),
            (
                json!({"credential_type": "password", "event_timestamp": [1]}),
                "event.event_timestamp: ",
                "expected a JSON number",
            ),
        ] {
            let words = completed("credential-compromise", &event)
                .unwrap_err()
                .to_string();
            assert!(
                words.starts_with(begins) && words.ends_with(ends),
                "{words}"
            );
        }
        let large = json!({"credential_type": "password", "x": "x".repeat(LARGEST)});
        let words = completed("credential-compromise", &large).unwrap_err();
        assert_eq!(words.to_string(), "event: at most 8192 bytes");
    }

    #[test]
    fn the_scopes_are_those_of_the_api() {
        let scopes = crate::admin_api::SCOPES.iter().map(|(scope, _)| *scope);
        let scopes: Vec<_> = scopes
            .filter(|scope| scope.starts_with("signals."))
            .collect();
        assert_eq!(scopes, SIGNALS);
    }
}
