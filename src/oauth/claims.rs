//! Claims about a person (OpenID Connect Core §5): which scope gives which, and the `claims`
//! parameter, which asks for them one by one.

use std::collections::BTreeSet;

use domain::personal::Details;
use domain::value::{GroupId, Scope, ScopeSet, Timestamp, UserId};
use eventlog::{DbError, Log};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::read;

/// The claims that each scope gives (OpenID Connect Core §5.4), and `groups`.
const BY_SCOPE: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("groups", &["groups"]),
];

/// Every claim about a person that can be had, for the metadata.
pub fn names() -> impl Iterator<Item = &'static str> {
    BY_SCOPE
        .iter()
        .flat_map(|(_, claims)| claims.iter().copied())
}

/// The claims that an answer is to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted(Vec<&'static str>);

impl Wanted {
    /// Those of these scopes.
    #[must_use]
    pub fn of_scopes(mut self, scopes: &ScopeSet) -> Self {
        let given = BY_SCOPE.iter().filter(|(scope, _)| scopes.contains(scope));
        self.0
            .extend(given.flat_map(|(_, claims)| claims.iter().copied()));
        self
    }

    /// Those of these names.
    #[must_use]
    pub fn named(mut self, claims: &[String]) -> Self {
        self.0
            .extend(names().filter(|name| claims.iter().any(|claim| claim == name)));
        self
    }

    /// Whether it is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them.
    pub fn contains(&self, claim: &str) -> bool {
        self.0.contains(&claim)
    }
}

/// What of the wanted claims is known about a person. `groups` are the names of all their groups,
/// `updated` is when their account was changed last.
pub fn about(
    details: &Details,
    updated: Timestamp,
    groups: Vec<String>,
    wanted: &Wanted,
) -> Map<String, Value> {
    let profile = &details.profile;
    let mut claims = match serde_json::to_value(profile) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    };
    claims.insert(
        "preferred_username".into(),
        details.username.as_str().into(),
    );
    claims.insert("updated_at".into(), updated.seconds().into());
    claims.insert("groups".into(), groups.into());
    if profile.phone_number.is_some() {
        claims.insert(
            "phone_number_verified".into(),
            profile.phone_number_verified.into(),
        );
    }
    if let Some(email) = &details.email {
        claims.insert("email".into(), email.as_str().into());
        claims.insert("email_verified".into(), details.email_verified.into());
    }
    claims.retain(|name, _| wanted.contains(name));
    claims
}

/// What of the wanted claims the database knows about a person who is a member of these groups.
pub async fn load(
    log: &Log,
    user: UserId,
    groups: &BTreeSet<GroupId>,
    wanted: &Wanted,
) -> Result<Map<String, Value>, DbError> {
    if wanted.is_empty() {
        return Ok(Map::new());
    }
    let Some(row) = read::users::get(log, user).await? else {
        return Ok(Map::new());
    };
    let names = if wanted.contains("groups") {
        group_names(log, groups).await?
    } else {
        Vec::new()
    };
    Ok(about(
        &row.user.details,
        Timestamp::from_micros(row.updated),
        names,
        wanted,
    ))
}

