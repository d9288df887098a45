//! What the simulator promises, seen from outside.

mod access;
mod ask;
mod changes;
mod log;
mod refusals;
mod trouble;
mod verbs;
