//! Users, groups, sessions, settings: what realms are made of.

use aws_lc_rs::digest::{SHA256, digest};
use chancery::command::apis::CreateApi;
use chancery::command::groups::{AddMember, CreateGroup};
use chancery::command::sessions::StartSession;
use chancery::command::users::CreateUser;
use domain::api::{ApiSettings, ClientPolicy};
use domain::client::{AuthMethod, ClientSettings, GrantType};
use domain::personal::{Details, Personal};
use domain::user::UserKind;
use domain::value::{
    ApiId, Email, GroupId, GroupName, Party, Password, Profile, ResourceUri, SessionId, SigningAlg,
    TokenFormat, UserId, Username,
};

use super::TestApp;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery";

impl TestApp {
    /// Creates a person with a password and an e-mail address.
    pub(crate) async fn user(&self, name: &str) -> UserId {
        let attempt = Password::attempt(PASSWORD).unwrap();
        let phc = self.passwords.hash(&attempt, self.rng.as_ref()).await;
        let create = CreateUser {
            password: Some((phc.unwrap(), false)),
            ..self.create_user(name)
        };
        self.run(&create).await;
        create.id
    }

    /// The command that creates a person, without a password.
    pub(crate) fn create_user(&self, name: &str) -> CreateUser {
        CreateUser {
            id: UserId::new(self.new_id()),
            kind: UserKind::Person,
            details: details(name),
            password: None,
        }
    }

    /// The command that registers an API without scopes.
    pub(crate) fn create_api(&self, identifier: &str) -> CreateApi {
        CreateApi {
            id: ApiId::new(self.new_id()),
            settings: api(identifier),
            scopes: Vec::new(),
        }
    }

    /// Creates a group.
    pub(crate) async fn group(&self, name: &str) -> GroupId {
        let id = GroupId::new(self.new_id());
        let name = GroupName::parse(name).unwrap();
        self.run(&CreateGroup { id, name }).await;
        id
    }

    /// Makes a user a member, for good.
    pub(crate) async fn add(&self, user: UserId, group: GroupId) {
        let expires = None;
        self.run(&AddMember {
            group,
            user,
            expires,
        })
        .await;
    }

    /// Starts a session, as the sign-in page does after a right password.
    pub(crate) async fn session(&self, user: UserId) -> SessionId {
        let start = self.start_session(user);
        self.run(&start).await;
        start.id
    }

    /// The command that starts a session.
    pub(crate) fn start_session(&self, user: UserId) -> StartSession {
        let sessions = &self.config.sessions;
        StartSession {
            id: SessionId::new(self.new_id()),
            secret_hash: self.rng.bytes(),
            user,
            amr: vec!["pwd".into()],
            verified: None,
            idle_expires: self.now().plus(sessions.idle.seconds()),
            expires: self.now().plus(sessions.absolute.seconds()),
            personal: Personal {
                ip: Some("192.0.2.7".into()),
                user_agent: Some("Browser/1.0".into()),
                ..Personal::default()
            },
            replaces: None,
        }
    }
}

/// The personal values of somebody of this name.
pub(crate) fn details(name: &str) -> Details {
    Details {
        username: Username::parse(name).unwrap(),
        email: Some(Email::parse(&format!("{name}@people.example")).unwrap()),
        email_verified: true,
        profile: Profile::default(),
        attributes: std::collections::BTreeMap::new(),
    }
}

/// The settings of an API that is open to all clients of ours.
pub(crate) fn api(identifier: &str) -> ApiSettings {
    ApiSettings {
        identifier: ResourceUri::parse(identifier).unwrap(),
        aliases: Vec::new(),
        name: identifier.into(),
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

/// The settings of a client that acts for itself, by a secret.
pub(crate) fn machine(name: &str) -> ClientSettings {
    ClientSettings {
        name: name.into(),
        party: Party::First,
        auth_method: AuthMethod::ClientSecretBasic,
        grant_types: vec![GrantType::ClientCredentials],
        redirect_uris: Vec::new(),
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

/// What is kept of a random secret.
pub(crate) fn sha256(secret: &str) -> [u8; 32] {
    let digest = digest(&SHA256, secret.as_bytes());
    digest.as_ref().try_into().unwrap()
}
