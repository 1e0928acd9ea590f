//! APIs: settings, scopes, client grants, rules, introspection credentials.

use std::collections::BTreeMap;

use domain::api::{self, Api, ApiSettings, Ceiling, Principal, Rule};
use domain::refusal::Refusal;
use domain::value::{ApiId, ResourceUri, RuleId, Scope};
use serde_json::{Map, Value};

use super::{Work, overlay, read_back, settings};
use crate::command::apis::{forget_credential, keep_credential};
use crate::realm::document::{Allowed, CREDENTIAL, Field, GROUPS_CLAIM};
use crate::realm::merge::{Action, Step};
use crate::realm::running::json;
use crate::realm::secret::from_text;

pub(super) fn remove(work: &mut Work<'_>, step: &Step) {
    if step.action != Action::Remove {
        return;
    }
    let Some(api) = work.decided.after.apis.remove(&step.object.name) else {
        return;
    };
    if work.take(&step.object, None, api::delete(&api)) && api.has_credential {
        work.decided.rows.push(forget_credential(api.id));
    }
}

/// Gives up names that another API gets, as users give up addresses.
pub(super) fn make_room(work: &mut Work<'_>, step: &Step) {
    let Some(api) = work.decided.after.apis.get(&step.object.name).cloned() else {
        return;
    };
    let [identifier, aliases] = ["identifier", "aliases"].map(Field::setting);
    let kept = step.fields.iter().find(|change| change.field == aliases);
    let Some(kept) = kept.map(|change| names(change.to.as_ref())) else {
        return;
    };
    let of_others = work
        .file
        .document
        .0
        .iter()
        .filter(|(object, _)| **object != step.object);
    let wanted: Vec<ResourceUri> = of_others
        .flat_map(|(_, fields)| [fields.get(&identifier), fields.get(&aliases)])
        .flat_map(names)
        .collect();
    let mut settings = api.settings.clone();
    settings.aliases.retain(|alias| {
        let is_in = |list: &[ResourceUri]| list.iter().any(|other| other.matches(alias));
        is_in(&kept) || !is_in(&wanted)
    });
    if work.take(
        &step.object,
        Some(&aliases),
        api::update(&api, settings.clone()),
    ) {
        let api = Api { settings, ..api };
        work.decided
            .after
            .apis
            .insert(step.object.name.clone(), api);
    }
}

/// The identifiers in a setting: one, or a list.
fn names(value: Option<&Value>) -> Vec<ResourceUri> {
    let list = value.and_then(Value::as_array).map_or_else(
        || value.into_iter().collect(),
        |list| list.iter().collect::<Vec<_>>(),
    );
    let texts = list.into_iter().filter_map(Value::as_str);
    texts
        .filter_map(|text| ResourceUri::parse(text).ok())
        .collect()
}

pub(super) fn set(work: &mut Work<'_>, step: &Step) {
    if step.action == Action::Remove {
        return;
    }
    let (object, name) = (&step.object, &step.object.name);
    let before = work.decided.after.apis.get(name).cloned();
    let settings = match new_settings(work, step, before.as_ref()) {
        Ok(settings) => settings,
        Err(message) => return work.refuse(object, None, message),
    };
    let mut api = if let Some(api) = before {
        if !work.take(object, None, api::update(&api, settings.clone())) {
            return;
        }
        Api { settings, ..api }
    } else {
        let id = ApiId::new(work.outside.new_id());
        if !work.take(object, None, api::create(id, settings.clone())) {
            return;
        }
        Api {
            id,
            settings,
            scopes: BTreeMap::new(),
            ceilings: BTreeMap::new(),
            rules: Vec::new(),
            has_credential: false,
            built_in: false,
        }
    };
    credential(work, step, &mut api);
    for change in &step.fields {
        if let (Field::Scope(scope), Some(Value::String(words))) = (&change.field, &change.to)
            && work.take(
                object,
                Some(&change.field),
                api::set_scope(&api, scope.clone(), words.clone()),
            )
        {
            api.scopes.insert(scope.clone(), words.clone());
        }
    }
    ceilings(work, step, &mut api);
    rules(work, step, &mut api);
    for change in step.fields.iter().filter(|change| change.to.is_none()) {
        if let Field::Scope(scope) = &change.field
            && work.take(object, None, api::remove_scope(&api, scope))
        {
            api.scopes.remove(scope);
        }
    }
    still_known(work, step, &api);
    work.decided.after.apis.insert(name.clone(), api);
}

