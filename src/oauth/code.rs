//! Authorization codes (RFC 6749 §4.1.2): what a person authorized, held by SHA-256 of a random
//! text until a client redeems it. The row outlives the code, so that a second use is known for one.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::grant::Granted;
use domain::value::{ClientId, CodeChallenge, GrantId, SessionId, Timestamp, UserId};
use eventlog::{DbError, Log, Statement, Value};
use serde::{Deserialize, Serialize};

use super::claims::ClaimsRequest;
use crate::read::{json, unreadable};

/// How long a code is remembered after its time, in seconds.
const REMEMBERED: i64 = 86_400;

/// What a person authorized.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Authorized {
    /// The person.
    pub user: UserId,
    /// The session they did it in.
    pub session: SessionId,
    /// Where the code was sent, if the request said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// What the verifier must answer (RFC 7636 §4.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<CodeChallenge>,
    /// For the ID token (OpenID Connect Core §3.1.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What the grant will hold.
    pub granted: Granted,
    /// Whether the grant outlives the session: `offline_access` was consented to.
    pub offline: bool,
    /// What every answer from the grant repeats.
    pub repeated: Repeated,
    /// Until when the code can be redeemed.
    pub valid_until: Timestamp,
}

/// What every answer from one grant repeats (RFC 9068 §2.2.1, OpenID Connect Core §12.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repeated {
    /// When the person signed in, in seconds since 1970.
    pub auth_time: i64,
    /// How they proved who they are (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Claims asked for by name.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
}

/// A code as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// The grant that redeeming it makes.
    pub grant: GrantId,
    /// The client it was given to.
    pub client: ClientId,
    /// What was authorized.
    pub authorized: Authorized,
    /// Whether it was redeemed.
    pub redeemed: bool,
}

/// A code for `grant`, which redeeming it will make: its text, and the row that keeps it.
pub fn issue(
    authorized: &Authorized,
    grant: GrantId,
    client: &ClientId,
    random: [u8; 32],
) -> (String, Statement) {
    let code = URL_SAFE_NO_PAD.encode(random);
    let row = Statement::new(
        "INSERT INTO codes (hash, grant_id, client, request, expires) VALUES ($1, $2, $3, $4, $5)",
        [
            hash(&code),
            grant.to_string().into(),
            client.as_str().into(),
            json(authorized).into(),
            authorized.valid_until.plus(REMEMBERED).micros().into(),
        ],
    );
    (code, row)
}

/// The code of this text, if it is remembered.
pub async fn load(log: &Log, code: &str) -> Result<Option<Code>, DbError> {
    let row = log
        .read_one(
            "SELECT grant_id, client, request, redeemed FROM codes WHERE hash = $1",
            &[hash(code)],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let bad = |error: &dyn std::fmt::Display| unreadable("codes", error);
    Ok(Some(Code {
        grant: GrantId::parse(row.text(0)?).map_err(|error| bad(&error))?,
        client: ClientId::parse(row.text(1)?).map_err(|error| bad(&error))?,
        authorized: serde_json::from_str(row.text(2)?).map_err(|error| bad(&error))?,
        redeemed: row.opt_int(3)?.is_some(),
    }))
}

/// Marks a code as redeemed, once.
pub fn redeem(code: &str, now: Timestamp) -> Statement {
    Statement::new(
        "UPDATE codes SET redeemed = $2 WHERE hash = $1 AND redeemed IS NULL",
        [hash(code), now.micros().into()],
    )
    .exactly(1)
}

fn hash(code: &str) -> Value {
    digest(&SHA256, code.as_bytes()).as_ref().into()
}
