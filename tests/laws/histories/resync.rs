//! Reading everything anew, and going on from before it.

use sharepoint_changes::{ResyncReason, Start};

use super::journal::{Journal, MINUTE};

#[test]
fn what_becomes_visible_while_everything_is_read_anew_comes_afterwards() {
    let mut journal = Journal::new();
    journal.start = Start::Bootstrap;
    journal.write();
    journal.write_late(10 * MINUTE);
    journal.write_elsewhere();
    let then = journal.resync(ResyncReason::FirstRun, &mut |_, _| {});
    journal.read_anew(&then);
    journal.pass(11 * MINUTE);
    journal.follow();
}