async fn group_names(log: &Log, groups: &BTreeSet<GroupId>) -> Result<Vec<String>, DbError> {
    let mut names = Vec::with_capacity(groups.len());
    for group in groups {
        if let Some((group, _)) = read::groups::get(log, *group).await? {
            names.push(group.name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The `claims` parameter (OpenID Connect Core §5.5), as far as it can be answered. That the person
/// allowed what it names is for the authorization endpoint to see to, by [`ClaimsRequest::scopes`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Claims that userinfo is to answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo: Vec<String>,
    /// Claims that the ID token is to have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token: Vec<String>,
    /// The one person whom the answer may be about (§5.5.1).
    #[serde(skip)]
    pub sub: Option<String>,
    /// Authentication contexts of which one is demanded (§5.5.1.1); empty: any will do.
    #[serde(skip)]
    pub essential_acr: Vec<String>,
}

/// Why a text is no `claims` parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("claims is not a JSON object as OpenID Connect Core 5.5 describes")]
pub struct InvalidClaimsRequest;

impl ClaimsRequest {
    /// Reads the parameter; claims that are not known are left out.
    pub fn parse(text: &str) -> Result<Self, InvalidClaimsRequest> {
        // By way of a map: a struct alone would be read from an array, too.
        let parsed = serde_json::from_str(text).map(Value::Object);
        let parsed = parsed
            .and_then(Parameter::deserialize)
            .map_err(|_| InvalidClaimsRequest)?;
        let known = |asked: &Asked| {
            names()
                .filter(|name| asked.contains_key(*name))
                .map(str::to_owned)
                .collect()
        };
        let places = [&parsed.id_token, &parsed.userinfo];
        let of_any = |claim| places.iter().find_map(|asked| asked.get(claim)?.as_ref());
        Ok(Self {
            userinfo: known(&parsed.userinfo),
            id_token: known(&parsed.id_token),
            sub: of_any("sub").and_then(|asked| asked.values().next()),
            essential_acr: of_any("acr")
                .filter(|asked| asked.essential)
                .map(|asked| asked.values().collect())
                .unwrap_or_default(),
        })
    }

    /// The scopes that would give what is named.
    pub fn scopes(&self) -> ScopeSet {
        let named = |claim: &&str| {
            self.userinfo
                .iter()
                .chain(&self.id_token)
                .any(|name| name == claim)
        };
        BY_SCOPE
            .iter()
            .filter(|(_, claims)| claims.iter().any(named))
            .filter_map(|(scope, _)| Scope::parse(scope).ok())
            .collect()
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

type Asked = std::collections::BTreeMap<String, Option<Individual>>;

#[derive(Deserialize)]
struct Parameter {
    #[serde(default)]
    userinfo: Asked,
    #[serde(default)]
    id_token: Asked,
}

#[derive(Deserialize)]
struct Individual {
    #[serde(default)]
    essential: bool,
    value: Option<Value>,
    #[serde(default)]
    values: Vec<Value>,
}

impl Individual {
    fn values(&self) -> impl Iterator<Item = String> {
        let texts = self
            .value
            .iter()
            .chain(&self.values)
            .filter_map(Value::as_str);
        texts.map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> Details {
        let json = r#"{"username":"alice","email":"alice@example.org","profile":
            {"name":"Alice","phone_number":"+4930123456","address":{"country":"NO"}}}"#;
        serde_json::from_str(json).unwrap()
    }

    fn told(wanted: &Wanted) -> Value {
        let groups = vec!["photos".to_owned()];
        Value::Object(about(
            &details(),
            Timestamp::from_seconds(7),
            groups,
            wanted,
        ))
    }

    fn scopes(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    #[test]
    fn each_scope_gives_its_claims_and_no_other() {
        for (scope, expected) in [
            ("openid offline_access", serde_json::json!({})),
            (
                "profile",
                serde_json::json!({"name": "Alice", "preferred_username": "alice", "updated_at": 7}),
            ),
            (
                "email",
                serde_json::json!({"email": "alice@example.org", "email_verified": false}),
            ),
            (
                "phone",
                serde_json::json!({"phone_number": "+4930123456", "phone_number_verified": false}),
            ),
            ("address", serde_json::json!({"address": {"country": "NO"}})),
            ("groups", serde_json::json!({"groups": ["photos"]})),
        ] {
            assert_eq!(
                told(&Wanted::default().of_scopes(&scopes(scope))),
                expected,
                "{scope}"
            );
        }
    }

    #[test]
    fn a_claim_can_be_asked_for_by_name() {
        let asked = ["name", "nickname", "password", "attributes"].map(str::to_owned);
        let wanted = Wanted::default().named(&asked);
        assert_eq!(told(&wanted), serde_json::json!({"name": "Alice"}));
    }

    #[test]
    fn the_parameter_is_read_as_in_the_specification() {
        let request = ClaimsRequest::parse(
            r#"{"userinfo": {"given_name": {"essential": true}, "nickname": null,
                 "http://example.info/claims/groups": null},
                "id_token": {"auth_time": {"essential": true}, "email": null,
                 "acr": {"essential": true, "values": ["urn:a", "urn:b"]}, "sub": {"value": "248289761001"}}}"#,
        )
        .unwrap();
        assert_eq!(request.userinfo, ["given_name", "nickname"]);
        assert_eq!(request.id_token, ["email"]);
        assert_eq!(request.essential_acr, ["urn:a", "urn:b"]);
        assert_eq!(request.sub.as_deref(), Some("248289761001"));
        assert_eq!(request.scopes(), scopes("email profile"));
    }

    #[test]
    fn a_voluntary_acr_demands_nothing() {
        let request = ClaimsRequest::parse(r#"{"id_token": {"acr": {"values": ["urn:a"]}}}"#);
        assert_eq!(request, Ok(ClaimsRequest::default()));
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            "",
            "[]",
            "\"name\"",
            r#"{"userinfo": ["name"]}"#,
            r#"{"id_token": {"name": 1}}"#,
        ] {
            assert_eq!(
                ClaimsRequest::parse(text),
                Err(InvalidClaimsRequest),
                "{text}"
            );
        }
    }
}
