//! What the simulator promises, seen from outside.

mod access;
mod ask;
mod changes;
#[cfg(feature = "client")]
mod host;
mod log;
mod office;
mod refusals;
mod trouble;
mod verbs;
