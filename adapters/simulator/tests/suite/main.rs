//! What the simulator promises, seen from outside.

mod log;
mod verbs;
