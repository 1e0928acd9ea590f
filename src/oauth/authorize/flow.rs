//! An authorization under way, carried by the browser: sealed, so that it is neither read nor changed,
//! and so that strangers cannot fill our tables.

use domain::grant::Granted;
use domain::value::{SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::page::PageError;
use crate::http::form::Form;

/// How long a page may stay open before the person has to start again, in seconds.
const OPEN_FOR: i64 = 3600;

const PURPOSE: &str = "authorization flow";

/// What was asked, and what the person has answered since.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Flow {
    /// The parameters as they came, form-encoded.
    pub request: String,
    /// When it began: a sign-in after this answers `prompt=login`.
    pub began: Timestamp,
    /// In which session the consent page that carries this was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<SessionId>,
    /// What the person allowed on the consent page, and in which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consented: Option<(SessionId, Granted)>,
}

impl Flow {
    /// A flow that begins now.
    pub fn new(app: &App, request: String) -> Self {
        Self {
            request,
            began: app.now(),
            asked: None,
            consented: None,
        }
    }

    /// The request, read.
    pub fn form(&self) -> Result<Form, PageError> {
        Form::parse(self.request.as_bytes()).map_err(PageError::bad_request)
    }

    /// The sealed form, fit for a query or a hidden field.
    pub fn seal(&self, app: &App) -> String {
        app.secrets.cipher.seal_for(PURPOSE, self, app.rng.as_ref())
    }

    /// Opens a sealed flow that is not too old.
    pub fn open(app: &App, sealed: &str) -> Option<Self> {
        let flow: Self = app.secrets.cipher.open_for(PURPOSE, sealed)?;
        (app.now() < flow.began.plus(OPEN_FOR)).then_some(flow)
    }
}
