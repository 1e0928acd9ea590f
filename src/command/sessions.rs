//! Sessions: starting, proving again, ending.

use domain::personal::Personal;
use domain::refusal::Refusal;
use domain::session::{self, EndReason};
use domain::user::User;
use domain::value::{SessionId, Timestamp, UserId};
use eventlog::{Statement, Value};

use super::ending::{end_session, end_sessions_of, no_grant_in};
use super::{holds_powers_of, user};
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::{self, Reading};

/// Starts a session for somebody who proved who they are.
pub struct StartSession {
    /// The new id.
    pub id: SessionId,
    /// SHA-256 of the browser's cookie.
    pub secret_hash: [u8; 32],
    /// The person.
    pub user: UserId,
    /// How they proved it (RFC 8176).
    pub amr: Vec<String>,
    /// The password hash that they proved it against: it must be theirs still.
    pub verified: Option<String>,
    /// When it ends if it is not used.
    pub idle_expires: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// Address and user agent.
    pub personal: Personal,
    /// The session of the same browser, which ends.
    pub replaces: Option<SessionId>,
}

impl Command for StartSession {
    type Reply = User;

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<User>, Refused> {
        let user = user(state, self.user).await?;
        is_current(state, self.user, self.verified.as_deref()).await?;
        let mut changes = Vec::new();
        let mut rows = vec![note_use(self.id, facts.now, self.idle_expires)];
        let mut guards = Vec::new();
        if let Some(former) = self.replaces
            && let Some(former) = state.session(former).await?
        {
            changes.extend(end_session(state, &former, EndReason::Replaced).await?);
            rows.push(forget_secret(former.id));
            guards.push(no_grant_in(former.id));
        }
        changes.extend(session::start(
            &user,
            self.id,
            self.amr.clone(),
            self.expires,
            self.personal.clone(),
        )?);
        rows.push(Statement::new(
            "INSERT INTO session_secrets (session, hash) VALUES ($1, $2)",
            [
                Value::from(self.id.to_string()),
                self.secret_hash.as_slice().into(),
            ],
        ));
        Ok(Decision::new(changes, user)
            .with_rows(rows)
            .guarded_by(guards))
    }
}

/// Refuses a proof by a password that was changed since. The user was read before: a change after this
/// look moves them, and the command is decided again.
async fn is_current(
    state: &Reading<'_>,
    user: UserId,
    verified: Option<&str>,
) -> Result<(), Refused> {
    let Some(verified) = verified else {
        return Ok(());
    };
    match read::users::password(state.log(), user).await? {
        Some(stored) if stored == verified => Ok(()),
        _ => Err(Refusal::Invalid("the password was changed meanwhile".to_owned()).into()),
    }
}

/// Notes that the person of a session proved again who they are.
pub struct Reauthenticate {
    /// The session.
    pub session: SessionId,
    /// The person, who must be the session's.
    pub user: UserId,
    /// How they proved it (RFC 8176).
    pub amr: Vec<String>,
    /// The password hash that they proved it against: it must be theirs still.
    pub verified: Option<String>,
    /// SHA-256 of a new cookie: the former one is void.
    pub secret_hash: [u8; 32],
}

impl Command for Reauthenticate {
    type Reply = User;

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<User>, Refused> {
        let user = user(state, self.user).await?;
        is_current(state, self.user, self.verified.as_deref()).await?;
        let session = state
            .session(self.session)
            .await?
            .ok_or(Refusal::SessionEnded)?;
        if session.user != user.id {
            return Err(Refusal::SessionEnded.into());
        }
        let changes = session::reauthenticate(&user, &session, self.amr.clone())?;
        let renewed = Statement::new(
            "UPDATE session_secrets SET hash = $2 WHERE session = $1",
            [
                Value::from(self.session.to_string()),
                self.secret_hash.as_slice().into(),
            ],
        );
        Ok(Decision::new(changes, user).with_rows([renewed.exactly(1)]))
    }
}

/// Ends one session.
pub struct EndSession {
    /// The session.
    pub id: SessionId,
    /// Whose it must be; anybody's for operators.
    pub of: Option<UserId>,
    /// Why.
    pub reason: EndReason,
}

impl Command for EndSession {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let session = state
            .session(self.id)
            .await?
            .ok_or(Refusal::NotFound("session"))?;
        if self.of.is_some_and(|user| user != session.user) {
            return Err(Refusal::NotFound("session").into());
        }
        if self.of.is_none() {
            holds_powers_of(facts, state, session.user).await?;
        }
        let changes = end_session(state, &session, self.reason).await?;
        Ok(Decision::new(changes, ())
            .with_rows([forget_secret(self.id)])
            .guarded_by([no_grant_in(self.id)]))
    }
}

/// Ends all sessions of a user, or all but one.
pub struct EndSessions {
    /// The user.
    pub user: UserId,
    /// The session that goes on.
    pub except: Option<SessionId>,
    /// Why.
    pub reason: EndReason,
}

impl Command for EndSessions {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        if self.reason == EndReason::EndedByAdmin {
            user(state, self.user).await?;
            holds_powers_of(facts, state, self.user).await?;
        }
        let changes = end_sessions_of(state, self.user, self.except, self.reason).await?;
        let ended = changes.iter().filter_map(|change| match &change.event {
            domain::event::Event::SessionEnded { session, .. } => Some(*session),
            _ => None,
        });
        let ended: Vec<SessionId> = ended.collect();
        Ok(Decision::new(changes, ())
            .with_rows(ended.iter().copied().map(forget_secret))
            .guarded_by(ended.iter().copied().map(no_grant_in)))
    }
}

/// Deletes the cookie's hash of a session.
pub(crate) fn forget_secret(session: SessionId) -> Statement {
    Statement::new(
        "DELETE FROM session_secrets WHERE session = $1",
        [Value::from(session.to_string())],
    )
}

/// Ends a session whose time is over, unless it was used meanwhile.
pub struct ExpireSession {
    /// The session.
    pub id: SessionId,
}

impl Command for ExpireSession {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let idle_expires = read::sessions::idle_expires(state.log(), self.id).await?;
        let due = state.session(self.id).await?.filter(|session| {
            session.expires <= facts.now || idle_expires.is_some_and(|at| at <= facts.now)
        });
        let Some(session) = due else {
            return Ok(Decision::new(Vec::new(), ()));
        };
        let changes = end_session(state, &session, EndReason::Expired).await?;
        Ok(Decision::new(changes, ())
            .with_rows([forget_secret(self.id)])
            .guarded_by([no_grant_in(self.id)]))
    }
}

/// Notes that a session was used, and when it ends if it is not used again.
pub fn note_use(session: SessionId, now: Timestamp, idle_expires: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO session_uses (session, used, expires) VALUES ($1, $2, $3) \
         ON CONFLICT (session) DO UPDATE SET used = excluded.used, expires = excluded.expires",
        [
            Value::from(session.to_string()),
            now.micros().into(),
            idle_expires.micros().into(),
        ],
    )
}
