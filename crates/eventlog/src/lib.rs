//! A durable, gapless event log.
