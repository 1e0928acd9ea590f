//! Things to decide about, and the names of what was decided.

use std::collections::BTreeMap;

use domain::api::{Api, ApiSettings, ClientPolicy};
use domain::client::{AuthMethod, Client, ClientSettings, GrantType};
use domain::event::Change;
use domain::grant::Granted;
use domain::group::Group;
use domain::personal::Details;
use domain::session::Session;
use domain::user::{User, UserKind};
use domain::value::*;
use uuid::Uuid;

/// The names of events, in order.
pub(crate) fn kinds(changes: &[Change]) -> Vec<&'static str> {
    changes.iter().map(|change| change.event.kind()).collect()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

pub(crate) fn user_id(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}

pub(crate) fn group_id(n: u128) -> GroupId {
    GroupId::new(Uuid::from_u128(n))
}

pub(crate) fn rule_id(n: u128) -> RuleId {
    RuleId::new(Uuid::from_u128(n))
}

pub(crate) fn set(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

pub(crate) fn details(username: &str) -> Details {
    Details {
        username: Username::parse(username).unwrap(),
        email: Some(Email::parse(&format!("{username}@example.com")).unwrap()),
        email_verified: true,
        profile: Profile::default(),
        attributes: BTreeMap::new(),
    }
}

pub(crate) fn user(username: &str) -> User {
    User {
        id: user_id(1),
        kind: UserKind::Person,
        enabled: true,
        has_password: true,
        must_change_password: false,
        details: details(username),
    }
}

pub(crate) fn group(n: u128) -> Group {
    Group {
        id: group_id(n),
        name: format!("group-{n}"),
    }
}

pub(crate) fn session() -> Session {
    Session {
        id: SessionId::new(Uuid::from_u128(9)),
        user: user_id(1),
        auth_time: at(0),
        amr: vec!["pwd".to_owned()],
        expires: at(3600),
    }
}

pub(crate) fn settings() -> ClientSettings {
    ClientSettings {
        name: "Demo".to_owned(),
        party: Party::First,
        auth_method: AuthMethod::ClientSecretBasic,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        redirect_uris: vec![RedirectUri::parse("https://demo.example/callback").unwrap()],
        post_logout_redirect_uris: Vec::new(),
        origins: Vec::new(),
        jwks: None,
        id_token_alg: SigningAlg::Rs256,
        require_resource: false,
        backchannel_logout_uri: None,
        add_stream: 0,
        enabled: true,
    }
}

pub(crate) fn client() -> Client {
    Client {
        id: ClientId::parse("demo").unwrap(),
        settings: settings(),
        secrets: Vec::new(),
    }
}

pub(crate) fn api_settings() -> ApiSettings {
    ApiSettings {
        identifier: ResourceUri::parse("https://photos.example/").unwrap(),
        aliases: Vec::new(),
        name: "Photos".to_owned(),
        token_format: TokenFormat::Jwt,
        signing_alg: SigningAlg::Es256,
        token_lifetime: 600,
        third_party_token_lifetime: 300,
        groups_claim: Vec::new(),
        client_policy: ClientPolicy::AllowFirstParty,
        advertise: false,
        enabled: true,
    }
}

pub(crate) fn api(scopes: &str) -> Api {
    Api {
        id: ApiId::new(Uuid::from_u128(7)),
        settings: api_settings(),
        scopes: set(scopes)
            .iter()
            .map(|scope| (scope.clone(), String::new()))
            .collect(),
        ceilings: BTreeMap::new(),
        rules: Vec::new(),
        has_credential: false,
        built_in: false,
    }
}

pub(crate) fn granted(api: &Api, scopes: &str, oidc: &str) -> Granted {
    Granted {
        apis: [(api.id, set(scopes))].into(),
        oidc: set(oidc),
    }
}
