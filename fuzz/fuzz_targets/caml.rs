//! CAML that is taken stays inside its element of any request.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::caml(input));
