//! The transmitter's configuration metadata (SSF 1.0 §7.1).

use serde::{Deserialize, Serialize};
use url::Url;

use super::well_known::{is_well_known, safe_endpoint, well_known_url};
use crate::{Checked, Deviation, Deviations, Malformed, Mode, ReadError, json};

/// The version of the framework that this crate speaks, as `spec_version` has it.
pub const SPEC_VERSION: &str = "1_0";

/// OAuth 2.0 as an authorization scheme.
pub const OAUTH: &str = "urn:ietf:rfc:6749";

/// What a transmitter says of itself. Empty arrays are left out, as the framework demands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransmitterMetadata {
    /// The version of the framework; absent means `1_0-ID1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec_version: Option<String>,
    /// The transmitter's name: the URL the document's address derives from, and every token's `iss`.
    pub issuer: String,
    /// Where the keys are that verify tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Ways of delivery, such as [`PUSH`](super::PUSH) and [`POLL`](super::POLL).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivery_methods_supported: Vec<String>,
    /// Where streams are made, read and changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_endpoint: Option<String>,
    /// Where a stream's status is read and changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_endpoint: Option<String>,
    /// Where subjects are added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_subject_endpoint: Option<String>,
    /// Where subjects are removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_subject_endpoint: Option<String>,
    /// Where a verification event is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_endpoint: Option<String>,
    /// Members of complex subjects that a receiver has to understand or else drop the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub critical_subject_members: Vec<String>,
    /// How a receiver shows who it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_schemes: Vec<AuthorizationScheme>,
    /// Whom a new stream is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_subjects: Option<DefaultSubjects>,
}

/// How a receiver shows who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationScheme {
    /// The specification, such as [`OAUTH`].
    pub spec_urn: String,
}

/// Whom a new stream is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DefaultSubjects {
    /// Everyone until they are removed.
    All,
    /// Nobody until they are added.
    None,
}

impl TransmitterMetadata {
    /// Reads the document that was found for `issuer`.
    ///
    /// Whatever the mode, the document must name that issuer: otherwise someone else could speak
    /// in its name.
    pub fn read(document: &[u8], issuer: &str, mode: Mode) -> Result<Checked<Self>, ReadError> {
        let mut members: serde_json::Map<_, _> = json::parse(document)?;
        let mut deviations = Deviations::default();
        json::leave_out_nulls(&mut members, &mut deviations);
        for (name, value) in &members {
            if value.as_array().is_some_and(Vec::is_empty) {
                deviations.note(Deviation::EmptyArray(name.clone()));
            }
        }
        let metadata: Self = serde_json::from_value(members.into()).map_err(Malformed::from)?;
        if metadata.issuer != issuer {
            return Err(Malformed::new("the document is of another issuer").into());
        }
        if well_known_url(issuer).is_err() {
            deviations.note(Deviation::InsecureUrl("issuer"));
        }
        if is_well_known(issuer) {
            deviations.note(Deviation::IssuerIsWellKnown);
        }
        if metadata.spec_version.as_deref() != Some(SPEC_VERSION) {
            deviations.note(Deviation::SpecVersion(metadata.spec_version.clone()));
        }
        for (name, url) in metadata.urls() {
            if metadata.endpoint(url).is_none() {
                deviations.note(Deviation::InsecureUrl(name));
            }
        }
        deviations.judge(metadata, mode)
    }

    /// An address of this transmitter, if requests to it are safe from others: https, or else on the
    /// very machine that the transmitter runs on itself. One that is elsewhere must not make its
    /// receivers send requests to themselves.
    pub(crate) fn endpoint(&self, url: &str) -> Option<Url> {
        safe_endpoint(&self.issuer, url)
    }

    fn urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("jwks_uri", &self.jwks_uri),
            ("configuration_endpoint", &self.configuration_endpoint),
            ("status_endpoint", &self.status_endpoint),
            ("add_subject_endpoint", &self.add_subject_endpoint),
            ("remove_subject_endpoint", &self.remove_subject_endpoint),
            ("verification_endpoint", &self.verification_endpoint),
        ]
        .into_iter()
        .filter_map(|(name, url)| Some((name, url.as_deref()?)))
    }
}
