//! The one-time link by which somebody becomes an administrator: at the first start, and when the
//! last one is lost.
//!
//! Who has the link has the realm. So it is shown where only the operator looks, works once and for a
//! day, and the database keeps no more than its SHA-256; the event log does not mention it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::api::{Principal, add_rule};
use domain::event::Event;
use domain::personal::Details;
use domain::user::{self, User, UserKind};
use domain::value::{Profile, RuleId, Timestamp, UserId, Username};
use eventlog::{Batch, DbError, Statement, Value};

use crate::app::App;
use crate::command::users::keep_password;
use crate::execute::{Command, Decision, Facts, Refused};
use crate::pages::path;
use crate::read::Reading;

/// How long a link is valid, in seconds.
const VALID: i64 = 86_400;

/// Whether nobody can administer the realm.
pub async fn is_missing(app: &App) -> Result<bool, DbError> {
    let mut reading = Reading::new(&app.log);
    let administration = reading.administration().await?;
    Ok(reading.administrators(&administration).await?.is_empty())
}

/// Makes a new link; the one before it is void.
pub async fn new_link(app: &App) -> Result<String, DbError> {
    let secret = URL_SAFE_NO_PAD.encode(app.rng.bytes::<32>());
    let rows = [
        Statement::new("DELETE FROM setup_links", []),
        Statement::new(
            "INSERT INTO setup_links (hash, expires) VALUES ($1, $2)",
            [
                Value::from(hash(&secret)),
                app.now().plus(VALID).micros().into(),
            ],
        ),
    ];
    let written = app.log.append(Batch::rows(rows)).await;
    written.map_err(|error| DbError::Unavailable(error.to_string()))?;
    Ok(format!(
        "{}{}?token={secret}",
        app.config.issuer,
        path::SETUP
    ))
}

/// Whether a link's secret is valid now.
pub async fn is_valid(app: &App, secret: &str) -> Result<bool, DbError> {
    let row = app
        .log
        .read_one(
            "SELECT expires FROM setup_links WHERE hash = $1",
            &[hash(secret).into()],
        )
        .await?;
    let expires = row.map_or(Ok(0), |row| row.int(0))?;
    Ok(app.now() < Timestamp::from_micros(expires))
}

fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// Makes a user who holds every power, and uses the link up. A link that is void by then is refused as
/// [`Refused::RowsChanged`].
pub struct BecomeAdministrator<'a> {
    /// The link's secret.
    pub secret: &'a str,
    /// The new user.
    pub user: UserId,
    /// How they sign in.
    pub username: Username,
    /// Their password's hash in PHC form.
    pub phc: String,
    /// Names the rule that is made where no group holds every power.
    pub rule: RuleId,
}

impl Command for BecomeAdministrator<'_> {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let api = state.administration().await?.api;
        let details = Details {
            username: self.username.clone(),
            email: None,
            email_verified: false,
            profile: Profile::default(),
            attributes: std::collections::BTreeMap::new(),
        };
        let mut changes = user::create(self.user, UserKind::Person, details.clone());
        let user = User {
            id: self.user,
            kind: UserKind::Person,
            enabled: true,
            has_password: false,
            must_change_password: false,
            details,
        };
        changes.extend(user::set_password(&user, false)?);
        let full = api.rules.iter().filter(|rule| rule.scope.is_none());
        let group = full
            .map(|rule| rule.principal)
            .find_map(|principal| match principal {
                Principal::Group(group) => Some(group),
                Principal::User(_) => None,
            });
        match group {
            Some(group) => changes.push(
                Event::GroupMemberAdded {
                    group,
                    user: self.user,
                    expires: None,
                }
                .into(),
            ),
            None => changes.extend(add_rule(&api, self.rule, None, Principal::User(self.user))?),
        }
        let use_up = Statement::new(
            "DELETE FROM setup_links WHERE hash = $1 AND expires > $2",
            [Value::from(hash(self.secret)), facts.now.micros().into()],
        );
        let rows = [use_up.exactly(1), keep_password(self.user, &self.phc)];
        Ok(Decision::new(changes, ()).with_rows(rows))
    }
}
