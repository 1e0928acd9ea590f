//! Groups: creating, naming, nesting, members.

use std::collections::BTreeSet;

use domain::group::{self, Nesting};
use domain::powers::{Administration, keep_an_administrator};
use domain::refusal::Refusal;
use domain::value::{GroupId, GroupName, Timestamp, UserId};

use super::{group, user};
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::Reading;

/// Creates a group.
pub struct CreateGroup {
    /// The new id.
    pub id: GroupId,
    /// Its name.
    pub name: GroupName,
}

impl Command for CreateGroup {
    type Reply = ();

    async fn decide(&self, _: &Facts, _: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        Ok(Decision::new(group::create(self.id, &self.name), ()))
    }
}

/// Gives a group another name.
pub struct RenameGroup {
    /// The group.
    pub id: GroupId,
    /// The new name.
    pub name: GroupName,
}

impl Command for RenameGroup {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let group = group(state, self.id).await?;
        // Operators and their files know groups by name: who takes the name takes the powers, too.
        let administration = state.administration().await?;
        facts.powers.must_hold(&administration.of_group(self.id))?;
        Ok(Decision::new(group::rename(&group, &self.name), ()))
    }
}

/// Deletes a group. Rules that name it are removed first, by whoever may: with its last rule gone an
/// API is open to all, which nobody means by deleting a group.
pub struct DeleteGroup {
    /// The group.
    pub id: GroupId,
}

impl Command for DeleteGroup {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let group = group(state, self.id).await?;
        let apis = state.apis().await?;
        let principal = domain::api::Principal::Group(self.id);
        if let Some(api) = apis
            .iter()
            .find(|api| api.rules.iter().any(|rule| rule.principal == principal))
        {
            let reason = format!(
                "a rule of {} names this group: remove the rule first",
                api.settings.name
            );
            return Err(Refusal::Invalid(reason).into());
        }
        let administration = state.administration().await?;
        facts.powers.must_hold(&administration.of_group(self.id))?;
        let before = state.administrators(&administration).await?;
        let mut nesting = administration.nesting.clone();
        nesting.retain(|(parent, child)| *parent != self.id && *child != self.id);
        keeps_administrators(state, &administration, &before, nesting).await?;
        let nesting = Nesting(administration.nesting);
        Ok(Decision::new(group::delete(&group, &nesting), ()))
    }
}

/// Makes the members of one group members of another.
pub struct NestGroup {
    /// The group that gains members.
    pub parent: GroupId,
    /// The group whose members they are.
    pub child: GroupId,
}

impl Command for NestGroup {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let parent = group(state, self.parent).await?;
        let child = group(state, self.child).await?;
        let administration = state.administration().await?;
        facts
            .powers
            .must_hold(&administration.of_group(self.parent))?;
        let nesting = Nesting(administration.nesting);
        Ok(Decision::new(group::nest(&nesting, &parent, &child)?, ()))
    }
}

/// Ends a nesting.
pub struct UnnestGroup {
    /// The group that loses members.
    pub parent: GroupId,
    /// The group whose members they were.
    pub child: GroupId,
}

impl Command for UnnestGroup {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let administration = state.administration().await?;
        facts
            .powers
            .must_hold(&administration.of_group(self.parent))?;
        let nesting = Nesting(administration.nesting.clone());
        let changes = group::unnest(&nesting, self.parent, self.child)?;
        let before = state.administrators(&administration).await?;
        let mut after = administration.nesting.clone();
        after.retain(|edge| *edge != (self.parent, self.child));
        keeps_administrators(state, &administration, &before, after).await?;
        Ok(Decision::new(changes, ()))
    }
}

/// Makes a user a direct member of a group, or changes when that ends.
pub struct AddMember {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

impl Command for AddMember {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let group = group(state, self.group).await?;
        let user = user(state, self.user).await?;
        let administration = state.administration().await?;
        facts
            .powers
            .must_hold(&administration.of_group(self.group))?;
        let current = state.membership(self.group, self.user).await?;
        if self.expires.is_some() && current.is_some() {
            loses_member(state, &administration, self.group, self.user).await?;
        }
        let changes = group::add_member(&group, &user, current.as_ref(), self.expires, facts.now)?;
        Ok(Decision::new(changes, ()))
    }
}

/// Ends a direct membership.
pub struct RemoveMember {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
}

impl Command for RemoveMember {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let membership = state
            .membership(self.group, self.user)
            .await?
            .ok_or(Refusal::NotFound("membership"))?;
        let administration = state.administration().await?;
        facts
            .powers
            .must_hold(&administration.of_group(self.group))?;
        loses_member(state, &administration, self.group, self.user).await?;
        Ok(Decision::new(group::remove_member(&membership), ()))
    }
}

/// Ends a membership whose time is over, unless it was given more time.
pub struct ExpireMembership {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
}

impl Command for ExpireMembership {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let due = state
            .membership(self.group, self.user)
            .await?
            .filter(|membership| membership.expires.is_some_and(|at| at <= facts.now));
        Ok(Decision::new(
            due.iter().flat_map(group::remove_member).collect(),
            (),
        ))
    }
}

/// Refuses where the realm would lose its last administrator with this member of this group.
async fn loses_member(
    state: &mut Reading<'_>,
    administration: &Administration,
    group: GroupId,
    user: UserId,
) -> Result<(), Refused> {
    let full = administration.full_groups();
    if !full.contains(&group) {
        return Ok(());
    }
    let before = state.administrators(administration).await?;
    let elsewhere = administration.full_users().contains(&user)
        || state.memberships_of(user).await?.iter().any(|other| {
            other.group != group && other.expires.is_none() && full.contains(&other.group)
        });
    let after: BTreeSet<UserId> = before
        .iter()
        .copied()
        .filter(|id| *id != user || elsewhere)
        .collect();
    Ok(keep_an_administrator(&before, &after)?)
}

/// Refuses where the realm would lose its last administrator by another nesting.
async fn keeps_administrators(
    state: &mut Reading<'_>,
    administration: &Administration,
    before: &BTreeSet<UserId>,
    nesting: Vec<(GroupId, GroupId)>,
) -> Result<(), Refused> {
    let changed = Administration {
        api: administration.api.clone(),
        nesting,
    };
    let after = state.administrators(&changed).await?;
    Ok(keep_an_administrator(before, &after)?)
}
