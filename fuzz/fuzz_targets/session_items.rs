//! Operations on a session over items in any order: no panic, every promise holds, and the end leaves nothing pending.
#![no_main]

libfuzzer_sys::fuzz_target!(|story: sharepoint_changes_fuzz::Story| {
    sharepoint_changes_fuzz::session_items(&story);
});
