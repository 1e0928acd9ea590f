//! APIs: registering, changing, scopes, ceilings, rules, introspection credentials.

use domain::api::{self, Api, ApiSettings, Ceiling, Holder, Principal, SubjectKind};
use domain::powers::{Administration, keep_an_administrator};
use domain::refusal::Refusal;
use domain::value::{ApiId, ResourceUri, RuleId, Scope, ScopeSet};
use eventlog::{Statement, Value};

use crate::admin_api;
use crate::execute::{Command, Decision, Facts, Refused};
use crate::oauth::path;
use crate::read::Reading;

/// Registers an API.
pub struct CreateApi {
    /// The new id.
    pub id: ApiId,
    /// Its settings.
    pub settings: ApiSettings,
    /// Its scopes and what each lets a client do.
    pub scopes: Vec<(Scope, String)>,
}

impl Command for CreateApi {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        is_of_others(state, &self.settings).await?;
        let mut changes = api::create(self.id, self.settings.clone())?;
        let empty = Api {
            id: self.id,
            settings: self.settings.clone(),
            scopes: std::collections::BTreeMap::new(),
            ceilings: std::collections::BTreeMap::new(),
            rules: Vec::new(),
            has_credential: false,
            built_in: false,
        };
        for (scope, description) in &self.scopes {
            changes.extend(api::set_scope(&empty, scope.clone(), description.clone())?);
        }
        Ok(Decision::new(changes, ()))
    }
}

/// Sets an API's settings.
pub struct UpdateApi<F> {
    /// The API.
    pub id: ApiId,
    /// Makes the new settings from the present ones.
    pub change: F,
}

impl<F: Fn(&ApiSettings) -> Result<ApiSettings, Refusal> + Sync> Command for UpdateApi<F> {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let api = state.api(self.id).await?.ok_or(Refusal::NotFound("API"))?;
        if api.id == admin_api::ID {
            let administration = state.administration().await?;
            facts.powers.must_hold(&administration.every_scope())?;
        }
        let settings = (self.change)(&api.settings)?;
        if !api.built_in {
            is_of_others(state, &settings).await?;
        }
        Ok(Decision::new(api::update(&api, settings)?, ()))
    }
}

/// Refuses names that mean this server itself: a token for such an API would open userinfo.
async fn is_of_others(state: &mut Reading<'_>, settings: &ApiSettings) -> Result<(), Refused> {
    let Some(issuer) = state.issuer().await? else {
        return Ok(());
    };
    let own = [issuer.to_string(), path::url(&issuer, path::USERINFO)]
        .map(|name| ResourceUri::parse(&name).ok());
    let mut names = std::iter::once(&settings.identifier).chain(&settings.aliases);
    match names.find(|name| own.iter().flatten().any(|own| own.matches(name))) {
        Some(_) => Err(Refusal::BuiltIn("an API of this name").into()),
        None => Ok(()),
    }
}

/// What to change about one API.
pub enum Change {
    /// Add a scope, or say in other words what it does.
    SetScope(Scope, String),
    /// Remove a scope.
    RemoveScope(Scope),
    /// Let a client or class ask up to a ceiling.
    AllowClient(Holder, SubjectKind, Ceiling),
    /// Take a ceiling away.
    DisallowClient(Holder, SubjectKind),
    /// Allow a group or user a scope, or all of them.
    AddRule(RuleId, Option<Scope>, Principal),
    /// Remove a rule.
    RemoveRule(RuleId),
    /// Set the introspection credential's SHA-256.
    SetCredential([u8; 32]),
    /// Take the introspection credential away.
    RemoveCredential,
    /// Delete the API.
    Delete,
}

/// Changes one API.
pub struct ChangeApi {
    /// The API.
    pub id: ApiId,
    /// What to change.
    pub change: Change,
}

impl Command for ChangeApi {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let api = state.api(self.id).await?.ok_or(Refusal::NotFound("API"))?;
        if api.id == admin_api::ID {
            self.keeps_powers(facts, state, &api).await?;
        }
        let (changes, row) = match &self.change {
            Change::SetScope(scope, words) => {
                (api::set_scope(&api, scope.clone(), words.clone())?, None)
            }
            Change::RemoveScope(scope) => (api::remove_scope(&api, scope)?, None),
            Change::AllowClient(holder, subject, ceiling) => {
                if let Holder::Client(client) = holder {
                    state
                        .client(client)
                        .await?
                        .ok_or(Refusal::NotFound("client"))?;
                }
                (
                    api::allow_client(&api, holder.clone(), *subject, ceiling.clone())?,
                    None,
                )
            }
            Change::DisallowClient(holder, subject) => {
                (api::disallow_client(&api, holder.clone(), *subject)?, None)
            }
            Change::AddRule(rule, scope, principal) => {
                match principal {
                    Principal::Group(group) => {
                        super::group(state, *group).await?;
                    }
                    Principal::User(user) => {
                        super::user(state, *user).await?;
                    }
                }
                (api::add_rule(&api, *rule, scope.clone(), *principal)?, None)
            }
            Change::RemoveRule(rule) => (api::remove_rule(&api, *rule)?, None),
            Change::SetCredential(hash) => (
                api::set_credential(&api),
                Some(keep_credential(api.id, hash)),
            ),
            Change::RemoveCredential => (
                api::remove_credential(&api)?,
                Some(forget_credential(api.id)),
            ),
            Change::Delete => (
                api::delete(&api)?,
                api.has_credential.then(|| forget_credential(api.id)),
            ),
        };
        Ok(Decision::new(changes, ()).with_rows(row))
    }
}

impl ChangeApi {
    /// Who may administer is changed only by holders of as much, and somebody always may.
    async fn keeps_powers(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
        api: &Api,
    ) -> Result<(), Refused> {
        let administration = state.administration().await?;
        let every = administration.every_scope();
        let of_scope = |scope: &Option<Scope>| match scope {
            Some(scope) => std::iter::once(scope.clone()).collect::<ScopeSet>(),
            None => every.clone(),
        };
        let needed = match &self.change {
            Change::AllowClient(holder, subject, ceiling) => administration
                .of_place(holder, *subject)
                .union(&administration.of_ceiling(ceiling)),
            Change::DisallowClient(holder, subject) => administration.of_place(holder, *subject),
            Change::AddRule(_, scope, _) => of_scope(scope),
            Change::RemoveRule(rule) => api
                .rules
                .iter()
                .find(|other| other.id == *rule)
                .map(|rule| of_scope(&rule.scope))
                .unwrap_or_default(),
            _ => every.clone(),
        };
        facts.powers.must_hold(&needed)?;
        if let Change::RemoveRule(rule) = &self.change {
            let before = state.administrators(&administration).await?;
            let mut api = api.clone();
            api.rules.retain(|other| other.id != *rule);
            let changed = Administration {
                api,
                nesting: administration.nesting,
            };
            keep_an_administrator(&before, &state.administrators(&changed).await?)?;
        }
        Ok(())
    }
}

/// The row that keeps an introspection credential's SHA-256.
pub(crate) fn keep_credential(api: ApiId, hash: &[u8; 32]) -> Statement {
    Statement::new(
        "INSERT INTO api_credentials (api, hash) VALUES ($1, $2) \
         ON CONFLICT (api) DO UPDATE SET hash = excluded.hash",
        [Value::from(api.to_string()), hash.as_slice().into()],
    )
}

/// Deletes an introspection credential's SHA-256.
pub(crate) fn forget_credential(api: ApiId) -> Statement {
    Statement::new(
        "DELETE FROM api_credentials WHERE api = $1",
        [Value::from(api.to_string())],
    )
}
