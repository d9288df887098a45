//! What crosses files, through the public interface alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![allow(
    clippy::disallowed_methods,
    reason = "what the core must not touch, its tests may: the files they compare with"
)]

mod coalesce;
mod coalesced;
mod decode;
mod drive;
mod effects;
mod fuzzing;
mod golden;
mod golden_items;
mod items;
mod limits;
mod members;
mod mirrored;
mod one_line;
mod politeness;
mod recordings;
mod secrets;
mod session;
mod simulated;
mod two_readers;
