//! The identifier formats: RFC 9493 §3.2, SSF 1.0 §3.5 and RFC 9967 for SCIM.

use std::net::IpAddr;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use super::InvalidSubject;
use super::check::{self, read};
use crate::Malformed;

/// A simple subject: one identifier. Its constructors check what its format demands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(
    remote = "Self",
    tag = "format",
    rename_all = "snake_case",
    deny_unknown_fields
)]
#[non_exhaustive]
pub enum Identifier {
    /// An account by its `acct` URI (RFC 9493 §3.2.1).
    #[non_exhaustive]
    Account {
        /// `acct:` with user and host (RFC 7565).
        #[serde(deserialize_with = "read::acct")]
        uri: String,
    },
    /// An e-mail address (RFC 9493 §3.2.2).
    #[non_exhaustive]
    Email {
        /// The address, compared as it is written.
        #[serde(deserialize_with = "read::email")]
        email: String,
    },
    /// An issuer and the name it gives its subject (RFC 9493 §3.2.3).
    #[non_exhaustive]
    IssSub {
        /// As in the `iss` claim.
        #[serde(deserialize_with = "read::iss")]
        iss: String,
        /// As in the `sub` claim.
        #[serde(deserialize_with = "read::sub")]
        sub: String,
    },
    /// A name without meaning of its own (RFC 9493 §3.2.4).
    #[non_exhaustive]
    Opaque {
        /// The name.
        #[serde(deserialize_with = "read::id")]
        id: String,
    },
    /// A telephone number (RFC 9493 §3.2.5).
    #[non_exhaustive]
    PhoneNumber {
        /// E.164 with `+` and country code.
        #[serde(deserialize_with = "read::phone")]
        phone_number: String,
    },
    /// A decentralised identifier (RFC 9493 §3.2.6).
    #[non_exhaustive]
    Did {
        /// A DID URL.
        #[serde(deserialize_with = "read::did")]
        url: String,
    },
    /// Any URI (RFC 9493 §3.2.7).
    #[non_exhaustive]
    Uri {
        /// An absolute URI.
        #[serde(deserialize_with = "read::uri")]
        uri: String,
    },
    /// Several identifiers of the same principal (RFC 9493 §3.2.8).
    #[non_exhaustive]
    Aliases {
        /// At least one, none of them `aliases`.
        #[serde(deserialize_with = "read::aliases")]
        identifiers: Vec<Identifier>,
    },
    /// A JSON Web Token (SSF 1.0 §3.5.1).
    #[non_exhaustive]
    JwtId {
        /// The token's `iss`.
        #[serde(deserialize_with = "read::iss")]
        iss: String,
        /// The token's `jti`.
        #[serde(deserialize_with = "read::jti")]
        jti: String,
    },
    /// A SAML 2.0 assertion (SSF 1.0 §3.5.2).
    #[non_exhaustive]
    SamlAssertionId {
        /// The assertion's issuer.
        #[serde(deserialize_with = "read::issuer")]
        issuer: String,
        /// The assertion's ID.
        #[serde(deserialize_with = "read::assertion_id")]
        assertion_id: String,
    },
    /// IP addresses (SSF 1.0 §3.5.3).
    #[serde(rename = "ip-addresses")]
    #[non_exhaustive]
    IpAddresses {
        /// At least one address, of either version.
        #[serde(rename = "ip-addresses", deserialize_with = "read::ip_addresses")]
        addresses: Vec<IpAddr>,
    },
    /// A SCIM resource (RFC 9967 §2.1).
    #[serde(skip)]
    #[non_exhaustive]
    Scim {
        /// The resource's path relative to the service, such as `/Users/2b2f880af6674ac284bae9381673d462`.
        uri: String,
        /// The name the receiver gave the resource.
        external_id: Option<String>,
        /// Further unique attributes of the resource, such as `id` and `userName`.
        attributes: Map<String, Value>,
    },
    /// A format that the parties have agreed upon (SSF 1.0 §3.4).
    #[serde(skip)]
    #[non_exhaustive]
    Other {
        /// The format's name.
        format: String,
        /// Its members, without `format`.
        members: Map<String, Value>,
    },
}

impl Identifier {
    /// The formats that specifications define. Each has its members and no others, but for `scim`,
    /// which may have any attribute of the resource that is unique.
    pub const FORMATS: [&'static str; 12] = [
        "account",
        "email",
        "iss_sub",
        "opaque",
        "phone_number",
        "did",
        "uri",
        "aliases",
        "jwt_id",
        "saml_assertion_id",
        "ip-addresses",
        "scim",
    ];

    /// An account by its `acct` URI.
    pub fn account(uri: impl Into<String>) -> Result<Self, InvalidSubject> {
        check::acct(uri.into()).map(|uri| Self::Account { uri })
    }

    /// An e-mail address.
    pub fn email(email: impl Into<String>) -> Result<Self, InvalidSubject> {
        check::email(email.into()).map(|email| Self::Email { email })
    }

    /// An issuer and the name it gives its subject.
    pub fn iss_sub(iss: impl Into<String>, sub: impl Into<String>) -> Result<Self, InvalidSubject> {
        Ok(Self::IssSub {
            iss: check::iss(iss.into())?,
            sub: check::sub(sub.into())?,
        })
    }

    /// A name without meaning of its own.
    pub fn opaque(id: impl Into<String>) -> Result<Self, InvalidSubject> {
        check::id(id.into()).map(|id| Self::Opaque { id })
    }

