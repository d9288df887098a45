//! A token's text comes back byte for byte, and order is the same both ways.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::token(input));
