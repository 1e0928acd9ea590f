//! Groups, their nesting and their direct members.

use alloc::{string::String, vec, vec::Vec};

use crate::event::{Change, Event};
use crate::policy::nesting;
use crate::refusal::Refusal;
use crate::user::User;
use crate::value::{GroupId, GroupName, Timestamp, UserId};

/// A group, without its members.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The group.
    pub id: GroupId,
    /// Its name, unique.
    pub name: String,
}

/// A direct membership.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    /// The group.
    pub group: GroupId,
    /// The member.
    pub user: UserId,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

/// All nestings: (parent, child), where members of the child are members of the parent, too.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nesting(pub Vec<(GroupId, GroupId)>);

/// Creates a group. Its name is claimed by the event.
pub fn create(group: GroupId, name: &GroupName) -> Vec<Change> {
    vec![
        Event::GroupCreated {
            group,
            name: name.as_str().into(),
        }
        .into(),
    ]
}

/// Gives a group another name.
pub fn rename(group: &Group, name: &GroupName) -> Vec<Change> {
    if group.name == name.as_str() {
        return Vec::new();
    }
    vec![
        Event::GroupRenamed {
            group: group.id,
            name: name.as_str().into(),
        }
        .into(),
    ]
}

/// Deletes a group, its nestings and its memberships.
///
/// Nestings end one by one, so that whoever follows the group graph hears of each; memberships end
/// with the one event, however many there are.
pub fn delete(group: &Group, nesting: &Nesting) -> Vec<Change> {
    let mut changes: Vec<Change> = nesting
        .0
        .iter()
        .filter(|(parent, child)| *parent == group.id || *child == group.id)
        .map(|&(parent, child)| Event::GroupUnnested { parent, child }.into())
        .collect();
    changes.push(Event::GroupDeleted { group: group.id }.into());
    changes
}

/// Makes the members of `child` members of `parent`.
pub fn nest(nesting: &Nesting, parent: &Group, child: &Group) -> Result<Vec<Change>, Refusal> {
    let (parent, child) = (parent.id, child.id);
    if nesting.0.contains(&(parent, child)) {
        return Ok(Vec::new());
    }
    if nesting::would_cycle(&nesting.0, parent, child) {
        return Err(Refusal::NestingCycle);
    }
    Ok(vec![Event::GroupNested { parent, child }.into()])
}

/// Ends a nesting.
pub fn unnest(nesting: &Nesting, parent: GroupId, child: GroupId) -> Result<Vec<Change>, Refusal> {
    if !nesting.0.contains(&(parent, child)) {
        return Err(Refusal::NotFound("nesting"));
    }
    Ok(vec![Event::GroupUnnested { parent, child }.into()])
}

/// Makes a user a direct member, or changes when that ends.
pub fn add_member(
    group: &Group,
    user: &User,
    current: Option<&Membership>,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if expires.is_some_and(|at| at <= now) {
        return Err(Refusal::AlreadyExpired);
    }
    if current.is_some_and(|membership| membership.expires == expires) {
        return Ok(Vec::new());
    }
    Ok(vec![
        Event::GroupMemberAdded {
            group: group.id,
            user: user.id,
            expires,
        }
        .into(),
    ])
}

/// Ends a direct membership.
pub fn remove_member(membership: &Membership) -> Vec<Change> {
    vec![
        Event::GroupMemberRemoved {
            group: membership.group,
            user: membership.user,
        }
        .into(),
    ]
}
