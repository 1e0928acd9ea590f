//! The contract of the log, on both databases.

mod contract;
