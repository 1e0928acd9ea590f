//! APIs: resource servers that tokens are for, their scopes, who may ask and who may have.

use alloc::{collections::BTreeMap, string::String, string::ToString, vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::event::{Change, Event};
use crate::refusal::Refusal;
use crate::value::{
    ApiId, ClientId, GroupId, Name, ResourceUri, RuleId, Scope, ScopeSet, SigningAlg, TokenFormat,
    UserId, check_description,
};

/// Which clients may ask for an API without a ceiling of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientPolicy {
    /// Our own clients, for people, up to all scopes; third parties and machines need a ceiling.
    #[default]
    AllowFirstParty,
    /// Every client needs a ceiling, its own or its class's.
    RequireGrant,
    /// No client at all.
    Deny,
}

/// Everything an operator can set about an API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApiSettings {
    /// What tokens name as their audience.
    pub identifier: ResourceUri,
    /// Other names that a client may ask by (RFC 8707).
    #[serde(default)]
    pub aliases: Vec<ResourceUri>,
    /// Its name, shown to people.
    pub name: String,
    /// JWT or opaque.
    #[serde(default = "jwt")]
    pub token_format: TokenFormat,
    /// How its tokens are signed.
    #[serde(default = "es256")]
    pub signing_alg: SigningAlg,
    /// How long its tokens live, in seconds.
    #[serde(default = "ten_minutes")]
    pub token_lifetime: i64,
    /// How long its tokens live at third parties' clients, in seconds.
    #[serde(default = "five_minutes")]
    pub third_party_token_lifetime: i64,
    /// Groups that its tokens name in a `groups` claim, where the user is a member (RFC 9068 §2.2.3.1).
    #[serde(default)]
    pub groups_claim: Vec<GroupId>,
    /// Which clients may ask without a ceiling.
    #[serde(default)]
    pub client_policy: ClientPolicy,
    /// Whether the server's metadata name it (RFC 9728 §4).
    #[serde(default)]
    pub advertise: bool,
    /// Whether tokens are issued for it.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn jwt() -> TokenFormat {
    TokenFormat::Jwt
}
fn es256() -> SigningAlg {
    SigningAlg::Es256
}
fn ten_minutes() -> i64 {
    600
}
fn five_minutes() -> i64 {
    300
}
fn yes() -> bool {
    true
}

/// A client, or all clients of a class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// One client.
    Client(ClientId),
    /// Every client of ours without a ceiling of its own.
    FirstParty,
    /// Every third party's client without a ceiling of its own.
    ThirdParty,
    /// Every client without a ceiling of its own or its party's.
    All,
}

/// For whom a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A person who signed in.
    User,
    /// Itself (client_credentials).
    Client,
}

/// The most that a client may ask of an API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ceiling {
    /// Every scope, also those that come later.
    All,
    /// These scopes.
    Scopes(ScopeSet),
}

/// Who a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// Members, direct or by nesting.
    Group(GroupId),
    /// One user.
    User(UserId),
}

/// A group or user may have a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rule {
    /// The rule.
    pub id: RuleId,
    /// The scope, or all of them.
    pub scope: Option<Scope>,
    /// Who is allowed.
    pub principal: Principal,
}

/// An API, as the log says it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// The API.
    pub id: ApiId,
    /// Its settings.
    pub settings: ApiSettings,
    /// Its scopes and what each lets a client do.
    pub scopes: BTreeMap<Scope, String>,
    /// Which clients may ask, and how much.
    pub ceilings: BTreeMap<(Holder, SubjectKind), Ceiling>,
    /// Which users may have it; empty: all.
    pub rules: Vec<Rule>,
    /// Whether it may introspect.
    pub has_credential: bool,
    /// Whether it is part of this program: then its identifier, scopes and existence are fixed.
    pub built_in: bool,
}

/// The longest life of an access token, in seconds.
pub const LONGEST_LIFETIME: i64 = 86_400;

/// Registers an API. Identifier and aliases are claimed by the event, in canonical form.
pub fn create(api: ApiId, settings: ApiSettings) -> Result<Vec<Change>, Refusal> {
    check(&settings)?;
    Ok(vec![Event::ApiCreated { api, settings }.into()])
}

/// Sets an API's settings.
pub fn update(api: &Api, settings: ApiSettings) -> Result<Vec<Change>, Refusal> {
    if api.settings == settings {
        return Ok(Vec::new());
    }
    let fixed = |settings: &ApiSettings| (settings.identifier.clone(), settings.enabled);
    if api.built_in && fixed(&api.settings) != fixed(&settings) {
        return Err(Refusal::BuiltIn("this API"));
    }
    check(&settings)?;
    Ok(vec![
        Event::ApiUpdated {
            api: api.id,
            settings,
        }
        .into(),
    ])
}

/// Deletes an API, with its scopes, ceilings and rules.
pub fn delete(api: &Api) -> Result<Vec<Change>, Refusal> {
    if api.built_in {
        return Err(Refusal::BuiltIn("this API"));
    }
    Ok(vec![Event::ApiDeleted { api: api.id }.into()])
}

