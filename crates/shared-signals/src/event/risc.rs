//! Risk Incident Sharing and Coordination Profile 1.0: accounts and their identifiers (§2).

use serde::{Deserialize, Serialize};

use super::caep::CredentialType;
use super::{Localized, Specification, events};
use crate::json::open_enum;
use crate::{Subject, Timestamp};

events! {
    /// An event of RISC 1.0.
    Risc, Specification::Risc, "https://schemas.openid.net/secevent/risc/event-type/" {
        /// The account's owner had to change a credential (§2.1).
        AccountCredentialChangeRequired = "account-credential-change-required",
        /// The account is deleted for good (§2.2).
        AccountPurged = "account-purged",
        /// The account is disabled, perhaps not for good (§2.3).
        AccountDisabled(AccountDisabled) = "account-disabled",
        /// The account is enabled (§2.4).
        AccountEnabled = "account-enabled",
        /// The identifier that is the subject was replaced by another (§2.5).
        IdentifierChanged(IdentifierChanged) = "identifier-changed",
        /// The identifier that is the subject belongs to someone else now (§2.6).
        IdentifierRecycled = "identifier-recycled",
        /// A credential of the subject was found to be compromised (§2.7).
        CredentialCompromise(CredentialCompromise) = "credential-compromise",
        /// The account takes part in the exchange of RISC events (§2.8.1).
        OptIn = "opt-in",
        /// The account asked to be left out; events go on for a while (§2.8.2).
        OptOutInitiated = "opt-out-initiated",
        /// The account's wish to be left out is withdrawn (§2.8.3).
        OptOutCancelled = "opt-out-cancelled",
        /// The account is left out from now on (§2.8.4).
        OptOutEffective = "opt-out-effective",
        /// The account's owner has begun a recovery (§2.9).
        RecoveryActivated = "recovery-activated",
        /// What recovers the account has changed (§2.10).
        RecoveryInformationChanged = "recovery-information-changed",
        /// All sessions of the account have ended. Deprecated: CAEP's `session-revoked` (§2.11).
        SessionsRevoked = "sessions-revoked",
    }
}

impl Risc {
    /// Whether the event can be about this subject: an identifier's change or reuse is about an
    /// e-mail address or a telephone number. RISC calls the latter's format `phone` (§2.5, §2.6), for
    /// which RFC 9493 has `phone_number`.
    pub fn allows(&self, subject: &Subject) -> bool {
        match self {
            Self::IdentifierChanged(_) | Self::IdentifierRecycled => {
                ["email", "phone_number", "phone"].contains(&subject.format())
            }
            _ => true,
        }
    }
}

/// The account is disabled (§2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDisabled {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DisabledReason>,
}

open_enum! {
    /// Why an account was disabled.
    DisabledReason {
        Hijacking = "hijacking",
        BulkAccount = "bulk-account",
    }
}

/// The identifier that is the subject was replaced by another (§2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierChanged {
    /// The identifier now.
    #[serde(rename = "new-value", default, skip_serializing_if = "Option::is_none")]
    pub new_value: Option<String>,
}

/// A credential of the subject was found to be compromised (§2.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialCompromise {
    /// The kind of credential.
    pub credential_type: CredentialType,
    /// When the transmitter found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_timestamp: Option<Timestamp>,
    /// For administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_admin: Option<Reason>,
    /// For end users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_user: Option<Reason>,
}

/// A reason, of which RISC says no more than that it is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text, or texts by language tag")]
pub enum Reason {
    /// As CAEP has it.
    Localized(Localized),
    /// In no language in particular.
    Text(String),
}
