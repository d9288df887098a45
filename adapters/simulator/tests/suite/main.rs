//! What the simulator promises, seen from outside.

mod access;
mod ask;
mod changes;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "http")]
mod http;
mod log;
mod office;
mod refusals;
mod trouble;
mod verbs;