    /// A telephone number in E.164 form.
    pub fn phone_number(number: impl Into<String>) -> Result<Self, InvalidSubject> {
        check::phone(number.into()).map(|phone_number| Self::PhoneNumber { phone_number })
    }

    /// A decentralised identifier.
    pub fn did(url: impl Into<String>) -> Result<Self, InvalidSubject> {
        check::did(url.into()).map(|url| Self::Did { url })
    }

    /// An absolute URI.
    pub fn uri(uri: impl Into<String>) -> Result<Self, InvalidSubject> {
        check::uri(uri.into()).map(|uri| Self::Uri { uri })
    }

    /// Several identifiers of the same principal.
    pub fn aliases(identifiers: Vec<Self>) -> Result<Self, InvalidSubject> {
        check::aliases(identifiers).map(|identifiers| Self::Aliases { identifiers })
    }

    /// A JSON Web Token by its issuer and id.
    pub fn jwt_id(iss: impl Into<String>, jti: impl Into<String>) -> Result<Self, InvalidSubject> {
        Ok(Self::JwtId {
            iss: check::iss(iss.into())?,
            jti: check::jti(jti.into())?,
        })
    }

    /// A SAML assertion by its issuer and id.
    pub fn saml_assertion_id(
        issuer: impl Into<String>,
        assertion_id: impl Into<String>,
    ) -> Result<Self, InvalidSubject> {
        Ok(Self::SamlAssertionId {
            issuer: check::issuer(issuer.into())?,
            assertion_id: check::assertion_id(assertion_id.into())?,
        })
    }

    /// IP addresses, at least one.
    pub fn ip_addresses(addresses: Vec<IpAddr>) -> Result<Self, InvalidSubject> {
        check::ip_addresses(addresses).map(|addresses| Self::IpAddresses { addresses })
    }

    /// A SCIM resource by its path and, if known, the receiver's own name for it.
    pub fn scim(
        uri: impl Into<String>,
        external_id: Option<String>,
    ) -> Result<Self, InvalidSubject> {
        Ok(Self::Scim {
            uri: check::scim_uri(uri.into())?,
            external_id: check::external_id(external_id)?,
            attributes: Map::new(),
        })
    }

    /// The value of `format`.
    pub fn format(&self) -> &str {
        match self {
            Self::Account { .. } => "account",
            Self::Email { .. } => "email",
            Self::IssSub { .. } => "iss_sub",
            Self::Opaque { .. } => "opaque",
            Self::PhoneNumber { .. } => "phone_number",
            Self::Did { .. } => "did",
            Self::Uri { .. } => "uri",
            Self::Aliases { .. } => "aliases",
            Self::JwtId { .. } => "jwt_id",
            Self::SamlAssertionId { .. } => "saml_assertion_id",
            Self::IpAddresses { .. } => "ip-addresses",
            Self::Scim { .. } => "scim",
            Self::Other { format, .. } => format,
        }
    }

    pub(super) fn from_members(mut members: Map<String, Value>) -> Result<Self, Malformed> {
        match members.get("format").and_then(Value::as_str) {
            None | Some("" | "complex") => Err(Malformed::new("`format` is not an identifier's")),
            Some("scim") => Self::read_scim(members),
            Some(format) if Self::FORMATS.contains(&format) => {
                Ok(Self::deserialize(Value::Object(members))?)
            }
            Some(format) => {
                let format = format.to_owned();
                members.remove("format");
                Ok(Self::Other { format, members })
            }
        }
    }

    fn read_scim(mut members: Map<String, Value>) -> Result<Self, Malformed> {
        let mut take = |name: &str| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(value)) => Ok(Some(value)),
            Some(_) => Err(Malformed::new(format!("`{name}` is not a string"))),
        };
        take("format")?;
        let uri = take("uri")?.ok_or_else(|| Malformed::new("`uri` is missing"))?;
        let external_id = take("externalId")?;
        let invalid = |error: InvalidSubject| Malformed::new(error.to_string());
        Ok(Self::Scim {
            uri: check::scim_uri(uri).map_err(invalid)?,
            external_id: check::external_id(external_id).map_err(invalid)?,
            attributes: members,
        })
    }

    /// What a format has besides `format`, if that is all that it has.
    pub(super) fn members_of(format: &str) -> Option<&'static [&'static str]> {
        Some(match format {
            "account" | "uri" => &["uri"],
            "email" => &["email"],
            "iss_sub" => &["iss", "sub"],
            "opaque" => &["id"],
            "phone_number" => &["phone_number"],
            "did" => &["url"],
            "aliases" => &["identifiers"],
            "jwt_id" => &["iss", "jti"],
            "saml_assertion_id" => &["issuer", "assertion_id"],
            "ip-addresses" => &["ip-addresses"],
            _ => return None,
        })
    }
}

// The derived reader would take an array as well: the object comes first.
impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_members(Map::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl Serialize for Identifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (format, own, open) = match self {
            Self::Scim {
                uri,
                external_id,
                attributes,
            } => {
                let external_id = external_id.as_ref().map(|id| ("externalId", id));
                let own = [Some(("uri", uri)), external_id];
                ("scim", own, attributes)
            }
            Self::Other { format, members } => (format.as_str(), [None, None], members),
            _ => return Self::serialize(self, serializer),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", format)?;
        for (name, value) in own.into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        for (name, value) in open {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
