//! Users: creating, changing, disabling, deleting, erasing, and their passwords.

use std::collections::BTreeSet;

use domain::grant::RevokeReason;
use domain::personal::Details;
use domain::powers::keep_an_administrator;
use domain::refusal::Refusal;
use domain::session::EndReason;
use domain::user::{self, DisableReason, User, UserKind};
use domain::value::{SessionId, UserId};
use eventlog::{Statement, Value};

use super::ending::{end_grants_of, end_sessions_of, no_grant_of, no_membership_of, no_session_of};
use super::{holds_powers_of, user};
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::Reading;
use crate::realm;

/// Creates a user.
pub struct CreateUser {
    /// The new id.
    pub id: UserId,
    /// Person or service account.
    pub kind: UserKind,
    /// Their values.
    pub details: Details,
    /// Their password's hash in PHC form, and whether they must choose another.
    pub password: Option<(String, bool)>,
}

impl Command for CreateUser {
    type Reply = ();

    async fn decide(&self, _: &Facts, _: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        let mut changes = user::create(self.id, self.kind, self.details.clone());
        let mut rows = Vec::new();
        if let Some((phc, must_change)) = &self.password {
            let fresh = User {
                id: self.id,
                kind: self.kind,
                enabled: true,
                has_password: false,
                must_change_password: false,
                details: self.details.clone(),
            };
            changes.extend(user::set_password(&fresh, *must_change)?);
            rows.push(keep_password(self.id, phc));
        }
        Ok(Decision::new(changes, ()).with_rows(rows))
    }
}

/// Sets a user's personal values.
pub struct UpdateUser<F> {
    /// The user.
    pub id: UserId,
    /// Makes the new values from the present ones.
    pub change: F,
}

impl<F: Fn(&Details) -> Result<Details, Refusal> + Sync> Command for UpdateUser<F> {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        // An e-mail address leads to the account: whoever may change it must hold what it holds.
        let user = within_powers(facts, state, self.id).await?;
        let details = (self.change)(&user.details)?;
        Ok(Decision::new(user::update(&user, details), ()))
    }
}

/// Disables a user and ends all they have going.
pub struct DisableUser {
    /// The user.
    pub id: UserId,
    /// Why.
    pub reason: DisableReason,
}

impl Command for DisableUser {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let user = within_powers(facts, state, self.id).await?;
        if !user.enabled {
            return Ok(Decision::new(Vec::new(), ()));
        }
        leaves_an_administrator(state, self.id).await?;
        disabling(state, &user, self.reason).await
    }
}

/// Disables a user and ends all they have going.
pub(crate) async fn disabling(
    state: &mut Reading<'_>,
    user: &User,
    reason: DisableReason,
) -> Result<Decision<()>, Refused> {
    let mut changes = user::disable(user, reason);
    changes.extend(end_sessions_of(state, user.id, None, EndReason::UserDisabled).await?);
    changes.extend(end_grants_of(state, user.id, RevokeReason::UserDisabled).await?);
    Ok(Decision::new(changes, ())
        .with_rows([forget_sessions(user.id)])
        .guarded_by([no_session_of(user.id, None), no_grant_of(user.id, None)]))
}

/// Enables a user.
pub struct EnableUser {
    /// The user.
    pub id: UserId,
}

impl Command for EnableUser {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let user = within_powers(facts, state, self.id).await?;
        Ok(Decision::new(user::enable(&user), ()))
    }
}

/// Deletes a user; all they have ends with it.
pub struct DeleteUser {
    /// The user.
    pub id: UserId,
}

impl Command for DeleteUser {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let user = within_powers(facts, state, self.id).await?;
        leaves_an_administrator(state, self.id).await?;
        deletion(state, &user).await
    }
}

/// Deletes a user and ends all they have.
pub(crate) async fn deletion(
    state: &mut Reading<'_>,
    user: &User,
) -> Result<Decision<()>, Refused> {
    let id = user.id;
    let mut changes = end_sessions_of(state, id, None, EndReason::UserDeleted).await?;
    changes.extend(end_grants_of(state, id, RevokeReason::UserDeleted).await?);
    for membership in state.memberships_of(id).await? {
        changes.extend(domain::group::remove_member(&membership));
    }
    changes.extend(user::delete(user));
    Ok(Decision::new(changes, ())
        .with_rows([forget_sessions(id), forget_password(id)])
        .guarded_by([
            no_session_of(id, None),
            no_grant_of(id, None),
            no_membership_of(id),
        ]))
}

