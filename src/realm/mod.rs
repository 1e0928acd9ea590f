//! A realm declared in one file: APIs, scopes, clients, groups, users and rules, by their names.
//!
//! `file` reads it whole and says all that is wrong; `merge` compares three documents: the file, what was
//! applied last, what is running; `decide` turns the differences into changes by the domain's rules;
//! `apply` does that as one command. Planning is the same without the writing.
//! `docs/realm-file.md` is the reference.

mod administrators;
mod applied;
mod apply;
mod decide;
mod declare;
mod document;
mod file;
mod merge;
mod plan;
mod problem;
mod reader;
mod running;
mod secret;
mod settings;
mod show;
mod yaml;

#[cfg(test)]
mod tests;

use std::path::Path;

pub(crate) use applied::forget;
pub use apply::{Mode, Outcome, run};
pub use document::{Document, Field, Kind, Object};
pub use file::File;
pub use merge::{Action, FieldChange, Step};
pub use plan::Plan;
pub use problem::{Place, Problem, Problems};
pub use secret::{Machine, Resolver, Source};
pub use show::Text;

/// Reads the file at this path, with secrets of this machine.
pub fn read(path: &Path) -> std::io::Result<File> {
    let text = std::fs::read_to_string(path)?;
    Ok(File::parse(
        &path.display().to_string(),
        &text,
        &Machine::beside(path),
    ))
}