fn new_settings(work: &Work<'_>, step: &Step, before: Option<&Api>) -> Result<ApiSettings, String> {
    let mut map = match before.map(|api| json(&api.settings)) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    for (setting, value) in settings(step) {
        let value = match setting {
            CREDENTIAL => continue,
            GROUPS_CLAIM => {
                let groups = &work.decided.after.groups;
                let names = value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str);
                // A name that nobody has is told where references are checked.
                names
                    .filter_map(|name| groups.get(name))
                    .map(|group| json(&group.id))
                    .collect()
            }
            _ => value.clone(),
        };
        overlay(&mut map, setting, value);
    }
    read_back(map)
}

fn credential(work: &mut Work<'_>, step: &Step, api: &mut Api) {
    let Some((_, value)) = settings(step).find(|(name, _)| *name == CREDENTIAL) else {
        return;
    };
    let field = Field::setting(CREDENTIAL);
    match value.as_str().and_then(from_text) {
        Some(hash) => {
            work.decided.changes.extend(api::set_credential(api));
            work.decided.rows.push(keep_credential(api.id, &hash));
            work.decided.after.credentials.insert(api.id, hash);
            api.has_credential = true;
        }
        None if work.take(&step.object, Some(&field), api::remove_credential(api)) => {
            work.decided.rows.push(forget_credential(api.id));
            work.decided.after.credentials.remove(&api.id);
            api.has_credential = false;
        }
        None => {}
    }
}

fn ceilings(work: &mut Work<'_>, step: &Step, api: &mut Api) {
    for change in &step.fields {
        let Field::Ceiling(holder, subject) = &change.field else {
            continue;
        };
        let key = (holder.clone(), *subject);
        let Some(value) = &change.to else {
            // With its client the ceiling is gone already.
            if !api.ceilings.contains_key(&key) {
                continue;
            }
            let decision = api::disallow_client(api, holder.clone(), *subject);
            if work.take(&step.object, None, decision) {
                api.ceilings.remove(&key);
            }
            continue;
        };
        let ceiling = match serde_json::from_value(value.clone()) {
            Ok(scopes) => Ceiling::Scopes(scopes),
            Err(_) => Ceiling::All,
        };
        let decision = api::allow_client(api, holder.clone(), *subject, ceiling.clone());
        if work.take(&step.object, Some(&change.field), decision) {
            api.ceilings.insert(key, ceiling);
        }
    }
}

/// New rules come before old ones go: with the last rule an API would be open to everybody.
fn rules(work: &mut Work<'_>, step: &Step, api: &mut Api) {
    let principal = |work: &Work<'_>, allowed: &Allowed| match allowed {
        Allowed::Group(name) => work
            .decided
            .after
            .groups
            .get(name)
            .map(|group| Principal::Group(group.id)),
        Allowed::User(name) => work
            .decided
            .after
            .users
            .get(name)
            .map(|user| Principal::User(user.id)),
    };
    for change in step.fields.iter().filter(|change| change.to.is_some()) {
        let Field::Rule(scope, allowed) = &change.field else {
            continue;
        };
        let Some(principal) = principal(work, allowed) else {
            continue;
        };
        let id = RuleId::new(work.outside.new_id());
        let decision = api::add_rule(api, id, scope.clone(), principal);
        if work.take(&step.object, Some(&change.field), decision) {
            api.rules.push(Rule {
                id,
                scope: scope.clone(),
                principal,
            });
        }
    }
    for change in step.fields.iter().filter(|change| change.to.is_none()) {
        let Field::Rule(scope, allowed) = &change.field else {
            continue;
        };
        let Some(principal) = principal(work, allowed) else {
            continue;
        };
        let is_it = |rule: &&Rule| rule.scope == *scope && rule.principal == principal;
        let Some(id) = api.rules.iter().find(is_it).map(|rule| rule.id) else {
            continue;
        };
        if work.take(&step.object, None, api::remove_rule(api, id)) {
            api.rules.retain(|rule| rule.id != id);
        }
    }
}

/// A file that names a scope which it takes away is wrong, though nothing about the name changed.
fn still_known(work: &mut Work<'_>, step: &Step, api: &Api) {
    let Some(fields) = work.file.document.0.get(&step.object) else {
        return;
    };
    for (field, value) in fields {
        let named: Vec<Scope> = match field {
            Field::Ceiling(..) => serde_json::from_value(value.clone()).unwrap_or_default(),
            _ => Vec::new(),
        };
        if let Some(scope) = named
            .into_iter()
            .find(|scope| !api.scopes.contains_key(scope))
        {
            let message = Refusal::UnknownScope(scope).to_string();
            work.problems
                .push(work.file.problem(&step.object, Some(field), message));
        }
    }
}