/// Forgets a deleted user: what was personal in their history is gone with it, and what the realm file
/// that was applied last says of them.
pub struct EraseUser {
    /// The user.
    pub id: UserId,
}

impl Command for EraseUser {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        if !state.is_deleted_user(self.id).await? {
            let refusal = match state.user(self.id).await? {
                Some(_) => Refusal::NotDeleted,
                None => Refusal::NotFound("user"),
            };
            return Err(refusal.into());
        }
        let forget = realm::forget(state.log(), self.id).await?;
        // Where a file was applied meanwhile, its text is looked through instead.
        Ok(Decision::new(user::erase(self.id), ()).guarded_by(forget))
    }
}

/// Sets a password. Other sessions and all grants end: whoever knew the old one is out.
pub struct SetPassword {
    /// The user.
    pub id: UserId,
    /// The hash in PHC form.
    pub phc: String,
    /// Whether they must choose another at the next sign-in.
    pub must_change: bool,
    /// The session that the person changes it from, which goes on.
    pub keep: Option<SessionId>,
}

impl Command for SetPassword {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let user = within_powers(facts, state, self.id).await?;
        let mut changes = user::set_password(&user, self.must_change)?;
        if user.has_password {
            changes.extend(
                end_sessions_of(state, self.id, self.keep, EndReason::PasswordChanged).await?,
            );
            changes.extend(end_grants_of(state, self.id, RevokeReason::PasswordChanged).await?);
        }
        let forget = Statement::new(
            "DELETE FROM session_secrets WHERE session IN \
             (SELECT id FROM sessions WHERE user_id = $1 AND ended IS NOT NULL)",
            [Value::from(self.id.to_string())],
        );
        let decision =
            Decision::new(changes, ()).with_rows([keep_password(self.id, &self.phc), forget]);
        Ok(if user.has_password {
            decision.guarded_by([
                no_session_of(self.id, self.keep),
                no_grant_of(self.id, self.keep),
            ])
        } else {
            decision
        })
    }
}

/// Demands another password at the next sign-in.
pub struct RequirePasswordChange {
    /// The user.
    pub id: UserId,
}

impl Command for RequirePasswordChange {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let user = within_powers(facts, state, self.id).await?;
        Ok(Decision::new(user::require_password_change(&user)?, ()))
    }
}

/// Loads a user, or refuses: also where they hold powers that the one who commands does not.
async fn within_powers(
    facts: &Facts,
    state: &mut Reading<'_>,
    id: UserId,
) -> Result<User, Refused> {
    let user = user(state, id).await?;
    holds_powers_of(facts, state, id).await?;
    Ok(user)
}

/// Stores the same password hashed with today's parameters. Nothing has happened: no event.
pub fn rehash(user: UserId, former: &str, phc: &str) -> Statement {
    Statement::new(
        "UPDATE passwords SET phc = $2 WHERE user_id = $1 AND phc = $3",
        [Value::from(user.to_string()), phc.into(), former.into()],
    )
}

/// The row that keeps a password's hash.
pub(crate) fn keep_password(user: UserId, phc: &str) -> Statement {
    Statement::new(
        "INSERT INTO passwords (user_id, phc) VALUES ($1, $2) \
         ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc",
        [Value::from(user.to_string()), phc.into()],
    )
}

fn forget_password(user: UserId) -> Statement {
    Statement::new(
        "DELETE FROM passwords WHERE user_id = $1",
        [Value::from(user.to_string())],
    )
}

fn forget_sessions(user: UserId) -> Statement {
    Statement::new(
        "DELETE FROM session_secrets WHERE session IN (SELECT id FROM sessions WHERE user_id = $1)",
        [Value::from(user.to_string())],
    )
}

/// Refuses where this user is the last one who can administer the realm.
async fn leaves_an_administrator(state: &mut Reading<'_>, without: UserId) -> Result<(), Refused> {
    let administration = state.administration().await?;
    let before = state.administrators(&administration).await?;
    let after: BTreeSet<UserId> = before.iter().copied().filter(|id| *id != without).collect();
    Ok(keep_an_administrator(&before, &after)?)
}
