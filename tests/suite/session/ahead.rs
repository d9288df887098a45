//! Checkpoints that were stored under a time that has not come yet: they are set right, and that is told once.

use sharepoint_changes::{Checkpoint, Done, Notice, ResyncReason, Start};

use super::script::{DAY, MINUTE, Script, at, token};

/// A year that no server's clock shows yet.
const FAR: i64 = 73 * 365 * DAY;

/// A run on a quiet log whose answers are written at this time.
fn stored_at(date: i64) -> Checkpoint {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.date = Some(date);
    script.fence(&token(100, -MINUTE));
    let stored = script.up_to_date();
    assert_eq!(stored.moment(), at(date));
    stored
}

fn ahead(moment: i64, now: i64) -> Vec<Notice> {
    vec![Notice::MomentAhead { moment: at(moment), now: at(now) }]
}

#[test]
fn a_stored_moment_in_the_future_is_taken_back_and_that_is_told_at_the_end() {
    let mut script = Script::resumed(&stored_at(FAR), DAY);
    script.fence(&token(100, -MINUTE));
    let done = script.done();
    assert_eq!((done.checkpoint().moment(), done.notices()), (at(DAY), &ahead(FAR, DAY)[..]));
    // What is kept now is right.
    let mut script = Script::resumed(done.checkpoint(), 2 * DAY);
    script.fence(&token(100, -MINUTE));
    assert!(script.done().notices().is_empty());
}

#[test]
fn it_does_not_switch_the_judgement_of_age_off_and_is_told_with_the_resync() {
    let mut script = Script::resumed(&stored_at(FAR), 60 * DAY);
    script.fence(&token(200, 60 * DAY));
    let done = script.done();
    assert!(matches!(done, Done::Resync { reason: ResyncReason::Expired, .. }));
    assert_eq!(done.notices(), ahead(FAR, 60 * DAY));
}

#[test]
fn it_is_told_once_with_the_first_checkpoint_that_is_right() {
    let mut script = Script::resumed(&stored_at(FAR), DAY);
    script.fence(&token(110, DAY));
    script.rows(&[token(105, DAY - MINUTE)]);
    let page = script.page();
    assert_eq!(page.notices, ahead(FAR, DAY));
    assert!(page.checkpoint.moment() <= at(DAY));
    script.rows(&[token(108, DAY - MINUTE)]);
    assert!(script.page().notices.is_empty());
    script.rows(&[]);
    assert!(script.done().notices().is_empty());
}

#[test]
fn clocks_of_a_farm_that_differ_by_minutes_are_not_worth_a_word() {
    let mut script = Script::resumed(&stored_at(10 * MINUTE), 0);
    script.fence(&token(100, -MINUTE));
    let done = script.done();
    assert_eq!((done.checkpoint().moment(), done.notices()), (at(0), &[][..]));
    let mut script = Script::resumed(&stored_at(10 * MINUTE + 1), 0);
    script.fence(&token(100, -MINUTE));
    assert_eq!(script.done().notices(), ahead(10 * MINUTE + 1, 0));
}

#[test]
fn it_is_told_when_it_shows_and_not_before() {
    // The first answer lies as that one did, the next one does not.
    let mut script = Script::resumed(&stored_at(FAR), MINUTE);
    script.fence_dated(FAR, &token(110, 0));
    script.rows(&[token(105, -30)]);
    assert_eq!(script.page().notices, ahead(FAR, MINUTE));
    script.rows(&[]);
    assert!(script.done().notices().is_empty());
}

#[test]
fn a_lie_within_a_run_was_stored_by_nobody() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence_dated(FAR, &token(110, 0));
    script.rows(&[token(105, -30)]);
    let page = script.page();
    script.rows(&[]);
    let done = script.done();
    assert!(page.notices.is_empty() && done.notices().is_empty(), "{page:?} {done:?}");
    assert!(done.checkpoint().moment() < at(DAY));
}
