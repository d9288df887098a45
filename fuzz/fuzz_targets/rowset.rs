//! An answer of GetListItemChangesSinceToken is read or refused; each column of each row is found, and each value is read.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::rowset(input));
