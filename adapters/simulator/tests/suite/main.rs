//! What the simulator promises, seen from outside.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod ask;
mod changes;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "http")]
mod http;
mod log;
mod office;
mod reads;
mod refusals;
mod rowset;
mod since_token;
mod switches;
mod trouble;
mod verbs;
