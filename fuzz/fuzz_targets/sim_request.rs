//! The simulated server answers any request, the same one alike, and nothing changes.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::sim_request(input));
