//! Clients: registering, changing, secrets, deleting.

use domain::api::{self, Holder, SubjectKind};
use domain::client::{self, Client, ClientSettings};
use domain::grant::RevokeReason;
use domain::refusal::Refusal;
use domain::stream;
use domain::value::{ClientId, RuleId};
use eventlog::{Statement, Value};

use super::ending::{end_grants_to, no_grant_to};
use super::streams::target;
use crate::delivery::queue;
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::Reading;

/// Registers a client.
pub struct CreateClient {
    /// Its id.
    pub id: ClientId,
    /// Its settings.
    pub settings: ClientSettings,
    /// A first secret: its name and its SHA-256.
    pub secret: Option<(RuleId, [u8; 32])>,
}

impl Command for CreateClient {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        if state.client(&self.id).await?.is_some() {
            return Err(Refusal::Taken("client id").into());
        }
        let client = Client {
            id: self.id.clone(),
            settings: self.settings.clone(),
            secrets: Vec::new(),
        };
        holds_powers_of_client(facts, state, &client).await?;
        can_prove_itself(&self.settings)?;
        let mut changes = client::create(self.id.clone(), self.settings.clone())?;
        let mut rows = Vec::new();
        if let Some((secret, hash)) = &self.secret {
            changes.extend(client::add_secret(&client, *secret)?);
            rows.push(keep_secret(*secret, hash));
        }
        Ok(Decision::new(changes, ()).with_rows(rows))
    }
}

/// A client that has a key set can prove itself by it.
fn can_prove_itself(settings: &ClientSettings) -> Result<(), Refusal> {
    let checked = settings.jwks.as_ref().map_or(Ok(()), check_keys);
    checked.map_err(|reason| Refusal::Invalid(format!("jwks: {reason}")))
}

/// Why nothing can be checked by a JWK set (RFC 7517 §5).
pub(crate) fn check_keys(set: &serde_json::Value) -> Result<(), String> {
    match jose::Jwk::parse_set(set.to_string().as_bytes()) {
        Ok(keys) if keys.is_empty() => {
            Err("no key of this set can check a signature of RS256, ES256 or EdDSA".to_owned())
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Sets a client's settings.
pub struct UpdateClient<F> {
    /// The client.
    pub id: ClientId,
    /// Makes the new settings from the present ones.
    pub change: F,
}

impl<F: Fn(&ClientSettings) -> Result<ClientSettings, Refusal> + Sync> Command for UpdateClient<F> {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let client = client(state, &self.id).await?;
        // A redirect URI leads to the tokens of whoever signs in: it needs what these could hold.
        holds_powers_of_client(facts, state, &client).await?;
        let settings = (self.change)(&client.settings)?;
        can_prove_itself(&settings)?;
        let begins = settings.enabled && !client.settings.enabled;
        let mut decision = Decision::new(client::update(&client, settings)?, ());
        if begins {
            // What waited for it is sent now.
            for stream in state.streams_of(&client.id).await? {
                let target = target(stream.id);
                decision = decision
                    .with_rows([queue::wake(&target)])
                    .waking(queue::topics([target.as_str()]));
            }
        }
        Ok(decision)
    }
}

/// Gives a client one more secret.
pub struct AddClientSecret {
    /// The client.
    pub id: ClientId,
    /// Names the secret.
    pub secret: RuleId,
    /// Its SHA-256.
    pub hash: [u8; 32],
}

impl Command for AddClientSecret {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let client = client(state, &self.id).await?;
        holds_powers_of_client(facts, state, &client).await?;
        let changes = client::add_secret(&client, self.secret)?;
        Ok(Decision::new(changes, ()).with_rows([keep_secret(self.secret, &self.hash)]))
    }
}

/// Voids a secret of a client.
pub struct RemoveClientSecret {
    /// The client.
    pub id: ClientId,
    /// Which one.
    pub secret: RuleId,
}

impl Command for RemoveClientSecret {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let client = client(state, &self.id).await?;
        holds_powers_of_client(facts, state, &client).await?;
        let changes = client::remove_secret(&client, self.secret)?;
        Ok(Decision::new(changes, ()).with_rows([forget_secret(self.secret)]))
    }
}

/// Deletes a client with all that was granted to it.
pub struct DeleteClient {
    /// The client.
    pub id: ClientId,
}

impl Command for DeleteClient {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let client = client(state, &self.id).await?;
        holds_powers_of_client(facts, state, &client).await?;
        let mut changes = Vec::new();
        // A client that is registered under this id later inherits nothing.
        for api in state.apis().await? {
            for subject in [SubjectKind::User, SubjectKind::Client] {
                let holder = Holder::Client(self.id.clone());
                if api.ceilings.contains_key(&(holder.clone(), subject)) {
                    changes.extend(api::disallow_client(&api, holder, subject)?);
                }
            }
        }
        let mut decision = deletion(state, &client).await?;
        decision.changes.splice(0..0, changes);
        Ok(decision)
    }
}

/// Deletes a client with all that was granted to it. Its ceilings are the caller's to take away.
pub(crate) async fn deletion(
    state: &mut Reading<'_>,
    client: &Client,
) -> Result<Decision<()>, Refused> {
    let mut changes = end_grants_to(state, &client.id, RevokeReason::ClientDeleted).await?;
    let mut rows: Vec<Statement> = client.secrets.iter().copied().map(forget_secret).collect();
    let streams = state.streams_of(&client.id).await?;
    for stream in &streams {
        changes.extend(stream::delete(stream));
        rows.extend(super::streams::end(stream.id));
    }
    changes.extend(client::delete(client));
    Ok(Decision::new(changes, ()).with_rows(rows).guarded_by([
        no_grant_to(&client.id),
        super::streams::at_most(&client.id, 0),
    ]))
}

async fn client(state: &mut Reading<'_>, id: &ClientId) -> Result<Client, Refused> {
    Ok(state.client(id).await?.ok_or(Refusal::NotFound("client"))?)
}

async fn holds_powers_of_client(
    facts: &Facts,
    state: &mut Reading<'_>,
    client: &Client,
) -> Result<(), Refused> {
    let administration = state.administration().await?;
    Ok(facts.powers.must_hold(&administration.of_client(client))?)
}

/// The row that keeps a secret's SHA-256.
pub(crate) fn keep_secret(secret: RuleId, hash: &[u8; 32]) -> Statement {
    Statement::new(
        "INSERT INTO client_secret_hashes (id, hash) VALUES ($1, $2)",
        [Value::from(secret.to_string()), hash.as_slice().into()],
    )
}

/// Deletes a secret's SHA-256.
pub(crate) fn forget_secret(secret: RuleId) -> Statement {
    Statement::new(
        "DELETE FROM client_secret_hashes WHERE id = $1",
        [Value::from(secret.to_string())],
    )
}
