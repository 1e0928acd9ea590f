//! Grants and consent: giving consent, taking it back, revoking.

use domain::grant::{self, Granted, RevokeReason};
use domain::refusal::Refusal;
use domain::value::{ClientId, GrantId, UserId};

use super::{holds_powers_of, user};
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::Reading;

/// Remembers what a person allowed a client.
pub struct GiveConsent {
    /// The person.
    pub user: UserId,
    /// The client.
    pub client: ClientId,
    /// What they allowed now.
    pub allowed: Granted,
}

impl Command for GiveConsent {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        let user = user(state, self.user).await?;
        if !user.enabled {
            return Err(Refusal::UserDisabled.into());
        }
        state
            .client(&self.client)
            .await?
            .ok_or(Refusal::NotFound("client"))?;
        let current = state.consent(self.user, &self.client).await?;
        let changes = grant::consent(current.as_ref(), self.user, &self.client, &self.allowed);
        Ok(Decision::new(changes, ()))
    }
}

/// Takes back all that a person allowed a client: consent and grants.
pub struct RevokeClient {
    /// The person.
    pub user: UserId,
    /// The client.
    pub client: ClientId,
    /// Why.
    pub reason: RevokeReason,
}

impl Command for RevokeClient {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        if self.reason == RevokeReason::RevokedByAdmin {
            holds_powers_of(facts, state, self.user).await?;
        }
        let mut changes = Vec::new();
        if let Some(consent) = state.consent(self.user, &self.client).await?
            && consent.granted != Granted::default()
        {
            changes.extend(grant::withdraw(&consent));
        }
        for grant in state.grants_of(self.user).await? {
            if grant.client == self.client {
                changes.extend(grant::revoke(&grant, self.reason));
            }
        }
        Ok(Decision::new(changes, ()))
    }
}

/// Revokes one grant. One that is void already stays so.
pub struct RevokeGrant {
    /// The grant.
    pub id: GrantId,
    /// Why.
    pub reason: RevokeReason,
}

impl Command for RevokeGrant {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let Some(grant) = state.grant(self.id).await? else {
            return match self.reason {
                RevokeReason::RevokedByAdmin => Err(Refusal::NotFound("grant").into()),
                _ => Ok(Decision::new(Vec::new(), ())),
            };
        };
        if self.reason == RevokeReason::RevokedByAdmin {
            holds_powers_of(facts, state, grant.user).await?;
        }
        Ok(Decision::new(grant::revoke(&grant, self.reason), ()))
    }
}

/// Ends a grant whose time is over.
pub struct ExpireGrant {
    /// The grant.
    pub id: GrantId,
}

impl Command for ExpireGrant {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let due = state
            .grant(self.id)
            .await?
            .filter(|grant| grant.expires <= facts.now);
        let changes = due
            .iter()
            .flat_map(|grant| grant::revoke(grant, RevokeReason::Expired))
            .collect();
        Ok(Decision::new(changes, ()))
    }
}
