//! Clients and their secrets.

use domain::api::{self, Holder, SubjectKind};
use domain::client::{self, Client};
use domain::value::{ClientId, RuleId};
use serde_json::{Map, Value};

use super::{Ending, Work, overlay, read_back, settings};
use crate::command::clients::{forget_secret, keep_secret};
use crate::realm::document::Field;
use crate::realm::merge::{Action, Step};
use crate::realm::running::json;
use crate::realm::secret::{from_text, to_text};

pub(super) fn remove(work: &mut Work<'_>, step: &Step) {
    if step.action != Action::Remove {
        return;
    }
    let after = &mut work.decided.after;
    let Some(client) = after.clients.remove(&step.object.name) else {
        return;
    };
    // A client that is registered under this id later inherits nothing.
    for api in after.apis.values_mut() {
        for subject in [SubjectKind::User, SubjectKind::Client] {
            let holder = Holder::Client(client.id.clone());
            if let Ok(changes) = api::disallow_client(api, holder.clone(), subject) {
                work.decided.changes.extend(changes);
                api.ceilings.remove(&(holder, subject));
            }
        }
    }
    after.streams.retain(|_, stream| stream.client != client.id);
    work.decided.endings.push(Ending::Client(client.id));
}

pub(super) fn set(work: &mut Work<'_>, step: &Step) {
    if step.action == Action::Remove {
        return;
    }
    let (object, name) = (&step.object, &step.object.name);
    let before = work.decided.after.clients.get(name).cloned();
    let mut map = match before.as_ref().map(|client| json(&client.settings)) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    for (setting, value) in settings(step) {
        overlay(&mut map, setting, value.clone());
    }
    let settings: client::ClientSettings = match read_back(map) {
        Ok(settings) => settings,
        Err(message) => return work.refuse(object, None, message),
    };
    let logout = Field::setting("backchannel_logout_uri");
    if step.fields.iter().any(|change| change.field == logout)
        && let Some(url) = &settings.backchannel_logout_uri
        && let Err(message) = work.outside.check_endpoint(url)
    {
        return work.refuse(object, Some(&logout), message);
    }
    let mut client = if let Some(client) = before {
        if !work.take(object, None, client::update(&client, settings.clone())) {
            return;
        }
        Client { settings, ..client }
    } else {
        let id = match ClientId::parse(name) {
            Ok(id) => id,
            Err(error) => return work.refuse(object, None, error.to_string()),
        };
        if !work.take(object, None, client::create(id.clone(), settings.clone())) {
            return;
        }
        Client {
            id,
            settings,
            secrets: Vec::new(),
        }
    };
    secrets(work, step, &mut client);
    work.decided.after.clients.insert(name.clone(), client);
}

/// Old secrets go before new ones come: there are never more than two.
fn secrets(work: &mut Work<'_>, step: &Step, client: &mut Client) {
    for change in step.fields.iter().filter(|change| change.to.is_none()) {
        let Field::Secret(hash) = &change.field else {
            continue;
        };
        let hashes = &work.decided.after.secrets;
        let is_it = |id: &&RuleId| hashes.get(*id).is_some_and(|found| to_text(found) == *hash);
        let Some(id) = client.secrets.iter().find(is_it).copied() else {
            continue;
        };
        if work.take(
            &step.object,
            Some(&change.field),
            client::remove_secret(client, id),
        ) {
            client.secrets.retain(|other| *other != id);
            work.decided.after.secrets.remove(&id);
            work.decided.rows.push(forget_secret(id));
        }
    }
    for change in step.fields.iter().filter(|change| change.to.is_some()) {
        let Field::Secret(hash) = &change.field else {
            continue;
        };
        let Some(hash) = from_text(hash) else {
            continue;
        };
        let id = RuleId::new(work.outside.new_id());
        if work.take(
            &step.object,
            Some(&change.field),
            client::add_secret(client, id),
        ) {
            client.secrets.push(id);
            work.decided.after.secrets.insert(id, hash);
            work.decided.rows.push(keep_secret(id, &hash));
        }
    }
}
