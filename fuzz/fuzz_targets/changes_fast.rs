//! The two readers of GetChanges pages read the same, or both refuse.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::changes_fast(input));
