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

/// The scope that opens an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// This one.
    One(&'static str),
    /// One of these, as the body decides: the handler asks for that.
    OneOf(&'static [&'static str]),
}

impl Needs {
    /// The scopes that each may open it.
    pub fn scopes(&self) -> &[&'static str] {
        match self {
            Self::One(scope) => std::slice::from_ref(scope),
            Self::OneOf(scopes) => scopes,
        }
    }
}

impl From<&'static str> for Needs {
    fn from(scope: &'static str) -> Self {
        Self::One(scope)
    }
}

impl From<&'static [&'static str]> for Needs {
    fn from(scopes: &'static [&'static str]) -> Self {
        Self::OneOf(scopes)
    }
}

/// An operation of the admin API.
pub struct Operation {
    /// Its method, as in `GET`.
    pub method: &'static str,
    /// Its path below [`admin_api::PATH`].
    pub path: &'static str,
    /// The scope that it needs.
    pub needs: Needs,
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
            needs: impl Into<Needs>,
            id: &'static str,
            summary: &'static str,
        ) -> Draft {
            Draft {
                filter: MethodFilter::$method,
                operation: Operation {
                    method: stringify!($method),
                    path,
                    needs: needs.into(),
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
        let needs = self.operation.needs;
        let serve = move |State(app): State<App>, request: Request| {
            let handler = handler.clone();
            async move {
                let (parts, body) = request.into_parts();
                let call = Call::authorize(app, &parts, needs).await?;
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
    async fn authorize(app: App, parts: &Parts, needs: Needs) -> Result<Self, ApiError> {
        let caller = bearer::caller(&app, admin_api::ID, &parts.headers).await?;
        if !needs
            .scopes()
            .iter()
            .any(|scope| caller.scopes.contains(scope))
        {
            return Err(caller.lacks(&needs.scopes().join(" ")).into());
        }
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

    /// Who calls.
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Refuses where the caller does not hold this scope.
    pub(super) fn must_have(&self, scope: &str) -> Result<(), ApiError> {
        Ok(self.caller.must_have(scope)?)
    }

    /// Gives a command with the caller's powers and in their name.
    pub(super) async fn execute<C: Command>(&self, command: &C) -> Result<C::Reply, ApiError> {
        Ok(execute(&self.app, command, &self.facts()).await?)
    }

    /// What a command of the caller's may know.
    pub(super) fn facts(&self) -> Facts {
        self.caller.facts(&self.app, Some(self.request.clone()))
    }
}

impl Deref for Call {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
