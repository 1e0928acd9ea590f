//! APIs with their scopes, ceilings and rules.

use std::collections::BTreeMap;

use domain::api::{Api, ApiSettings, Rule, SubjectKind};
use domain::event::{Change, Event, Subject};
use domain::value::{ApiId, RuleId, Scope};
use eventlog::{DbError, Log, Row, Value};
use serde::de::DeserializeOwned;

use super::{Effect, Placed, json, unreadable};

/// Claim kind of API identifiers and aliases, in canonical form.
pub(crate) const IDENTIFIER: &str = "api-identifier";

#[expect(clippy::too_many_lines, reason = "one arm for each event")]
pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    match &change.event {
        Event::ApiCreated { api, settings } => {
            claim_identifiers(*api, settings, effect);
            effect.row(
                "INSERT INTO apis (id, identifier, settings, has_credential, created, version) \
                 VALUES ($1, $2, $3, 0, $4, $5)",
                [
                    Value::from(api.to_string()),
                    settings.identifier.as_str().into(),
                    json(settings).into(),
                    placed.time.micros().into(),
                    placed.version.into(),
                ],
            );
            return;
        }
        Event::ApiUpdated { api, settings } => {
            effect.release_held_by(Subject::api(api).into_string());
            claim_identifiers(*api, settings, effect);
            effect.row(
                "UPDATE apis SET identifier = $2, settings = $3 WHERE id = $1",
                [
                    Value::from(api.to_string()),
                    settings.identifier.as_str().into(),
                    json(settings).into(),
                ],
            );
        }
        Event::ApiDeleted { api } => {
            effect.release_held_by(Subject::api(api).into_string());
            let api = Value::from(api.to_string());
            effect.row("DELETE FROM api_scopes WHERE api = $1", [api.clone()]);
            effect.row("DELETE FROM api_ceilings WHERE api = $1", [api.clone()]);
            effect.row("DELETE FROM api_rules WHERE api = $1", [api.clone()]);
            effect.row("DELETE FROM apis WHERE id = $1", [api]);
            return;
        }
        Event::ApiScopeSet {
            api,
            scope,
            description,
        } => effect.row(
            "INSERT INTO api_scopes (api, scope, description) VALUES ($1, $2, $3) \
             ON CONFLICT (api, scope) DO UPDATE SET description = excluded.description",
            [
                Value::from(api.to_string()),
                scope.as_str().into(),
                description.as_str().into(),
            ],
        ),
        Event::ApiScopeRemoved { api, scope } => effect.row(
            "DELETE FROM api_scopes WHERE api = $1 AND scope = $2",
            [Value::from(api.to_string()), scope.as_str().into()],
        ),
        Event::ApiCredentialSet { api } => effect.row(
            "UPDATE apis SET has_credential = 1 WHERE id = $1",
            [Value::from(api.to_string())],
        ),
        Event::ApiCredentialRemoved { api } => effect.row(
            "UPDATE apis SET has_credential = 0 WHERE id = $1",
            [Value::from(api.to_string())],
        ),
        Event::ApiClientAllowed {
            api,
            holder,
            subject,
            ceiling,
        } => effect.row(
            "INSERT INTO api_ceilings (api, holder, subject, ceiling) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (api, holder, subject) DO UPDATE SET ceiling = excluded.ceiling",
            [
                Value::from(api.to_string()),
                json(holder).into(),
                json(subject).into(),
                json(ceiling).into(),
            ],
        ),
        Event::ApiClientDisallowed {
            api,
            holder,
            subject,
        } => effect.row(
            "DELETE FROM api_ceilings WHERE api = $1 AND holder = $2 AND subject = $3",
            [
                Value::from(api.to_string()),
                json(holder).into(),
                json(subject).into(),
            ],
        ),
        Event::ApiRuleAdded {
            api,
            rule,
            scope,
            principal,
        } => effect.row(
            "INSERT INTO api_rules (id, api, scope, principal) VALUES ($1, $2, $3, $4)",
            [
                Value::from(rule.to_string()),
                api.to_string().into(),
                scope.as_ref().map(Scope::as_str).into(),
                json(principal).into(),
            ],
        ),
        Event::ApiRuleRemoved { rule, .. } => {
            effect.row(
                "DELETE FROM api_rules WHERE id = $1",
                [Value::from(rule.to_string())],
            );
        }
        _ => return,
    }
    let id = change.event.subject().into_string();
    let id = id.strip_prefix("api/").unwrap_or_default();
    effect.row(
        "UPDATE apis SET version = $2 WHERE id = $1",
        [Value::from(id), placed.version.into()],
    );
}

fn claim_identifiers(api: ApiId, settings: &ApiSettings, effect: &mut Effect) {
    let holder = Subject::api(&api).into_string();
    for uri in std::iter::once(&settings.identifier).chain(&settings.aliases) {
        effect.take(IDENTIFIER, uri.canonical(), holder.clone());
    }
}

