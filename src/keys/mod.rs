//! Where keys come from and where they are kept.

pub mod master_file;
pub mod ring;
pub use ring::KeyRing;
