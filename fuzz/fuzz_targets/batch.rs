//! A `$batch` answer is taken apart or refused, in no more parts and bytes than came.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sharepoint_changes_fuzz::batch(input));
