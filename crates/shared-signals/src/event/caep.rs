//! Continuous Access Evaluation Profile 1.0: sessions, credentials, devices and risk (§3).

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use super::{Common, Specification, events};
use crate::json::open_enum;

events! {
    /// An event of CAEP 1.0.
    Caep, Specification::Caep, "https://schemas.openid.net/secevent/caep/event-type/" {
        /// Sessions of the subject have ended.
        SessionRevoked(SessionRevoked) = "session-revoked",
        /// Claims in a token have other values now.
        TokenClaimsChange(TokenClaimsChange) = "token-claims-change",
        /// A credential was created, changed, revoked or deleted.
        CredentialChange(CredentialChange) = "credential-change",
        /// The assurance of an authentication has changed.
        AssuranceLevelChange(AssuranceLevelChange) = "assurance-level-change",
        /// A device complies no longer, or again.
        DeviceComplianceChange(DeviceComplianceChange) = "device-compliance-change",
        /// A session has begun at the transmitter.
        SessionEstablished(SessionEstablished) = "session-established",
        /// A session was seen at the transmitter.
        SessionPresented(SessionPresented) = "session-presented",
        /// The subject's risk has changed.
        RiskLevelChange(RiskLevelChange) = "risk-level-change",
    }
}

impl Caep {
    /// The members that all these events have.
    pub fn common(&self) -> &Common {
        match self {
            Self::SessionRevoked(event) => &event.common,
            Self::TokenClaimsChange(event) => &event.common,
            Self::CredentialChange(event) => &event.common,
            Self::AssuranceLevelChange(event) => &event.common,
            Self::DeviceComplianceChange(event) => &event.common,
            Self::SessionEstablished(event) => &event.common,
            Self::SessionPresented(event) => &event.common,
            Self::RiskLevelChange(event) => &event.common,
        }
    }
}

/// Sessions of the subject have ended (§3.1): all of a user's, or the one the subject names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRevoked {
    /// Time, party and reasons.
    #[serde(flatten)]
    pub common: Common,
}

/// Claims in the token that is the subject have other values now (§3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenClaimsChange {
    /// The changed claims with their new values: at least one.
    #[serde(deserialize_with = "some_claims")]
    pub claims: Map<String, Value>,
    /// Time, party and reasons.
    #[serde(flatten)]
    pub common: Common,
}

fn some_claims<'de, D: Deserializer<'de>>(source: D) -> Result<Map<String, Value>, D::Error> {
    let claims = Map::deserialize(source)?;
    if claims.is_empty() {
        return Err(de::Error::custom("`claims` is empty"));
    }
    Ok(claims)
}

/// A credential was created, changed, revoked or deleted (§3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialChange {
    /// The kind of credential.
    pub credential_type: CredentialType,
    /// What happened to it.
    pub change_type: ChangeType,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// The certificate's issuer (RFC 5280).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x509_issuer: Option<String>,
    /// The certificate's serial number (RFC 5280).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x509_serial: Option<String>,
    /// The authenticator's attestation GUID (WebAuthn).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fido2_aaguid: Option<String>,
    /// Time, party and reasons.
    #[serde(flatten)]
    pub common: Common,
}

impl CredentialChange {
    /// A change with nothing but its required members.
    pub fn new(credential_type: CredentialType, change_type: ChangeType) -> Self {
        Self {
            credential_type,
            change_type,
            friendly_name: None,
            x509_issuer: None,
            x509_serial: None,
            fido2_aaguid: None,
            common: Common::default(),
        }
    }
}

open_enum! {
    /// The kind of a credential (§3.3.1). Others may be agreed upon.
    CredentialType {
        Password = "password",
        Pin = "pin",
        X509 = "x509",
        Fido2Platform = "fido2-platform",
        Fido2Roaming = "fido2-roaming",
        FidoU2f = "fido-u2f",
        VerifiableCredential = "verifiable-credential",
        PhoneVoice = "phone-voice",
        PhoneSms = "phone-sms",
        App = "app",
    }
}

/// What happened to a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeType {
    /// It is new.
    Create,
    /// It was revoked.
    Revoke,
    /// It was changed.
    Update,
    /// It is gone.
    Delete,
}

/// The assurance of an authentication has changed (§3.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssuranceLevelChange {
    /// Where the levels are defined.
    pub namespace: AssuranceNamespace,
    /// The level now.
    pub current_level: String,
    /// The level before; absent where the transmitter does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_level: Option<String>,
    /// Up or down; to be given together with the level before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_direction: Option<ChangeDirection>,
    /// Time, party and reasons.
    #[serde(flatten)]
    pub common: Common,
}

open_enum! {
    /// Where assurance levels are defined (§3.4.1). Others may be agreed upon.
    AssuranceNamespace {
        Rfc8176 = "RFC8176",
        Rfc6711 = "RFC6711",
        IsoIec29115 = "ISO-IEC-29115",
        NistIal = "NIST-IAL",
        NistAal = "NIST-AAL",
        NistFal = "NIST-FAL",
    }
}

/// The direction of a change in assurance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeDirection {
    /// More assurance.
    Increase,
    /// Less assurance.
    Decrease,
}

/// A device complies no longer, or again (§3.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceComplianceChange {
    /// Before.
    pub previous_status: ComplianceStatus,
    /// Now.
    pub current_status: ComplianceStatus,
    /// Time, party and reasons.
    #[serde(flatten)]
    pub common: Common,
}

/// Whether a device complies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComplianceStatus {
    /// It does.
    Compliant,
    /// It does not.
    NotCompliant,
}

/// A session has begun at the transmitter (§3.6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEstablished {
    /// The transmitter's fingerprint of the user agent: a quality of the session, not its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp_ua: Option<String>,
    /// As in an ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// As in an ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// A name of the session that both ends can correlate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ext_id: Option<String>,
    /// Time, party and reasons.
    #[serde(flatten)]
    pub common: Common,
}

/// A session was seen at the transmitter (§3.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPresented {
    /// The transmitter's fingerprint of the user agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fp_ua: Option<String>,
    /// A name of the session that both ends can correlate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ext_id: Option<String>,
    /// Time, party and reasons.
    #[serde(flatten)]
    pub common: Common,
}

/// The subject's risk has changed (§3.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskLevelChange {
    /// The kind of principal at risk.
    pub principal: Principal,
    /// The risk now.
    pub current_level: RiskLevel,
    /// The risk before; absent where the transmitter does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_level: Option<RiskLevel>,
    /// What contributed to the change; recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_reason: Option<String>,
    /// Time, party and reasons.
    #[serde(flatten)]
    pub common: Common,
}

open_enum! {
    /// The kind of principal at risk (§3.8.1): those of a complex subject, or others.
    Principal {
        User = "USER",
        Device = "DEVICE",
        Session = "SESSION",
        Tenant = "TENANT",
        OrgUnit = "ORG_UNIT",
        Group = "GROUP",
    }
}

/// How much risk there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RiskLevel {
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}
