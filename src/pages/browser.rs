//! The browser in front of a page: who is signed in there, and which device it is.

use aws_lc_rs::{digest, hmac};
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::cause::Cause;
use domain::policy::session::Lifetime;
use domain::powers::Powers;
use domain::user::User;
use domain::value::{SessionId, Timestamp, UserId};
use eventlog::{DbError, Statement};

use super::view::{Page, Person};
use crate::app::App;
use crate::command::sessions::note_use;
use crate::execute::Facts;
use crate::http::cookies::Cookie;
use crate::http::request_id::RequestId;
use crate::read::{self, sessions::SessionRow};

/// How long a device is known, in seconds.
const DEVICE_SECONDS: i64 = 400 * 86_400;

/// A person who is signed in at this browser.
pub struct SignedIn {
    /// The session.
    pub row: SessionRow,
    /// The person.
    pub user: User,
}

impl SignedIn {
    /// How a page names them.
    pub fn person(&self) -> Person<'_> {
        let details = &self.user.details;
        let username = details.username.as_str();
        Person {
            name: details
                .profile
                .name
                .as_ref()
                .map_or(username, |name| name.as_str()),
            username,
        }
    }
}

/// Who is signed in.
pub async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>, DbError> {
    let Some(secret) = Cookie::Session.get(&app.config.issuer, headers) else {
        return Ok(None);
    };
    let Some(row) = read::sessions::by_secret(&app.log, &hash(&secret)).await? else {
        return Ok(None);
    };
    if row.is_over(app.now()) {
        return Ok(None);
    }
    let user = read::users::get(&app.log, row.session.user).await?;
    Ok(user
        .map(|found| found.user)
        .filter(|user| user.enabled)
        .map(|user| SignedIn { row, user }))
}

/// A new session cookie: its value and the SHA-256 that is kept.
pub fn new_secret(app: &App) -> (String, [u8; 32]) {
    let value = URL_SAFE_NO_PAD.encode(app.rng.bytes::<32>());
    let hash = hash(&value);
    (value, hash)
}

/// SHA-256.
pub(super) fn hash(value: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, value.as_bytes()).as_ref());
    out
}

/// The frame of a page with nobody signed in.
pub fn frame(app: &App) -> Page<'_> {
    Page {
        realm: &app.config.name,
        base: app.config.issuer.path(),
        user: None,
    }
}

/// The limits of sessions.
pub fn lifetime(app: &App) -> Lifetime {
    let sessions = &app.config.sessions;
    Lifetime {
        idle_seconds: sessions.idle.seconds(),
        absolute_seconds: sessions.absolute.seconds(),
    }
}

/// The row that notes that a session was used, where that is worth a write.
pub fn use_of(app: &App, row: &SessionRow) -> Option<Statement> {
    let now = app.now();
    let lifetime = lifetime(app);
    let last = row.used.unwrap_or(row.started);
    lifetime
        .is_worth_noting(last, now)
        .then(|| note_use(row.session.id, now, idle_end(app, now)))
}

/// When a session that is used now ends if it is not used again.
pub fn idle_end(app: &App, now: Timestamp) -> Timestamp {
    now.plus(lifetime(app).idle_seconds)
}

/// What a person's command over their own account is decided with: they have all powers over it.
pub fn facts(app: &App, user: UserId, request: &RequestId) -> Facts {
    Facts {
        now: app.now(),
        cause: Cause::person(user, Some(request.as_str().to_owned())),
        powers: Powers::All,
    }
}

/// The user agent as the browser names it, cut to 256 bytes.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(agent[..agent.len().min(256)].to_owned())
}

/// A device cookie: whose device it is, made by us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Who signed in on it.
    pub user: UserId,
    /// Its name: 16 random bytes in base64url.
    pub id: String,
}

impl Device {
    /// The device that the browser says it is, if we said so first.
    pub fn of(app: &App, headers: &HeaderMap) -> Option<Self> {
        let value = Cookie::Device.get(&app.config.issuer, headers)?;
        let (name, tag) = value.rsplit_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&app.secrets.device, name.as_bytes(), &tag).ok()?;
        let (user, id) = name.split_once('.')?;
        Some(Self {
            user: UserId::parse(user).ok()?,
            id: id.to_owned(),
        })
    }

    /// A new device of this user.
    pub fn new(app: &App, user: UserId) -> Self {
        Self {
            user,
            id: URL_SAFE_NO_PAD.encode(app.rng.bytes::<16>()),
        }
    }

    /// The cookie that makes it known again.
    pub fn cookie(&self, app: &App) -> axum::http::HeaderValue {
        let name = format!("{}.{}", self.user, self.id);
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&app.secrets.device, name.as_bytes()));
        Cookie::Device.set(
            &app.config.issuer,
            &format!("{name}.{tag}"),
            Some(DEVICE_SECONDS),
        )
    }
}

/// The id of a new session.
pub fn new_session(app: &App) -> SessionId {
    SessionId::new(app.new_id())
}
