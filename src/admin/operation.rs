//! One operation: where it is, which scope it needs, what it takes and answers. The router and the
//! OpenAPI document are both made from it; there is no operation without a scope.

use std::ops::Deref;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::answer::Answer;
use super::input::{Incoming, Input};
use super::openapi::Description;
use crate::admin_api;
use crate::app::App;
use crate::error::ApiError;
use crate::execute::{Command, Facts, execute};
use crate::http::request_id::RequestId;
use crate::oauth::bearer::{self, Caller};

/// An operation of the admin API.
pub struct Operation {
    /// Its method, as in `GET`.
    pub method: &'static str,
    /// Its path below [`admin_api::PATH`].
    pub path: &'static str,
    /// The scope that it needs.
    pub scope: &'static str,
    /// Its name, unique.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    pub(super) description: Description,
    pub(super) route: MethodRouter<App>,
}

/// What is known of an operation before its handler is.
pub(super) struct Draft {
    filter: MethodFilter,
    operation: Operation,
}

macro_rules! method {
    ($function:ident $method:ident) => {
        pub(super) fn $function(
            path: &'static str,
            scope: &'static str,
            id: &'static str,
            summary: &'static str,
        ) -> Draft {
            Draft {
                filter: MethodFilter::$method,
                operation: Operation {
                    method: stringify!($method),
                    path,
                    scope,
                    id,
                    summary,
                    description: Description::default(),
                    route: MethodRouter::new(),
                },
            }
        }
    };
}

method!(get GET);
method!(post POST);
method!(put PUT);
method!(patch PATCH);
method!(delete DELETE);

impl Draft {
    /// Who carries it out. The handler is called with a good token that has the scope.
    pub(super) fn by<H, I, O, F>(mut self, handler: H) -> Operation
    where
        H: Fn(Call, I) -> F + Clone + Send + Sync + 'static,
        I: Input,
        O: Answer + 'static,
        F: Future<Output = Result<O, ApiError>> + Send + 'static,
    {
        I::describe(&mut self.operation.description);
        O::describe(&mut self.operation.description);
        let scope = self.operation.scope;
        let serve = move |State(app): State<App>, request: Request| {
            let handler = handler.clone();
            async move {
                let (parts, body) = request.into_parts();
                let call = Call::authorize(app, &parts, scope).await?;
                let input = I::read(&mut Incoming { parts, body }).await?;
                Ok::<Response, ApiError>(handler(call, input).await?.into_response())
            }
        };
        self.operation.route = on(self.filter, serve);
        self.operation
    }
}

/// A call of an operation by somebody who may.
pub(super) struct Call {
    app: App,
    caller: Caller,
    request: String,
}

impl Call {
    async fn authorize(app: App, parts: &Parts, scope: &str) -> Result<Self, ApiError> {
        let caller = bearer::caller(&app, admin_api::ID, &parts.headers).await?;
        caller.must_have(scope)?;
        let request = parts.extensions.get::<RequestId>();
        let request = request.map_or("", RequestId::as_str).to_owned();
        Ok(Self {
            app,
            caller,
            request,
        })
    }

    /// Whether the caller holds this scope besides the operation's own.
    pub(super) fn holds(&self, scope: &str) -> bool {
        self.caller.scopes.contains(scope)
    }

    /// Gives a command with the caller's powers and in their name.
    pub(super) async fn execute<C: Command>(&self, command: &C) -> Result<C::Reply, ApiError> {
        Ok(execute(&self.app, command, &self.facts()).await?)
    }

    fn facts(&self) -> Facts {
        self.caller.facts(&self.app, Some(self.request.clone()))
    }
}

impl Deref for Call {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
