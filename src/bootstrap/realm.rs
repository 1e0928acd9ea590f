//! Founding the realm, and moving it to another issuer.
//!
//! A realm begins with its issuer, the admin API, a group whose members hold every power, a signing
//! key for each algorithm, and the root that all other secrets are derived from.

use domain::api::{ApiSettings, ClientPolicy, Principal};
use domain::event::{Change, Event};
use domain::refusal::Refusal;
use domain::signing_key;
use domain::value::{GroupId, Issuer, ResourceUri, RuleId, SigningAlg, TokenFormat};
use eventlog::Statement;

use super::operator;
use crate::app::App;
use crate::execute::{Command, Decision, Facts, Refused, execute};
use crate::keys::ring;
use crate::read::Reading;
use crate::{admin_api, secrets};

/// The group whose members hold every power.
const ADMINISTRATORS: &str = "administrators";

/// Founds the realm, unless another node was faster.
pub(super) async fn create(app: &App) -> Result<(), Refused> {
    let mut rows = vec![secrets::generate(&app.master_key, app.rng.as_ref())];
    let mut keys = Vec::new();
    for alg in SigningAlg::ALL {
        let (kid, material) = ring::generate(*alg, &app.master_key, app.rng.as_ref())?;
        keys.extend(signing_key::create(&[], &kid, *alg)?);
        rows.push(material);
    }
    let command = Create {
        issuer: app.config.issuer.clone(),
        administrators: GroupId::new(app.new_id()),
        rule: RuleId::new(app.new_id()),
        keys,
        rows,
    };
    execute(app, &command, &operator(app)).await
}

struct Create {
    issuer: Issuer,
    administrators: GroupId,
    rule: RuleId,
    keys: Vec<Change>,
    rows: Vec<Statement>,
}

impl Command for Create {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        if state.issuer().await?.is_some() {
            return Ok(Decision::new(Vec::new(), ()));
        }
        let (api, group) = (admin_api::ID, self.administrators);
        let settings = ApiSettings {
            identifier: identifier(&self.issuer)?,
            aliases: Vec::new(),
            name: "Administration".to_owned(),
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
        let mut changes: Vec<Change> = vec![
            Event::RealmCreated {
                issuer: self.issuer.clone(),
            }
            .into(),
            Event::GroupCreated {
                group,
                name: ADMINISTRATORS.to_owned(),
            }
            .into(),
            Event::ApiCreated { api, settings }.into(),
        ];
        changes.extend(admin_api::scopes().map(|(scope, words)| {
            Event::ApiScopeSet {
                api,
                scope,
                description: words.to_owned(),
            }
            .into()
        }));
        let principal = Principal::Group(group);
        changes.push(
            Event::ApiRuleAdded {
                api,
                rule: self.rule,
                scope: None,
                principal,
            }
            .into(),
        );
        changes.extend(self.keys.clone());
        Ok(Decision::new(changes, ()).with_rows(self.rows.clone()))
    }
}

/// Moves the realm to another issuer. The admin API, which is named after it, moves along.
pub(super) struct Move {
    /// The new issuer.
    pub(super) issuer: Issuer,
}

impl Command for Move {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        let admin = state.administration().await?.api;
        if state.issuer().await?.as_ref() == Some(&self.issuer) {
            return Ok(Decision::new(Vec::new(), ()));
        }
        let settings = ApiSettings {
            identifier: identifier(&self.issuer)?,
            ..admin.settings
        };
        let changes = vec![
            Event::RealmIssuerChanged {
                issuer: self.issuer.clone(),
            }
            .into(),
            Event::ApiUpdated {
                api: admin.id,
                settings,
            }
            .into(),
        ];
        Ok(Decision::new(changes, ()))
    }
}

fn identifier(issuer: &Issuer) -> Result<ResourceUri, Refusal> {
    admin_api::identifier(issuer).map_err(|error| Refusal::Invalid(error.to_string()))
}