/// Adds a scope, or says in other words what it does.
pub fn set_scope(api: &Api, scope: Scope, description: String) -> Result<Vec<Change>, Refusal> {
    if api.scopes.get(&scope) == Some(&description) {
        return Ok(Vec::new());
    }
    if api.built_in {
        return Err(Refusal::BuiltIn("this API"));
    }
    if !scope.is_definable() {
        return Err(Refusal::Invalid(alloc::format!(
            "no API can define the scope {scope}: it has a meaning of its own"
        )));
    }
    check_description(&description)
        .map_err(|error| Refusal::Invalid(alloc::format!("description: {error}")))?;
    Ok(vec![
        Event::ApiScopeSet {
            api: api.id,
            scope,
            description,
        }
        .into(),
    ])
}

/// Removes a scope, and the rules that name it.
pub fn remove_scope(api: &Api, scope: &Scope) -> Result<Vec<Change>, Refusal> {
    if api.built_in {
        return Err(Refusal::BuiltIn("this API"));
    }
    if !api.scopes.contains_key(scope) {
        return Err(Refusal::NotFound("scope"));
    }
    if api
        .rules
        .iter()
        .any(|rule| rule.scope.as_ref() == Some(scope))
    {
        return Err(Refusal::Invalid(
            "a rule names this scope: remove the rule first".to_string(),
        ));
    }
    Ok(vec![
        Event::ApiScopeRemoved {
            api: api.id,
            scope: scope.clone(),
        }
        .into(),
    ])
}

/// Notes that the introspection credential was set; its hash goes into its own table.
pub fn set_credential(api: &Api) -> Vec<Change> {
    vec![Event::ApiCredentialSet { api: api.id }.into()]
}

/// Takes the introspection credential away.
pub fn remove_credential(api: &Api) -> Result<Vec<Change>, Refusal> {
    if !api.has_credential {
        return Err(Refusal::NotFound("credential"));
    }
    Ok(vec![Event::ApiCredentialRemoved { api: api.id }.into()])
}

/// Lets a client, or a class of clients, ask up to a ceiling.
pub fn allow_client(
    api: &Api,
    holder: Holder,
    subject: SubjectKind,
    ceiling: Ceiling,
) -> Result<Vec<Change>, Refusal> {
    if let Ceiling::Scopes(scopes) = &ceiling {
        known(api, scopes.iter())?;
    }
    let key = (holder, subject);
    if api.ceilings.get(&key) == Some(&ceiling) {
        return Ok(Vec::new());
    }
    let (holder, subject) = key;
    Ok(vec![
        Event::ApiClientAllowed {
            api: api.id,
            holder,
            subject,
            ceiling,
        }
        .into(),
    ])
}

/// Takes a ceiling away.
pub fn disallow_client(
    api: &Api,
    holder: Holder,
    subject: SubjectKind,
) -> Result<Vec<Change>, Refusal> {
    let key = (holder, subject);
    if !api.ceilings.contains_key(&key) {
        return Err(Refusal::NotFound("client grant"));
    }
    let (holder, subject) = key;
    Ok(vec![
        Event::ApiClientDisallowed {
            api: api.id,
            holder,
            subject,
        }
        .into(),
    ])
}

/// Allows a group or user a scope. From the first rule on, all others are refused.
pub fn add_rule(
    api: &Api,
    rule: RuleId,
    scope: Option<Scope>,
    principal: Principal,
) -> Result<Vec<Change>, Refusal> {
    known(api, scope.iter())?;
    if api
        .rules
        .iter()
        .any(|other| other.scope == scope && other.principal == principal)
    {
        return Ok(Vec::new());
    }
    Ok(vec![
        Event::ApiRuleAdded {
            api: api.id,
            rule,
            scope,
            principal,
        }
        .into(),
    ])
}

/// Removes a rule. With the last one, everybody may have the API.
pub fn remove_rule(api: &Api, rule: RuleId) -> Result<Vec<Change>, Refusal> {
    if !api.rules.iter().any(|other| other.id == rule) {
        return Err(Refusal::NotFound("rule"));
    }
    if api.built_in && api.rules.len() == 1 {
        return Err(Refusal::Invalid(
            "the last rule of a built-in API keeps everybody else out".to_string(),
        ));
    }
    Ok(vec![Event::ApiRuleRemoved { api: api.id, rule }.into()])
}

fn known<'a>(api: &Api, mut scopes: impl Iterator<Item = &'a Scope>) -> Result<(), Refusal> {
    match scopes.find(|scope| !api.scopes.contains_key(*scope)) {
        Some(unknown) => Err(Refusal::UnknownScope(unknown.clone())),
        None => Ok(()),
    }
}

/// What must hold between the settings of one API.
fn check(settings: &ApiSettings) -> Result<(), Refusal> {
    let invalid = |reason: &str| Err(Refusal::Invalid(reason.to_string()));
    // People are asked by this name what they allow.
    if let Err(error) = Name::parse(&settings.name) {
        return invalid(&alloc::format!("name: {error}"));
    }
    let lifetimes = [settings.token_lifetime, settings.third_party_token_lifetime];
    if lifetimes
        .iter()
        .any(|seconds| !(10..=LONGEST_LIFETIME).contains(seconds))
    {
        return invalid("a token lives between 10 seconds and one day");
    }
    if settings.token_format == TokenFormat::Opaque && settings.signing_alg != SigningAlg::Es256 {
        return invalid("an opaque token is not signed: leave signing_alg out");
    }
    Ok(())
}
