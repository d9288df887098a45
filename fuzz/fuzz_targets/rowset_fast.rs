//! An answer of GetListItemChangesSinceToken is read alike by the fast reader and by the plain one, or refused alike.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    #[cfg(fuzzing)]
    sharepoint_changes_fuzz::rowset_fast(input);
    // The plain reader alone is public to nobody else.
    #[cfg(not(fuzzing))]
    let _ = input;
});
