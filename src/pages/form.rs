//! Forms as browsers send them to pages: read, proved to come from a page of ours, opened where they
//! carry something sealed.

use axum::http::HeaderMap;

use crate::app::App;
use crate::error::page::PageError;
use crate::http::forgery;
use crate::http::form::Form;

/// The query of an address.
pub fn query(query: Option<String>) -> Result<Form, PageError> {
    Form::parse(query.unwrap_or_default().as_bytes()).map_err(PageError::bad_request)
}

/// A form of a page of ours.
pub fn posted(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Form, PageError> {
    let form = Form::parse(body).map_err(PageError::bad_request)?;
    if forgery::is_ours(app, headers, &form) {
        Ok(form)
    } else {
        Err(PageError::expired())
    }
}

/// What a form carries sealed, if it carries something; what does not open is too old.
pub fn sealed<T>(
    form: &Form,
    open: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, PageError> {
    form.get("flow")
        .map(|sealed| open(sealed).ok_or_else(PageError::expired))
        .transpose()
}
