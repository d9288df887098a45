//! Copies of simulated lists in SQLite, judged by the simulated lists themselves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod comparing;
mod deaths;
mod earlier;
mod histories;
mod judge;
mod killed;
mod laws;
mod office;
mod orphans;
mod permissions;
mod reloads;
mod runs;
