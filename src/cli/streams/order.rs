//! What is done about streams, by a running server or without one.

use std::fmt::Write as _;

use anyhow::Context as _;
use domain::refusal::Refusal;
use domain::stream::{StatusSetter, StreamStatus};
use domain::value::{ClientId, StreamId, UserId, Username};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::text;
use crate::admin::streams::{self as admin, Delivery, NewStream};
use crate::app::App;
use crate::bootstrap::operator;
use crate::command::deliveries::{Fate, SettleDeadLetter};
use crate::command::streams::{DeleteStream, SetStreamStatus, SetSubject, target};
use crate::delivery::letters::{self, Mark, State};
use crate::execute::{Command, execute};
use crate::{read, ssf};

/// Something to be done about streams.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum Order {
    List {
        client: Option<String>,
        json: bool,
    },
    Show {
        stream: String,
    },
    Create {
        members: Map<String, Value>,
    },
    Update {
        stream: String,
        changes: Map<String, Value>,
    },
    SetStatus {
        stream: String,
        status: StreamStatus,
        reason: Option<String>,
    },
    Verify {
        stream: String,
    },
    Subjects {
        stream: String,
    },
    SetSubject {
        stream: String,
        user: String,
        included: bool,
    },
    Deliveries {
        stream: String,
        state: State,
        limit: u16,
        json: bool,
    },
    Settle {
        stream: String,
        delivery: Option<String>,
        fate: Fate,
    },
    Delete {
        stream: String,
    },
}

impl Order {
    /// Does it, and says what there is to say.
    pub(in crate::cli) async fn run(&self, app: &App) -> anyhow::Result<String> {
        match self {
            Self::List { client, json } => list(app, client.as_deref(), *json).await,
            Self::Show { stream } => show(app, find(app, stream).await?).await,
            Self::Create { members } => {
                let members = Value::Object(members.clone());
                let new: NewStream = serde_path_to_error::deserialize(members)?;
                let id = new.make(app, &operator(app)).await?;
                Ok(format!("{id}\n"))
            }
            Self::Update { stream, changes } => {
                let id = find(app, stream).await?;
                let changes = admin::Changes::of(changes.clone());
                changes.make(app, &operator(app), id).await?;
                show(app, id).await
            }
            Self::SetStatus {
                stream,
                status,
                reason,
            } => {
                let command = SetStreamStatus {
                    id: find(app, stream).await?,
                    of: None,
                    status: *status,
                    reason: reason.clone(),
                    by: StatusSetter::Operator,
                };
                done(app, &command, format!("The stream is {}.", status.as_str())).await
            }
            Self::Verify { stream } => {
                let id = find(app, stream).await?;
                ssf::send_verification(app, &operator(app), id).await?;
                Ok("A verification event is on its way.\n".into())
            }
            Self::Subjects { stream } => subjects(app, find(app, stream).await?).await,
            Self::SetSubject {
                stream,
                user,
                included,
            } => {
                let command = SetSubject {
                    id: find(app, stream).await?,
                    of: None,
                    user: find_user(app, user).await?,
                    included: *included,
                };
                let hears = if *included {
                    "hears"
                } else {
                    "no longer hears"
                };
                done(app, &command, format!("The stream {hears} of {user}.")).await
            }
            Self::Deliveries {
                stream,
                state,
                limit,
                json,
            } => deliveries(app, find(app, stream).await?, *state, *limit, *json).await,
            Self::Settle {
                stream,
                delivery,
                fate,
            } => settle(app, find(app, stream).await?, delivery.as_ref(), *fate).await,
            Self::Delete { stream } => {
                let id = find(app, stream).await?;
                let command = DeleteStream { id, of: None };
                done(app, &command, format!("The stream {id} is gone.")).await
            }
        }
    }
}

async fn done(app: &App, command: &impl Command, words: String) -> anyhow::Result<String> {
    execute(app, command, &operator(app)).await?;
    Ok(words + "\n")
}

/// A stream by its id or name.
async fn find(app: &App, named: &str) -> anyhow::Result<StreamId> {
    if let Ok(id) = StreamId::parse(named)
        && read::streams::get(&app.log, id).await?.is_some()
    {
        return Ok(id);
    }
    let found = read::streams::by_name(&app.log, named).await?;
    found.with_context(|| format!("there is no stream {named:?}: see `chancery streams list`"))
}

/// A user by id or username.
async fn find_user(app: &App, named: &str) -> anyhow::Result<UserId> {
    if let Ok(id) = UserId::parse(named) {
        return Ok(id);
    }
    let username = Username::parse(named)?;
    let found = read::users::by_username(&app.log, &username).await?;
    Ok(found.ok_or(Refusal::NotFound("user"))?)
}

async fn list(app: &App, client: Option<&str>, json: bool) -> anyhow::Result<String> {
    let client = client.map(ClientId::parse).transpose()?;
    let mut found = Vec::new();
    for (stream, _) in read::streams::all(&app.log).await? {
        if client
            .as_ref()
            .is_none_or(|client| stream.client == *client)
        {
            found.extend(admin::with_queue(app, stream).await?);
        }
    }
    if json {
        return Ok(format!("{}\n", serde_json::to_string_pretty(&found)?));
    }
    Ok(text::streams(&found))
}

async fn show(app: &App, id: StreamId) -> anyhow::Result<String> {
    let stream = admin::load(app, id).await;
    let stream = stream.map_err(|_| Refusal::NotFound("stream"))?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&stream)?))
}

async fn subjects(app: &App, id: StreamId) -> anyhow::Result<String> {
    const PAGE: i64 = 500;
    let mut said = String::new();
    let mut after = String::new();
    loop {
        let page = read::streams::subjects(&app.log, id, &after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(said);
        };
        after = last.to_string();
        for (user, included) in page {
            let word = if included { "included" } else { "excluded" };
            let _ = writeln!(said, "{user}  {word}");
        }
    }
}

async fn deliveries(
    app: &App,
    id: StreamId,
    state: State,
    limit: u16,
    json: bool,
) -> anyhow::Result<String> {
    let start = Mark::START;
    let letters = letters::list(&app.log, &target(id), state, &start, limit.into()).await?;
    let found: Vec<_> = letters
        .into_iter()
        .map(|letter| Delivery::new(state, letter, json))
        .collect();
    if json {
        return Ok(format!("{}\n", serde_json::to_string_pretty(&found)?));
    }
    Ok(text::deliveries(&found))
}

async fn settle(
    app: &App,
    stream: StreamId,
    delivery: Option<&String>,
    fate: Fate,
) -> anyhow::Result<String> {
    let settled = match delivery {
        Some(id) => {
            let (target, id) = (target(stream), id.clone());
            let command = SettleDeadLetter { target, id, fate };
            execute(app, &command, &operator(app)).await?;
            1
        }
        None => admin::settle_all(app, &operator(app), stream, fate).await?,
    };
    let what = match fate {
        Fate::Replayed => "sent again",
        Fate::Dropped => "dropped",
    };
    Ok(format!("{settled} {what}.\n"))
}
