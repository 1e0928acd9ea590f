//! Streams of Shared Signals and the headers of their pushes.

use domain::stream::{self, StatusSetter, Stream, StreamSettings, StreamStatus};
use domain::value::{ClientId, StreamId};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Work, makes, overlay, read_back, settings};
use crate::command::streams::{self, NewAuthorization};
use crate::delivery::queue;
use crate::realm::document::{AUTHORIZATION, CLIENT, Field};
use crate::realm::merge::{Action, Step};
use crate::realm::running::json;

/// The setting that says whether events are sent.
const STATUS: &str = "status";

pub(super) fn remove(work: &mut Work<'_>, step: &Step) {
    if step.action != Action::Remove {
        return;
    }
    // With its client the stream is gone already.
    let Some(stream) = work.decided.after.streams.remove(&step.object.name) else {
        return;
    };
    work.decided.after.headers.remove(&stream.id);
    work.decided.changes.extend(stream::delete(&stream));
    work.decided.rows.extend(streams::end(stream.id));
    wake(work, stream.id);
}

pub(super) fn set(work: &mut Work<'_>, step: &Step) {
    if step.action == Action::Remove {
        return;
    }
    let (object, name) = (&step.object, &step.object.name);
    let before = work.decided.after.streams.get(name).cloned();
    // One that goes with its client is told where references are checked.
    if before.is_none() && !makes(step) {
        return;
    }
    let settings = match new_settings(step, before.as_ref()) {
        Ok(settings) => settings,
        Err(message) => return work.refuse(object, None, message),
    };
    let delivery = Field::setting("delivery");
    if step.fields.iter().any(|change| change.field == delivery)
        && let Err(message) = work.outside.check_delivery(&settings.delivery)
    {
        return work.refuse(object, Some(&delivery), message);
    }
    let stream = match before {
        Some(stream) => update(work, step, stream, settings),
        None => create(work, step, settings),
    };
    let Some(stream) = stream.and_then(|stream| status(work, step, stream)) else {
        return;
    };
    wake(work, stream.id);
    keep_hash(work, step, &stream);
    work.decided.after.streams.insert(name.clone(), stream);
}

fn new_settings(step: &Step, before: Option<&Stream>) -> Result<StreamSettings, String> {
    let mut map = match before.map(|stream| json(&stream.settings)) {
        Some(Value::Object(map)) => map,
        _ => Map::from_iter([("name".to_owned(), step.object.name.as_str().into())]),
    };
    for (setting, value) in settings(step) {
        if ![CLIENT, STATUS, AUTHORIZATION].contains(&setting) {
            overlay(&mut map, setting, value.clone());
        }
    }
    read_back(map)
}

fn create(work: &mut Work<'_>, step: &Step, settings: StreamSettings) -> Option<Stream> {
    let object = &step.object;
    let Some(client) = setting::<ClientId>(step, CLIENT) else {
        work.refuse(object, None, format!("this needs {CLIENT:?}"));
        return None;
    };
    let id = StreamId::new(work.outside.new_id());
    let header = work.file.headers.get(&object.name);
    let sealed = header.map(|header| work.outside.seal(id, header));
    let has_authorization = sealed.is_some();
    // How many a client has is the operator's to decide.
    let most = usize::MAX;
    let decision = stream::create(
        id,
        client.clone(),
        settings.clone(),
        has_authorization,
        0,
        most,
    );
    if !work.take(object, None, decision) {
        return None;
    }
    let rows = streams::begin(id, &settings, sealed.as_deref(), work.now);
    work.decided.rows.extend(rows);
    Some(Stream {
        id,
        client,
        settings,
        has_authorization,
        status: StreamStatus::Enabled,
        reason: None,
        stopped_by_operator: false,
    })
}

fn update(
    work: &mut Work<'_>,
    step: &Step,
    before: Stream,
    settings: StreamSettings,
) -> Option<Stream> {
    let object = &step.object;
    let client = Field::setting(CLIENT);
    if step.fields.iter().any(|change| change.field == client) {
        let message = "the client of a stream cannot be changed: give the stream another name";
        work.refuse(object, Some(&client), message.to_owned());
        return None;
    }
    let authorization = authorization(work, step, &before, &settings);
    let decision = stream::update(&before, settings.clone(), authorization.decided());
    let is_edited = decision.as_ref().is_ok_and(|changes| !changes.is_empty());
    if !work.take(object, None, decision) {
        return None;
    }
    let (stream, rows) = streams::edit(before, settings, &authorization);
    if is_edited {
        work.decided.rows.extend(rows);
    }
    Some(stream)
}

/// What becomes of the header. A file that names it gives it anew where the endpoint moves.
fn authorization(
    work: &Work<'_>,
    step: &Step,
    before: &Stream,
    settings: &StreamSettings,
) -> NewAuthorization {
    let field = Field::setting(AUTHORIZATION);
    let is_changed = step.fields.iter().any(|change| change.field == field);
    let moves = before.settings.delivery.origin() != settings.delivery.origin();
    match work.file.headers.get(&step.object.name) {
        Some(header) if is_changed || moves => {
            NewAuthorization::Set(work.outside.seal(before.id, header))
        }
        None if is_changed => NewAuthorization::Remove,
        _ => NewAuthorization::Keep,
    }
}

fn status(work: &mut Work<'_>, step: &Step, stream: Stream) -> Option<Stream> {
    let status = setting(step, STATUS).filter(|status| *status != stream.status);
    let Some(status) = status else {
        return Some(stream);
    };
    let by = StatusSetter::Operator;
    let decision = stream::set_status(&stream, status, None, by);
    if !work.take(&step.object, Some(&Field::setting(STATUS)), decision) {
        return None;
    }
    let (stream, rows) = streams::set_status(stream, status, None, by, work.now);
    work.decided.rows.extend(rows);
    Some(stream)
}

/// The SHA-256 of the header that there is now.
fn keep_hash(work: &mut Work<'_>, step: &Step, stream: &Stream) {
    let headers = &mut work.decided.after.headers;
    if !stream.has_authorization {
        headers.remove(&stream.id);
    } else if let Some(hash) = setting(step, AUTHORIZATION) {
        headers.insert(stream.id, hash);
    }
}

fn setting<T: DeserializeOwned>(step: &Step, name: &str) -> Option<T> {
    let (_, value) = settings(step).find(|(known, _)| *known == name)?;
    serde_json::from_value(value.clone()).ok()
}

/// Whoever sends or fetches looks again.
fn wake(work: &mut Work<'_>, stream: StreamId) {
    let target = streams::target(stream);
    work.decided.wake.extend(queue::topics([target.as_str()]));
}
