//! An answer of GetChanges is read or refused, never a panic, and each row reads the same alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::changes_json(input));
