//! The body of the fuzz target that compares the two readers, run on the fixtures and on what becomes of them.

#[path = "../../../../../../fuzz/src/rowset_fast.rs"]
#[allow(unreachable_pub, reason = "to the fuzz target it is")]
mod bodies;
#[path = "../../../../../../tests/suite/fuzzing/mutated.rs"]
#[allow(
    unreachable_pub,
    clippy::disallowed_methods,
    reason = "it reads the fixtures, and is a test's elsewhere too"
)]
mod mutated;

use self::mutated::hold;

#[test]
fn both_readers_of_rowsets() {
    hold("tests/fixtures", 2_000, bodies::rowset_fast);
}
