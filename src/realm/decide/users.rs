//! Users: created, changed, disabled, given a first password, deleted.

use domain::personal::Details;
use domain::user::{self, DisableReason, User, UserKind};
use domain::value::{Email, UserId, Username};
use serde_json::{Map, Value};

use super::{Ending, Work, makes, overlay, read_back, settings};
use crate::realm::document::{Field, PASSWORD};
use crate::realm::file::File;
use crate::realm::merge::{Action, Step};
use crate::realm::running::json;

pub(super) fn remove(work: &mut Work<'_>, step: &Step) {
    if step.action != Action::Remove {
        return;
    }
    let Some(id) = work
        .decided
        .after
        .users
        .get(&step.object.name)
        .map(|user| user.id)
    else {
        return;
    };
    // All memberships end with the account, also those that no file names.
    work.decided
        .after
        .memberships
        .retain(|(_, member), _| *member != id);
    work.decided.endings.push(Ending::User(id));
}

/// Gives up an address that another user gets. Two who swap theirs would each find it taken.
pub(super) fn make_room(work: &mut Work<'_>, step: &Step) {
    let email = Field::setting("email");
    if !step.fields.iter().any(|change| change.field == email) {
        return;
    }
    let Some(user) = work.decided.after.users.get_mut(&step.object.name) else {
        return;
    };
    let Some(present) = user.details.email.as_ref().map(Email::key) else {
        return;
    };
    let mut others = work.file.document.0.iter();
    let is_wanted = others.any(|(object, fields)| {
        let address = fields.get(&email).and_then(Value::as_str);
        *object != step.object
            && address
                .and_then(|address| Email::parse(address).ok())
                .is_some_and(|address| address.key() == present)
    });
    if is_wanted {
        let details = Details {
            email: None,
            email_verified: false,
            ..user.details.clone()
        };
        let given_up = user::update(user, details.clone());
        work.decided.changes.extend(given_up);
        user.details = details;
    }
}

pub(super) fn set(work: &mut Work<'_>, step: &Step) {
    let name = &step.object.name;
    if step.action == Action::Remove {
        return;
    }
    let before = work.decided.after.users.get(name).cloned();
    let details = match details(work.file, step, before.as_ref()) {
        Ok(details) => details,
        Err(message) => return work.refuse(&step.object, None, message),
    };
    let mut user = if let Some(user) = before {
        let kind = Field::setting("kind");
        if step.fields.iter().any(|change| change.field == kind) {
            let message = "a person cannot become a service account, nor the other way".to_owned();
            return work.refuse(&step.object, Some(&kind), message);
        }
        work.decided
            .changes
            .extend(user::update(&user, details.clone()));
        User { details, ..user }
    } else {
        let service = settings(step).any(|(name, value)| name == "kind" && value == "service");
        let user = User {
            id: UserId::new(work.outside.new_id()),
            kind: if service {
                UserKind::Service
            } else {
                UserKind::Person
            },
            enabled: true,
            has_password: false,
            must_change_password: false,
            details,
        };
        work.decided
            .changes
            .extend(user::create(user.id, user.kind, user.details.clone()));
        user
    };
    for (setting, value) in settings(step) {
        match (setting, value.as_bool()) {
            ("enabled", Some(true)) => {
                work.decided.changes.extend(user::enable(&user));
                user.enabled = true;
            }
            ("enabled", Some(false)) => {
                if makes(step) {
                    let disabled = user::disable(&user, DisableReason::Administrative);
                    work.decided.changes.extend(disabled);
                } else {
                    work.decided.endings.push(Ending::Disabled(user.id));
                }
                user.enabled = false;
            }
            (PASSWORD, _) => first_password(work, step, &mut user),
            _ => {}
        }
    }
    work.decided.after.users.insert(name.clone(), user);
}

fn first_password(work: &mut Work<'_>, step: &Step, user: &mut User) {
    let name = &step.object.name;
    let must_change = work
        .file
        .passwords
        .get(name)
        .is_some_and(|password| password.must_change);
    let field = Field::setting(PASSWORD);
    if work.take(
        &step.object,
        Some(&field),
        user::set_password(user, must_change),
    ) {
        user.has_password = true;
        user.must_change_password = must_change;
        work.decided.passwords.push((user.id, name.clone()));
    }
}

/// A user's values with the changes of a step.
fn details(file: &File, step: &Step, before: Option<&User>) -> Result<Details, String> {
    let mut details = match before {
        Some(user) => user.details.clone(),
        None => Details {
            username: Username::parse(&step.object.name).map_err(|error| error.to_string())?,
            email: None,
            email_verified: false,
            profile: domain::value::Profile::default(),
            attributes: std::collections::BTreeMap::new(),
        },
    };
    let mut profile = match json(&details.profile) {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    for (name, value) in settings(step) {
        match name {
            "kind" | "enabled" | "email_verified" | PASSWORD => {}
            "email" => {
                details.email =
                    serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
                // Who proved one address did not prove another.
                details.email_verified = false;
            }
            _ => overlay(&mut profile, name, value.clone()),
        }
    }
    // What the file says of it holds for another address, too, and is then no difference.
    let fields = file.document.0.get(&step.object);
    let verified = fields.and_then(|fields| fields.get(&Field::setting("email_verified")));
    let verified = verified.and_then(Value::as_bool);
    details.email_verified = verified.unwrap_or(details.email_verified);
    details.profile = read_back(profile)?;
    for change in &step.fields {
        if let Field::Attribute(name) = &change.field {
            match &change.to {
                Some(value) => details.attributes.insert(name.clone(), value.clone()),
                None => details.attributes.remove(name),
            };
        }
    }
    Ok(details)
}
