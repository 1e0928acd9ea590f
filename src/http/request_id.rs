//! Each request has an id: in its answer, in the log, in the events that it causes.

use std::sync::Arc;

use crate::app::App;

/// A request's id.
#[derive(Debug, Clone, Default)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new id.
    pub fn new(app: &App) -> Self {
        let mut buffer = uuid::Uuid::encode_buffer();
        Self(Arc::from(&*app.new_id().simple().encode_lower(&mut buffer)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
