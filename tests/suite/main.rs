//! What crosses files, through the public interface alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod decode;
mod golden;
mod members;
mod recordings;
mod session;
