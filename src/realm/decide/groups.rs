//! Groups, their nesting and their members.

use domain::api::Principal;
use domain::group::{self, Group, Membership};
use domain::value::{GroupId, GroupName};

use super::{Work, makes};
use crate::realm::document::Field;
use crate::realm::merge::{Action, Step};

pub(super) fn create(work: &mut Work<'_>, step: &Step) {
    if !makes(step) {
        return;
    }
    let name = match GroupName::parse(&step.object.name) {
        Ok(name) => name,
        Err(error) => return work.refuse(&step.object, None, error.to_string()),
    };
    let id = GroupId::new(work.outside.new_id());
    work.decided.changes.extend(group::create(id, &name));
    let name = step.object.name.clone();
    work.decided
        .after
        .groups
        .insert(name.clone(), Group { id, name });
}

/// Ends memberships and nestings.
pub(super) fn leave(work: &mut Work<'_>, step: &Step) {
    let after = &mut work.decided.after;
    let Some(group) = after.groups.get(&step.object.name).map(|group| group.id) else {
        return;
    };
    for change in step.fields.iter().filter(|change| change.to.is_none()) {
        match &change.field {
            Field::Member(name) => {
                let Some(user) = after.users.get(name) else {
                    continue;
                };
                if let Some(membership) = after.memberships.remove(&(group, user.id)) {
                    work.decided
                        .changes
                        .extend(group::remove_member(&membership));
                }
            }
            Field::Child(name) => {
                let Some(child) = after.groups.get(name).map(|child| child.id) else {
                    continue;
                };
                if let Ok(changes) = group::unnest(&after.nesting, group, child) {
                    work.decided.changes.extend(changes);
                    after.nesting.0.retain(|nesting| *nesting != (group, child));
                }
            }
            _ => {}
        }
    }
}

/// Begins memberships and nestings.
pub(super) fn join(work: &mut Work<'_>, step: &Step) {
    let Some(group) = work.decided.after.groups.get(&step.object.name).cloned() else {
        return;
    };
    for change in step.fields.iter().filter(|change| change.to.is_some()) {
        let (object, field) = (&step.object, Some(&change.field));
        let after = &work.decided.after;
        match &change.field {
            Field::Member(name) => {
                let Some(user) = after.users.get(name) else {
                    continue;
                };
                let key = (group.id, user.id);
                let current = after.memberships.get(&key);
                let decision = group::add_member(&group, user, current, None, work.now);
                if work.take(object, field, decision) {
                    let membership = Membership {
                        group: key.0,
                        user: key.1,
                        expires: None,
                    };
                    work.decided.after.memberships.insert(key, membership);
                }
            }
            Field::Child(name) => {
                let Some(child) = after.groups.get(name) else {
                    continue;
                };
                let nesting = (group.id, child.id);
                let decision = group::nest(&after.nesting, &group, child);
                if work.take(object, field, decision) {
                    work.decided.after.nesting.0.push(nesting);
                }
            }
            _ => {}
        }
    }
}

/// Deletes a group that nothing names any more.
pub(super) fn remove(work: &mut Work<'_>, step: &Step) {
    if step.action != Action::Remove {
        return;
    }
    let Some(group) = work.decided.after.groups.get(&step.object.name).cloned() else {
        return;
    };
    let principal = Principal::Group(group.id);
    let named = work.decided.after.apis.values().find(|api| {
        api.rules.iter().any(|rule| rule.principal == principal)
            || api.settings.groups_claim.contains(&group.id)
    });
    if let Some(api) = named {
        let message = format!(
            "cannot be removed: {} names it in a rule or in its groups claim",
            api.settings.identifier
        );
        return work.refuse(&step.object, None, message);
    }
    let after = &mut work.decided.after;
    work.decided
        .changes
        .extend(group::delete(&group, &after.nesting));
    after
        .nesting
        .0
        .retain(|(parent, child)| *parent != group.id && *child != group.id);
    after
        .memberships
        .retain(|(parent, _), _| *parent != group.id);
    after.groups.remove(&step.object.name);
}
