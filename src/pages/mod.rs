//! What a person sees: the views, the paths they live at, and the handlers beside them.
//!
//! A handler gathers facts, builds one struct of [`view`] and answers it with [`answer::html`];
//! nothing else in the program writes HTML.

pub mod account;
pub mod answer;
pub mod assets;
pub mod browser;
pub mod consent;
pub mod form;
mod new_password;
pub mod path;
mod router;
mod setup;
pub mod sign_in;
pub mod view;

pub use router::{home, router};
