//! A server that asks to be left alone is, for no shorter than it asks.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::retry_after(input));
