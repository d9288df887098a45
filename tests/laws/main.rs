//! The laws of a correct synchronization, over both feeds: stories drawn from seeds, and those that once broke one.
//!
//! `LAWS_SEEDS` is how many stories are told (`LAWS_FIRST` is the first seed), `LAWS_STORY` one that is told alone.
//! `LAWS_FEED` tells those of one feed only (`changes` or `items`); with `LAWS_STOP` the first that breaks a law is the
//! last.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what the core must not touch, its tests may: the environment, threads, the clock"
)]

mod ahead;
mod biting;
mod campaign;
#[path = "../suite/drive/far_ahead.rs"]
mod far_ahead;
mod histories;
mod regressions;
mod wire;
