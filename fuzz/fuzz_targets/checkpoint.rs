//! A checkpoint's text comes back byte for byte, and a session goes on from whatever one holds or says why not.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::checkpoint(input));
