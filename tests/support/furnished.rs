//! A realm like the demo's: two APIs, each open to one group; clients of every kind.

use chancery::command::apis::{Change, ChangeApi, CreateApi, UpdateApi};
use chancery::command::clients::CreateClient;
use domain::api::{ApiSettings, Ceiling, Holder, Principal, SubjectKind};
use domain::client::{AuthMethod, ClientSettings, GrantType};
use domain::value::{
    ApiId, ClientId, Origin, Party, RedirectUri, RuleId, Scope, ScopeSet, TokenFormat, UserId,
    Username,
};

use super::TestApp;
use super::realm::{api, machine, sha256};

/// An API that is open to the group `photos`: `photos:read`, `photos:write`.
pub(crate) const PHOTOS: &str = "https://photos.example/";
/// An API that is open to the group `files`: `files:read`, `files:write`.
pub(crate) const FILES: &str = "https://files.example/";
/// An API with opaque tokens that is open to everybody: `notes:read`.
pub(crate) const NOTES: &str = "https://notes.example/";

/// Makes it. All users have the same password; all APIs the credential `api-secret`.
///
/// Users: alice (photos), bob (files), carol (both), dora (neither). Clients: `web` and `cli` are
/// ours, for people, confidential and public; `third-party` is somebody else's, and may have
/// `photos:read` and `files:read` at most; `machine` acts for itself at photos and files.
pub(crate) async fn furnish(app: &TestApp) {
    let (photos, files) = (app.group("photos").await, app.group("files").await);
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    app.user("dora").await;
    for (user, group) in [
        (alice, photos),
        (bob, files),
        (carol, photos),
        (carol, files),
    ] {
        app.add(user, group).await;
    }
    for create in clients() {
        app.run(&create).await;
    }
    for (identifier, name, group) in [
        (PHOTOS, "photos", Some(photos)),
        (FILES, "files", Some(files)),
        (NOTES, "notes", None),
    ] {
        let read = scope(&format!("{name}:read"));
        let mut settings = api(identifier);
        let mut scopes = vec![(read.clone(), format!("See your {name}"))];
        if group.is_none() {
            settings.token_format = TokenFormat::Opaque;
        } else {
            let write = scope(&format!("{name}:write"));
            scopes.push((write, format!("Change your {name}")));
        }
        let id = ApiId::new(app.new_id());
        let create = CreateApi {
            id,
            settings,
            scopes,
        };
        app.run(&create).await;
        let mut changes = vec![Change::SetCredential(sha256("api-secret"))];
        if let Some(group) = group {
            let rule = RuleId::new(app.new_id());
            changes.push(Change::AddRule(rule, None, Principal::Group(group)));
            changes.push(Change::AllowClient(
                Holder::Client(client_id("third-party")),
                SubjectKind::User,
                Ceiling::Scopes(std::iter::once(read).collect::<ScopeSet>()),
            ));
            changes.push(Change::AllowClient(
                Holder::Client(client_id("machine")),
                SubjectKind::Client,
                Ceiling::All,
            ));
        }
        for change in changes {
            app.run(&ChangeApi { id, change }).await;
        }
    }
}

fn clients() -> [CreateClient; 4] {
    let of_people = |name: &str, redirect_uri: &str| ClientSettings {
        auth_method: AuthMethod::None,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        redirect_uris: vec![RedirectUri::parse(redirect_uri).unwrap()],
        ..machine(name)
    };
    let web = ClientSettings {
        auth_method: AuthMethod::ClientSecretBasic,
        post_logout_redirect_uris: vec![RedirectUri::parse("https://web.example/").unwrap()],
        origins: vec![Origin::parse("https://web.example").unwrap()],
        ..of_people("The web app", "https://web.example/callback")
    };
    let third_party = ClientSettings {
        party: Party::Third,
        ..of_people("Somebody else's", "https://third.example/callback")
    };
    let cli = of_people("The command line", "http://127.0.0.1/callback");
    [
        client("web", web, Some("web-secret")),
        client("cli", cli, None),
        client("third-party", third_party, None),
        client("machine", machine("A machine"), Some("machine-secret")),
    ]
}

/// The command that registers a client, with a secret where it has one.
pub(crate) fn client(id: &str, settings: ClientSettings, secret: Option<&str>) -> CreateClient {
    // The name of a secret is anything that no other has.
    let name = |secret| {
        RuleId::new(uuid::Uuid::from_bytes(
            *sha256(secret).first_chunk().unwrap(),
        ))
    };
    CreateClient {
        id: client_id(id),
        settings,
        secret: secret.map(|secret| (name(secret), sha256(secret))),
    }
}

pub(crate) fn client_id(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

impl TestApp {
    /// Somebody of the realm.
    pub(crate) async fn user_named(&self, name: &str) -> UserId {
        let username = Username::parse(name).unwrap();
        let found = chancery::read::users::by_username(&self.log, &username).await;
        found.unwrap().unwrap()
    }

    /// A group of the realm.
    pub(crate) async fn group_named(&self, name: &str) -> domain::value::GroupId {
        let found = chancery::read::groups::by_name(&self.log, name).await;
        found.unwrap().unwrap()
    }

    /// An API of the realm.
    pub(crate) fn api_of(&self, identifier: &str) -> ApiId {
        let identifier = domain::value::ResourceUri::parse(identifier).unwrap();
        self.snapshot.latest().api(&identifier).unwrap().api.id
    }

    /// Changes the settings of an API.
    pub(crate) async fn set_api(&self, identifier: &str, change: impl Fn(&mut ApiSettings) + Sync) {
        let change = |settings: &ApiSettings| {
            let mut settings = settings.clone();
            change(&mut settings);
            Ok(settings)
        };
        let id = self.api_of(identifier);
        self.run(&UpdateApi { id, change }).await;
    }

    /// Changes the settings of a client.
    pub(crate) async fn set_client(&self, id: &str, change: impl Fn(&mut ClientSettings) + Sync) {
        let change = |settings: &ClientSettings| {
            let mut settings = settings.clone();
            change(&mut settings);
            Ok(settings)
        };
        let id = client_id(id);
        self.run(&chancery::command::clients::UpdateClient { id, change })
            .await;
    }

    /// Takes somebody out of a group.
    pub(crate) async fn remove(&self, user: &str, group: &str) {
        let remove = chancery::command::groups::RemoveMember {
            group: self.group_named(group).await,
            user: self.user_named(user).await,
        };
        self.run(&remove).await;
    }
}
