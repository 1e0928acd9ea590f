//! Keys for one purpose each, derived from the realm's root secret.

use aws_lc_rs::hmac;
use eventlog::{DbError, Log, Statement, Value};

use crate::rng::Rng;
use crate::seal::{MasterKey, Place, Secret, derive};
use crate::token_cipher::TokenCipher;

/// The realm's keys. They are the same on every node and after every restart.
pub struct Secrets {
    /// Refresh tokens: HMAC over grant and generation.
    pub refresh: hmac::Key,
    /// `sid`: HMAC over session and client.
    pub sid: hmac::Key,
    /// Tokens against forged requests.
    pub csrf: hmac::Key,
    /// Cookies by which a device is known again.
    pub device: hmac::Key,
    /// Names of the rows that count tries: HMAC over name, device or network.
    pub throttle: hmac::Key,
    /// Opaque access tokens and the state of a login.
    pub cipher: TokenCipher,
}

impl Secrets {
    /// Keys derived from this root.
    pub fn new(root: &Secret) -> Self {
        let key = |purpose| hmac::Key::new(hmac::HMAC_SHA256, derive(root, purpose).as_ref());
        Self {
            refresh: key("refresh token"),
            sid: key("sid"),
            csrf: key("csrf"),
            device: key("device"),
            throttle: key("throttle"),
            cipher: TokenCipher::new(root),
        }
    }

    /// Unseals the root that the database keeps; none before the realm exists.
    pub async fn open(log: &Log, master_key: &MasterKey) -> Result<Option<Self>, DbError> {
        let row = log
            .read_one("SELECT sealed FROM root_secrets WHERE name = 'root'", &[])
            .await?;
        let Some(row) = row else { return Ok(None) };
        let unreadable = |reason: String| DbError::Value(format!("the root secret: {reason}"));
        let opened = master_key
            .open(PLACE, row.bytes(0)?)
            .map_err(|error| unreadable(error.to_string()))?;
        let root = <[u8; 32]>::try_from(opened.as_slice())
            .map_err(|_| unreadable("it is not of 32 bytes".to_owned()))?;
        Ok(Some(Self::new(&Secret::new(root))))
    }
}

const PLACE: Place<'static> = Place {
    table: "root_secrets",
    row: b"root",
    column: "sealed",
};

/// A new root, sealed: the row that keeps it.
pub fn generate(master_key: &MasterKey, rng: &dyn Rng) -> Statement {
    let mut root = Secret::new([0; 32]);
    rng.fill(&mut *root);
    Statement::new(
        "INSERT INTO root_secrets (name, sealed) VALUES ('root', $1)",
        [Value::from(master_key.seal(PLACE, root.as_ref(), rng))],
    )
}