/// All APIs with the versions of their subjects, from rows read in one snapshot.
///
/// The queries are [`QUERIES`], in that order.
pub(super) fn assemble(rows: &[Vec<Row>]) -> Result<Vec<(Api, i64)>, DbError> {
    let [apis, scopes, ceilings, rules] = rows else {
        return Err(unreadable("apis", "four tables expected"));
    };
    let mut all = BTreeMap::new();
    for row in apis {
        let id = ApiId::parse(row.text(0)?).map_err(|error| unreadable("apis", error))?;
        let api = Api {
            id,
            settings: from_json("apis", row.text(1)?)?,
            scopes: BTreeMap::new(),
            ceilings: BTreeMap::new(),
            rules: Vec::new(),
            has_credential: row.bool(2)?,
            built_in: [crate::admin_api::ID, crate::ssf_api::ID].contains(&id),
        };
        all.insert(row.text(0)?.to_owned(), (api, row.int(3)?));
    }
    for row in scopes {
        let scope = Scope::parse(row.text(1)?).map_err(|error| unreadable("api_scopes", error))?;
        if let Some((api, _)) = all.get_mut(row.text(0)?) {
            api.scopes.insert(scope, row.text(2)?.to_owned());
        }
    }
    for row in ceilings {
        let holder = from_json("api_ceilings", row.text(1)?)?;
        let subject: SubjectKind = from_json("api_ceilings", row.text(2)?)?;
        if let Some((api, _)) = all.get_mut(row.text(0)?) {
            api.ceilings
                .insert((holder, subject), from_json("api_ceilings", row.text(3)?)?);
        }
    }
    for row in rules {
        let rule = Rule {
            id: RuleId::parse(row.text(1)?).map_err(|error| unreadable("api_rules", error))?,
            scope: row
                .opt_text(2)?
                .map(Scope::parse)
                .transpose()
                .map_err(|error| unreadable("api_rules", error))?,
            principal: from_json("api_rules", row.text(3)?)?,
        };
        if let Some((api, _)) = all.get_mut(row.text(0)?) {
            api.rules.push(rule);
        }
    }
    Ok(all.into_values().collect())
}

fn from_json<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| unreadable(table, error))
}

/// Reads every API; the answers go to [`assemble`].
pub(super) const QUERIES: [&str; 4] = [
    "SELECT id, settings, has_credential, version FROM apis ORDER BY id",
    "SELECT api, scope, description FROM api_scopes ORDER BY api, scope",
    "SELECT api, holder, subject, ceiling FROM api_ceilings ORDER BY api, holder, subject",
    "SELECT api, id, scope, principal FROM api_rules ORDER BY api, id",
];

/// Reads one API; the answers go to [`assemble`].
const ONE: [&str; 4] = [
    "SELECT id, settings, has_credential, version FROM apis WHERE id = $1",
    "SELECT api, scope, description FROM api_scopes WHERE api = $1 ORDER BY scope",
    "SELECT api, holder, subject, ceiling FROM api_ceilings WHERE api = $1 ORDER BY holder, subject",
    "SELECT api, id, scope, principal FROM api_rules WHERE api = $1 ORDER BY id",
];

/// All APIs, with the versions of their subjects.
pub async fn all(log: &Log) -> Result<Vec<(Api, i64)>, DbError> {
    let queries = QUERIES.map(|sql| (sql, Vec::new()));
    assemble(&log.read_together(&queries).await?)
}

/// One API, with the version of its subject.
pub async fn get(log: &Log, api: ApiId) -> Result<Option<(Api, i64)>, DbError> {
    let queries = ONE.map(|sql| (sql, vec![Value::from(api.to_string())]));
    Ok(assemble(&log.read_together(&queries).await?)?.pop())
}

/// The API that holds this identifier or alias, in canonical form.
pub async fn by_identifier(log: &Log, canonical: &str) -> Result<Option<ApiId>, DbError> {
    let row = log
        .read_one(
            "SELECT holder FROM claims WHERE kind = $1 AND key = $2",
            &[IDENTIFIER.into(), canonical.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id = row.text(0)?.strip_prefix("api/").unwrap_or_default();
    ApiId::parse(id)
        .map(Some)
        .map_err(|error| unreadable("claims", error))
}

/// SHA-256 of each introspection credential: (API id, hash).
pub async fn credential_hashes(log: &Log) -> Result<Vec<(String, [u8; 32])>, DbError> {
    log.read("SELECT api, hash FROM api_credentials", &[])
        .await?
        .iter()
        .map(|row| Ok((row.text(0)?.to_owned(), hash(row, 1)?)))
        .collect()
}

/// A SHA-256 hash in a column.
pub(super) fn hash(row: &Row, column: usize) -> Result<[u8; 32], DbError> {
    row.bytes(column)?
        .try_into()
        .map_err(|_| unreadable("secrets", "not a SHA-256 hash"))
}
