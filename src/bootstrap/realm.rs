//! Founding the realm, and moving it to another issuer.
//!
//! A realm begins with its issuer, our own APIs, a group whose members hold every power, a signing
//! key for each algorithm, and the root that all other secrets are derived from.

use domain::api::{ApiSettings, Principal};
use domain::event::{Change, Event};
use domain::signing_key;
use domain::value::{GroupId, Issuer, RuleId, SigningAlg};
use eventlog::Statement;

use super::{built_in, operator};
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
        let group = self.administrators;
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
        ];
        changes.extend(built_in::create(&self.issuer)?);
        let principal = Principal::Group(group);
        changes.push(
            Event::ApiRuleAdded {
                api: admin_api::ID,
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

/// Moves the realm to another issuer. Our own APIs, which are named after it, move along.
pub(super) struct Move {
    /// The new issuer.
    pub(super) issuer: Issuer,
}

impl Command for Move {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        if state.issuer().await?.as_ref() == Some(&self.issuer) {
            return Ok(Decision::new(Vec::new(), ()));
        }
        let mut changes: Vec<Change> = vec![
            Event::RealmIssuerChanged {
                issuer: self.issuer.clone(),
            }
            .into(),
        ];
        for own in &built_in::ALL {
            if let Some(api) = state.api(own.id).await? {
                let settings = ApiSettings {
                    identifier: own.identifier(&self.issuer)?,
                    ..api.settings
                };
                let api = own.id;
                changes.push(Event::ApiUpdated { api, settings }.into());
            }
        }
        Ok(Decision::new(changes, ()))
    }
}
