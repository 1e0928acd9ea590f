//! Who or what brought an event about.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::value::{ClientId, UserId};

/// The way a change came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// An operator, through the admin API, the command line or the realm file.
    Admin,
    /// Somebody who made an account.
    Registration,
    /// The person themself, signing in or on their account pages.
    #[serde(rename = "self")]
    Person,
    /// A client, at an OAuth endpoint.
    Client,
    /// An upstream directory.
    Source,
    /// A rule of the program's, for safety.
    Policy,
    /// The clock.
    Time,
}

/// Who or what brought an event about, as stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The way it came in.
    pub kind: CauseKind,
    /// Who: `user/<id>`, `client/<id>`, or `operator` at the machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The request that it came with, as named in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

impl Cause {
    /// The operator at the machine: command line, realm file.
    pub fn operator() -> Self {
        Self {
            kind: CauseKind::Admin,
            actor: Some("operator".into()),
            request: None,
        }
    }

    /// The clock.
    pub fn time() -> Self {
        Self {
            kind: CauseKind::Time,
            actor: None,
            request: None,
        }
    }

    /// A person, acting for themself.
    pub fn person(user: UserId, request: Option<String>) -> Self {
        Self {
            kind: CauseKind::Person,
            actor: Some(alloc::format!("user/{user}")),
            request,
        }
    }

    /// A client, at an OAuth endpoint.
    pub fn client(client: &ClientId, request: Option<String>) -> Self {
        Self {
            kind: CauseKind::Client,
            actor: Some(alloc::format!("client/{client}")),
            request,
        }
    }
}
