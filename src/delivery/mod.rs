//! Delivery of what the log gave rise to: at least once, under a stable name, in order of first tries.
//!
//! A *target* is one receiver of one kind of thing, such as `stream/<id>`. What is delivered to it lies in
//! its queue ([`queue`]), written in the commit that moves the consumer's cursor. The [`Engine`] has a worker
//! (`worker.rs`) for each target that something is due for, so that none waits for another; a [`Channel`]
//! knows how to send. Targets that fetch are served by [`poll`]. Queues fall into shards, which the nodes
//! share (`shards.rs`); what became of a delivery is written by `recorder.rs`.

mod answer;
mod channel;
mod engine;
pub mod letters;
pub mod poll;
pub mod queue;
mod recorder;
mod rows;
pub mod schedule;
mod shards;
pub mod sweep;
mod worker;

pub use channel::{Channel, Item, Outgoing, Route, Signed, Unsendable, Verdict};
pub use engine::Engine;
pub use recorder::Unrecorded;
pub use shards::Pace;
pub use worker::Stopped;
