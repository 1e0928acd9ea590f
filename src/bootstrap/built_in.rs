//! The APIs that this program itself serves: made with the realm, and completed where a realm is older
//! than one of them or than one of their scopes.

use domain::api::{ApiSettings, ClientPolicy};
use domain::event::{Change, Event};
use domain::refusal::Refusal;
use domain::value::{
    ApiId, InvalidResourceUri, Issuer, ResourceUri, Scope, SigningAlg, TokenFormat,
};

use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::Reading;
use crate::{admin_api, ssf_api};

/// An API of our own.
pub(super) struct BuiltIn {
    pub(super) id: ApiId,
    name: &'static str,
    identifier: fn(&Issuer) -> Result<ResourceUri, InvalidResourceUri>,
    scopes: &'static [(&'static str, &'static str)],
}

/// All of them.
pub(super) const ALL: [BuiltIn; 2] = [
    BuiltIn {
        id: admin_api::ID,
        name: "Administration",
        identifier: admin_api::identifier,
        scopes: admin_api::SCOPES,
    },
    BuiltIn {
        id: ssf_api::ID,
        name: "Shared Signals",
        identifier: ssf_api::identifier,
        scopes: ssf_api::SCOPES,
    },
];

impl BuiltIn {
    /// What its tokens name as their audience.
    pub(super) fn identifier(&self, issuer: &Issuer) -> Result<ResourceUri, Refusal> {
        (self.identifier)(issuer).map_err(|error| Refusal::Invalid(error.to_string()))
    }

    /// Registers it, without scopes.
    fn create(&self, issuer: &Issuer) -> Result<Change, Refusal> {
        let settings = ApiSettings {
            identifier: self.identifier(issuer)?,
            aliases: Vec::new(),
            name: self.name.to_owned(),
            token_format: TokenFormat::Jwt,
            signing_alg: SigningAlg::Es256,
            token_lifetime: 600,
            third_party_token_lifetime: 300,
            groups_claim: Vec::new(),
            // A client holds no power that nobody gave it.
            client_policy: ClientPolicy::RequireGrant,
            advertise: false,
            enabled: true,
        };
        let api = self.id;
        Ok(Event::ApiCreated { api, settings }.into())
    }

    /// Gives it those of its scopes that are not there.
    fn add_scopes<'a>(
        &'a self,
        there: impl Fn(&str) -> bool + 'a,
    ) -> impl Iterator<Item = Change> + 'a {
        let missing = self.scopes.iter().filter(move |(name, _)| !there(name));
        missing.filter_map(|(name, words)| {
            let set = Event::ApiScopeSet {
                api: self.id,
                scope: Scope::parse(name).ok()?,
                description: (*words).to_owned(),
            };
            Some(set.into())
        })
    }
}

/// Registers all of them.
pub(super) fn create(issuer: &Issuer) -> Result<Vec<Change>, Refusal> {
    let mut changes = Vec::new();
    for api in &ALL {
        changes.push(api.create(issuer)?);
        changes.extend(api.add_scopes(|_| false));
    }
    Ok(changes)
}

/// Registers what a realm founded by an older version lacks.
pub(super) struct Complete {
    pub(super) issuer: Issuer,
}

impl Command for Complete {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        let mut changes = Vec::new();
        for api in &ALL {
            if let Some(there) = state.api(api.id).await? {
                changes.extend(api.add_scopes(|name| there.scopes.contains_key(name)));
            } else {
                changes.push(api.create(&self.issuer)?);
                changes.extend(api.add_scopes(|_| false));
            }
        }
        Ok(Decision::new(changes, ()))
    }
}
