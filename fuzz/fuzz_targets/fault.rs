//! Any answer that is no success is a fault, told in one line without the secrets of an address.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::fault(input));
