#![doc = include_str!("../README.md")]

mod cell;
mod cells;
mod commit;
mod error;
mod file;
mod form;
mod guard;
mod heard;
mod layout;
mod migrate;
mod mirror;
mod remove;
mod reread;
mod state;
mod status;
mod sync;
#[cfg(test)]
mod tests;
mod tree;
mod verify;
mod write;

pub use commit::Committed;
pub use error::{HeldBack, HoldReason, MirrorError, SyncError};
pub use guard::Guard;
pub use heard::{HeardPage, Listening};
pub use mirror::Mirror;
pub use status::Status;
pub use sync::{Commit, Halt, Phase, Progress, Report, SyncSettings};
pub use verify::{Drift, Verified};
