//! How much memory reading an answer takes, counted by allocator and not by clock.
//!
//! Counts are those of the thread that reads, so tests may run beside each other. They hold in every profile: what
//! allocates does so whether it is optimised or not.

mod changes;
mod doubling;
mod rowset;
mod worst;
