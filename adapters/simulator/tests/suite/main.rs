//! What the simulator promises, seen from outside.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod access;
mod ask;
mod changes;
mod copy;
mod feed_switches;
mod feed_trouble;
mod full_office;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "http")]
mod http;
mod item_options;
mod item_queries;
mod item_types;
mod log;
mod office;
mod reads;
mod refusals;
mod rowset;
mod since_token;
mod soap;
mod switches;
mod trouble;
mod verbs;
