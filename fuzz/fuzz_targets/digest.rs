//! A digest that was read stands in a header, and nowhere else.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::digest(input));
