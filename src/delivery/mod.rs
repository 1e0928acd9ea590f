//! Delivery of what the log gave rise to: at least once, under a stable name, in order of first tries.
//!
//! A *target* is one receiver of one kind of thing, such as `stream/<id>`. What is delivered to it lies in
//! its queue ([`queue`]), written in the commit that moves the consumer's cursor. A [`Channel`] knows how to
//! send it.

mod channel;
pub mod poll;
pub mod queue;
pub mod schedule;

pub use channel::{Channel, Item, Outgoing, Route, Signed, Unsendable, Verdict};
