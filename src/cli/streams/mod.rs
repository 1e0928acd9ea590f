//! `chancery streams`: signal streams, by the same functions as the admin API.

mod order;
mod text;

use std::path::Path;

use clap::{Args, Subcommand};
use domain::stream::StreamStatus;
use serde_json::{Map, Value, json};
use shared_signals::EventType;

pub(super) use self::order::Order;
use crate::admin::streams::AUTHORIZATION;
use crate::command::deliveries::Fate;
use crate::delivery::letters::State;
use crate::realm::{Machine, Resolver as _, Source};

/// A stream is named by its id or by what operators call it.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List streams and how they fare.
    List {
        /// Only those of this client.
        #[arg(long)]
        client: Option<String>,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Show a stream and how it fares, as JSON.
    Show {
        /// The stream.
        stream: String,
    },
    /// Make a stream for a client.
    Create {
        /// The client that receives it.
        client: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Change settings of a stream.
    Update {
        /// The stream.
        stream: String,
        #[command(flatten)]
        settings: Settings,
        /// Send no `Authorization` header any more.
        #[arg(long, conflicts_with = "authorization")]
        no_authorization: bool,
    },
    /// Send what was held and what comes.
    Enable {
        /// The stream.
        stream: String,
    },
    /// Hold what comes, in order.
    Pause {
        /// The stream.
        stream: String,
        /// Why, for the receiver.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Drop what waits and what comes.
    Disable {
        /// The stream.
        stream: String,
        /// Why, for the receiver.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Send a verification event.
    Verify {
        /// The stream.
        stream: String,
    },
    /// List the users whom a stream was told to hear of, or no more.
    Subjects {
        /// The stream.
        stream: String,
    },
    /// Have a stream hear of a user.
    Include {
        /// The stream.
        stream: String,
        /// The user, by id or username.
        user: String,
    },
    /// Have a stream hear of a user no more.
    Exclude {
        /// The stream.
        stream: String,
        /// The user, by id or username.
        user: String,
    },
    /// List what was given up, waits or was sent.
    Deliveries {
        /// The stream.
        stream: String,
        /// `dead`, `pending_new`, `pending_failed` or `sent`.
        #[arg(long, default_value = "dead", value_parser = state)]
        state: State,
        /// How many at the most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// For machines, with the claims of what was not sent yet.
        #[arg(long)]
        json: bool,
    },
    /// Send again what was given up.
    Replay {
        /// The stream.
        stream: String,
        /// The delivery; all that were given up if it is left out.
        delivery: Option<String>,
    },
    /// Drop what was given up.
    Drop {
        /// The stream.
        stream: String,
        /// The delivery; all that were given up if it is left out.
        delivery: Option<String>,
    },
    /// Delete a stream with what waits in it.
    Delete {
        /// The stream.
        stream: String,
    },
}

/// What can be set about a stream.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Push events to this endpoint.
    #[arg(long, value_name = "URL", conflicts_with = "poll")]
    push: Option<String>,
    /// Let the receiver fetch events.
    #[arg(long)]
    poll: bool,
    /// The `Authorization` header of each push, as env:NAME or file:PATH.
    #[arg(long, value_name = "SOURCE")]
    authorization: Option<String>,
    /// What operators call it.
    #[arg(long)]
    name: Option<String>,
    /// An event to hear of: its URI, or the last part of that. Give it once for each.
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    /// Any settings, named as in the admin API: a JSON object.
    #[arg(long = "settings", value_name = "JSON")]
    any: Option<String>,
}

impl Command {
    /// What a server is told to do.
    pub(super) fn order(self) -> anyhow::Result<Order> {
        let status = |stream, status, reason| Order::SetStatus {
            stream,
            status,
            reason,
        };
        Ok(match self {
            Self::List { client, json } => Order::List { client, json },
            Self::Show { stream } => Order::Show { stream },
            Self::Create { client, settings } => {
                let mut members = settings.members()?;
                members.insert("client".into(), client.into());
                Order::Create { members }
            }
            Self::Update {
                stream,
                settings,
                no_authorization,
            } => {
                let mut changes = settings.members()?;
                if no_authorization {
                    changes.insert(AUTHORIZATION.into(), Value::Null);
                }
                Order::Update { stream, changes }
            }
            Self::Enable { stream } => status(stream, StreamStatus::Enabled, None),
            Self::Pause { stream, reason } => status(stream, StreamStatus::Paused, reason),
            Self::Disable { stream, reason } => status(stream, StreamStatus::Disabled, reason),
            Self::Verify { stream } => Order::Verify { stream },
            Self::Subjects { stream } => Order::Subjects { stream },
            Self::Include { stream, user } => Order::SetSubject {
                stream,
                user,
                included: true,
            },
            Self::Exclude { stream, user } => Order::SetSubject {
                stream,
                user,
                included: false,
            },
            Self::Deliveries {
                stream,
                state,
                limit,
                json,
            } => Order::Deliveries {
                stream,
                state,
                limit,
                json,
            },
            Self::Replay { stream, delivery } => Order::Settle {
                stream,
                delivery,
                fate: Fate::Replayed,
            },
            Self::Drop { stream, delivery } => Order::Settle {
                stream,
                delivery,
                fate: Fate::Dropped,
            },
            Self::Delete { stream } => Order::Delete { stream },
        })
    }
}

impl Settings {
    /// The members of the admin API's document that they stand for.
    fn members(self) -> anyhow::Result<Map<String, Value>> {
        let mut members: Map<String, Value> = match self.any {
            Some(text) => serde_json::from_str(&text)
                .map_err(|error| anyhow::anyhow!("--settings: {error}"))?,
            None => Map::new(),
        };
        let mut put = |name: &str, value: Value| members.insert(name.into(), value);
        if let Some(url) = self.push {
            put("delivery", json!({"method": "push", "endpoint_url": url}));
        }
        if self.poll {
            put("delivery", json!({"method": "poll"}));
        }
        if let Some(source) = self.authorization {
            put(AUTHORIZATION, secret(&source)?.into());
        }
        if let Some(name) = self.name {
            put("name", name.into());
        }
        if !self.events.is_empty() {
            let uris = self.events.into_iter().map(uri);
            put("events_requested", uris.collect());
        }
        Ok(members)
    }
}

/// Reads a secret of the machine that the command is given on.
fn secret(source: &str) -> anyhow::Result<String> {
    let machine = Machine::beside(Path::new("."));
    let found = Source::parse(source).and_then(|source| machine.resolve(&source));
    found
        .map(|secret| secret.as_str().to_owned())
        .map_err(|error| anyhow::anyhow!("--authorization: {error}"))
}

/// An event's URI, where it goes by the last part of it.
fn uri(name: String) -> String {
    let mut types = EventType::ALL.into_iter().flatten();
    types
        .find(|known| known.name == name)
        .map_or(name, |known| known.uri.to_owned())
}

fn state(name: &str) -> Result<State, String> {
    State::parse(name).ok_or_else(|| {
        let names = State::ALL.map(State::as_str);
        format!("one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: Command,
    }

    fn order(line: &str) -> anyhow::Result<Order> {
        let words = std::iter::once("streams").chain(line.split(' '));
        Line::try_parse_from(words)?.command.order()
    }

    #[test]
    fn options_stand_for_members() {
        let line = "create mdm --push https://receiver.example/ --event session-revoked --event urn:x \
                    --settings {\"format\":\"email\",\"name\":\"a\"} --name audit";
        let Ok(Order::Create { members }) = order(line) else {
            panic!("no order to create");
        };
        let expected = json!({
            "client": "mdm",
            "name": "audit",
            "format": "email",
            "delivery": {"method": "push", "endpoint_url": "https://receiver.example/"},
            "events_requested": [
                "https://schemas.openid.net/secevent/caep/event-type/session-revoked", "urn:x",
            ],
        });
        assert_eq!(Value::Object(members), expected);
    }

    #[test]
    fn a_header_goes_by_where_it_is_and_can_be_taken_away() {
        let refused = order("update audit --authorization Bearer").err().unwrap();
        assert!(!refused.to_string().contains("Bearer"), "{refused}");
        let Ok(Order::Update { changes, .. }) = order("update audit --no-authorization") else {
            panic!("no order to update");
        };
        assert_eq!(Value::Object(changes), json!({AUTHORIZATION: null}));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for line in [
            "create mdm --push https://receiver.example/ --poll",
            "update audit --no-authorization --authorization env:X",
            "update audit --settings []",
            "deliveries audit --state gone",
            "deliveries audit --limit 0",
        ] {
            assert!(order(line).is_err(), "{line}");
        }
    }
}
