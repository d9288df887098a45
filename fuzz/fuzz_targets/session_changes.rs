//! Operations on a session over changes in any order: no panic, and every promise of polls, pages and ends holds.
#![no_main]

libfuzzer_sys::fuzz_target!(|story: sharepoint_changes_fuzz::Story| {
    sharepoint_changes_fuzz::session_changes(&story);
});
