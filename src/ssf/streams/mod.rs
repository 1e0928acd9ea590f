//! The configuration endpoint (SSF 1.0 §8.1.1).

mod create;
mod delete;
mod edit;
mod read;
mod replace;
mod update;

pub(super) use self::create::create;
pub(super) use self::delete::delete;
pub(super) use self::read::read;
pub(super) use self::replace::replace;
pub(super) use self::update::update;
