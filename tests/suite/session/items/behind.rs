//! Ends and answers that lie before what is held, and times that pass while a run is under way.

use std::time::Duration;

use sharepoint_changes::{Checkpoint, Error, Settings, Start};

use super::{
    super::script::{DAY, MINUTE, kept, token},
    Answer, Items, load_of, loaded, query, told,
};

/// A run from a checkpoint, this many minutes after the start of the story, with an overlap of an hour.
fn overlapping(checkpoint: &Checkpoint, minutes: i64) -> Items {
    let mut items = Items::with(query(), Start::Checkpoint(kept(checkpoint)), an_hour());
    items.date = minutes * MINUTE;
    items
}

fn an_hour() -> Settings {
    let mut settings = Settings::default();
    settings.overlap = Some(Duration::from_secs(3600));
    settings
}

/// An answer whose LastChangeToken has this number and was written at this minute.
fn until(number: i64, minute: i64) -> Answer {
    Answer::new(number).token(&token(number, minute * MINUTE).to_string())
}

#[test]
fn the_end_of_the_log_that_is_read_again_is_the_one_a_run_goes_by() {
    let mut items = Items::resumed(&loaded(&[(1, "a")]));
    items.fence(&token(90, 0));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(110).rows(&[(2, "b")]));
    assert_eq!(told(&items.page()), ["+2"]);
    assert_eq!(items.up_to_date().token(), Some(&token(110, 0)));
}

#[test]
fn a_position_that_grows_too_old_within_a_run_is_sent_no_more() {
    let mut items = Items::new(Start::Token(token(100, 0)));
    items.fence(&token(110, 0));
    items.date = 61 * DAY;
    // Two answers are as old as the run; the third is the second of another time.
    items.answer(&Answer::new(110).list());
    assert!(!items.asked().contains("ChangeToken\""));
}

#[test]
fn an_answer_of_another_log_is_a_new_load() {
    let another = || Answer::new(50).token(&token(50, -DAY).to_string());
    let mut items = Items::from_token(110);
    (0..3).for_each(|_| drop(items.answer(&another().rows(&[(3, "c")]))));
    assert!(!items.asked().contains("ChangeToken\""), "an increment");
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    let first = load_of(&items.page());
    (0..3).for_each(|_| drop(items.answer(&another().list().rows(&[(2, "b")]))));
    assert!(!items.asked().contains("p_ID=1"), "a load");
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
    // Its name is another although it begins at the same change.
    assert_ne!(load_of(&items.page()), first);
}

#[test]
fn a_run_that_ends_behind_a_page_is_not_proven_to_be_up_to_date() {
    let mut items = Items::resumed(&loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(105).rows(&[(3, "c")]).more());
    let page = items.page();
    assert!(matches!(items.behind(&Answer::new(103)), Error::Behind { .. }));
    assert_eq!(page.checkpoint.token(), Some(&token(105, 0)));
}

#[test]
fn an_increment_begins_an_overlap_before_the_last_end_and_moves_nothing_back() {
    let mut items = Items::with(query(), Start::Now, an_hour());
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100));
    let end = items.up_to_date();
    assert!(end.as_str().contains(r#""completed":"2026-03-04T10:00:00Z""#), "{end}");
    let mut items = overlapping(&end, 10);
    items.fence(&token(110, 10 * MINUTE));
    items.answer(&until(110, 10).list());
    items.answer(&until(110, 10));
    let mut items = overlapping(&items.up_to_date(), 20);
    items.fence(&token(120, 20 * MINUTE));
    items.answer(&until(120, 20).list());
    let asked = items.answer(&until(105, 5).rows(&[(3, "c")]).more());
    assert!(asked.contains(&token(100, 0).to_string()), "{asked}");
    assert_eq!(items.page().checkpoint.token(), Some(&token(110, 10 * MINUTE)));
    let asked = items.answer(&until(120, 20));
    assert!(asked.contains(&token(105, 5 * MINUTE).to_string()), "{asked}");
    assert_eq!(items.up_to_date().token(), Some(&token(120, 20 * MINUTE)));
}

/// A run that goes on with an overlap from 100, of which an earlier one came to 105; the position is 110, and the log ends
/// at 120.
fn within_an_overlap() -> Items {
    let mut items = Items::with(query(), Start::Now, an_hour());
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100));
    let mut items = overlapping(&items.up_to_date(), 10);
    items.fence(&token(110, 10 * MINUTE));
    items.answer(&until(110, 10).list());
    items.answer(&until(110, 10));
    let mut items = overlapping(&items.up_to_date(), 20);
    items.fence(&token(120, 20 * MINUTE));
    items.answer(&until(120, 20).list());
    items.answer(&until(105, 5).rows(&[(3, "c")]).more());
    let cut = items.page().checkpoint;
    let mut items = overlapping(&cut, 21);
    items.fence(&token(120, 20 * MINUTE));
    items.answer(&until(120, 20).list());
    items
}

#[test]
fn an_increment_that_ended_within_its_overlap_is_gone_on_with_and_read_once_more() {
    let mut items = within_an_overlap();
    let asked = items.answer(&until(120, 20).rows(&[(4, "d")]));
    assert!(asked.contains(&token(105, 5 * MINUTE).to_string()), "{asked}");
    assert_eq!(told(&items.page()), ["+4"]);
    let asked = items.answer(&until(120, 20).rows(&[(2, "late")]));
    assert!(asked.contains(&token(100, 0).to_string()), "{asked}");
    assert_eq!(told(&items.page()), ["+2"]);
    assert_eq!(items.up_to_date().token(), Some(&token(120, 20 * MINUTE)));
}

/// What came of an item the first time says nothing of a change that was not visible then.
#[test]
fn an_overlap_that_getchanges_has_to_name_is_named_whole_whatever_came_before() {
    let mut items = within_an_overlap();
    items.answer(&until(120, 20).rows(&[(4, "d")]));
    items.page();
    // From its beginning on, it has a row that can be told from no other.
    items.answer(&until(120, 20).broken(None));
    assert_eq!(items.names(&[(4, 104)]), (100, 120));
    items.names(&[]);
    items.answer(&until(120, 20).list().rows(&[(4, "late")]));
    assert_eq!(told(&items.page()), ["+4"]);
    items.up_to_date();
}

#[test]
fn what_follows_a_load_is_overlapped_from_its_beginning_though_no_run_came_to_its_end() {
    for settings in [an_hour(), Settings::default()] {
        let overlaps = settings.overlap.is_some();
        let mut items = Items::with(query(), Start::Beginning, settings);
        items.fence(&token(100, 0));
        items.answer(&Answer::new(100).list());
        items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
        assert_eq!(items.page().checkpoint.as_str().contains("earlier"), overlaps);
        items.date = 50 * MINUTE;
        items.answer(&until(150, 50).rows(&[(2, "b")]).more());
        let page = items.page();
        if overlaps {
            let mut items = overlapping(&page.checkpoint, 51);
            items.fence(&token(160, 51 * MINUTE));
            items.answer(&until(160, 51).list());
            assert!(items.asked().contains(&token(100, 0).to_string()));
        }
    }
}

/// A run from 100 whose increment ends at 110, over two pages of which the second brings this.
fn second_page(answer: &Answer) -> Items {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(105).rows(&[(7, "x")]).more());
    items.page();
    items.answer(answer);
    items.page();
    items
}

#[test]
fn what_was_told_of_an_item_covers_no_later_change() {
    // Between the two pages 7 is moved into the folder 8, which is deleted and takes it along without a word.
    let mut items = second_page(&Answer::new(110).event("Delete", 8));
    assert_eq!(items.names(&[(7, 104), (7, 107), (-8, 109)]), (100, 110));
    items.names(&[]);
    assert!(items.answer(&Answer::new(110).list()).contains(">7</Value>"));
    assert_eq!(told(&items.page()), ["-7"]);
    items.up_to_date();
    // So it is where the folder left the list.
    let mut items = second_page(&Answer::new(110).event("MoveAway", 8));
    items.names(&[(7, 107), (-8, 109)]);
    items.names(&[]);
    assert!(items.asked().contains(">7</Value>"));
}

#[test]
fn names_that_are_due_and_too_old_are_a_new_load() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Delete", 8));
    let page = items.page();
    // Killed before GetChanges; 56 days later the log has more, and is no longer trusted to hold what is to be named.
    let mut items = Items::resumed(&page.checkpoint);
    items.date = 56 * DAY;
    items.fence(&token(200, 56 * DAY));
    items.answer(&Answer::new(200).list());
    assert!(!items.asked().contains("ChangeToken\""));
}

#[test]
fn an_answer_older_than_what_made_it_necessary_is_asked_for_again() {
    let restored = || {
        let mut items = Items::from_token(110);
        items.answer(&Answer::new(110).event("Restore", 1));
        items.page();
        items
    };
    // A copy that does not know of the restore yet would have the item removed for ever.
    let mut items = restored();
    items.answer(&Answer::new(109).list());
    items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
    assert_eq!(told(&items.page()), ["+1"]);
    items.up_to_date();
    assert!(matches!(restored().behind(&Answer::new(109).list()), Error::Behind { .. }));
    // Each answer of a folder's listing knows what the one before knew.
    for older in 0..3 {
        let number = |n| if n == older { 109 } else { 110 };
        let mut items = Items::from_token(110);
        items.answer(&Answer::new(110).rows(&[(8, "A/")]));
        items.page();
        for n in 0..=older {
            let answer = |number: i64| match n {
                1 => Answer::new(number).list().rows(&[(9, "A/a")]),
                _ => Answer::new(number).list().rows(&[(8, "A/")]),
            };
            items.answer(&answer(number(n)));
            if n == older {
                items.answer(&answer(110));
            }
            if n != 1 {
                items.page();
            }
        }
    }
}

#[test]
fn getchanges_without_the_removal_that_made_it_due_is_a_copy_that_lags_behind() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Delete", 8));
    let killed = items.page().checkpoint;
    items.names(&[]);
    items.names(&[(7, 105), (-8, 109)]);
    items.names(&[]);
    assert!(items.asked().contains(">7</Value>"));
    // It is still due for whoever goes on.
    let mut items = Items::resumed(&killed);
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.names(&[]);
    items.names(&[(-8, 109)]);
    items.names(&[]);
}

#[test]
fn a_position_inside_a_backlog_is_as_old_as_its_last_change() {
    let mut items = Items::resumed(&loaded(&[(1, "a")]));
    items.date = 40 * DAY;
    items.fence(&token(110, 40 * DAY));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(103).rows(&[(1, "b")]).more());
    let killed = items.page().checkpoint;
    assert_eq!(killed.moment(), super::at(0));
    // 40 days later the log has forgotten what followed, and would answer with nothing.
    let mut items = Items::resumed(&killed);
    items.date = 80 * DAY;
    items.fence(&token(120, 80 * DAY));
    items.answer(&until(120, 80 * 24 * 60).list());
    assert!(!items.asked().contains("ChangeToken\""));
}

#[test]
fn folders_asked_for_by_id_may_come_over_several_pages() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(7, "A/"), (8, "B/"), (9, "C/")]));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(7, "A/"), (8, "B/")]).next("p_ID=8"));
    assert_eq!(told(&items.page()), ["+7", "+8"]);
    assert!(items.answer(&Answer::new(110).list().rows(&[(9, "C/")])).contains("p_ID=8"));
    let page = items.page();
    assert_eq!((told(&page), page.checkpoint.pending()), (vec!["+9".to_owned()], (0, 3)));
}

#[test]
fn a_page_that_does_not_come_forward_is_no_progress() {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("A"));
    items.page();
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("B"));
    assert!(matches!(items.error(), Error::Protocol { .. }));
}

/// A server looks through a list piece by piece, and nothing in one may be for the caller; a circle has no end.
#[test]
fn pages_without_rows_come_between_others_but_not_for_ever() {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    for turn in 0..1_000 {
        items.answer(&Answer::new(100).list().next(["A", "B"][turn % 2]));
        assert!(items.page().changes.is_empty());
    }
    items.answer(&Answer::new(100).list().next("A"));
    assert!(matches!(items.error(), Error::Protocol { .. }));
}

#[test]
fn rows_younger_than_the_position_are_lost_with_the_log_that_told_them() {
    // Asked for by id, 1 came as of 150; then the database was put back to where the position is.
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("SystemUpdate", 1));
    items.page();
    items.answer(&Answer::new(150).list().rows(&[(1, "b")]));
    items.page();
    let end = items.up_to_date();
    let mut items = Items::resumed(&end);
    items.date = 2 * 60 * MINUTE;
    (0..4).for_each(|_| items.fence(&token(110, 0)));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
    load_of(&items.page());
}

#[test]
fn the_same_number_with_other_ticks_is_another_log() {
    let mut items = Items::resumed(&loaded(&[(1, "a")]));
    (0..4).for_each(|_| items.fence(&token(100, 5)));
    items.answer(&Answer::new(100).token(&token(100, 5).to_string()).list());
    assert!(!items.asked().contains("ChangeToken\""));
}

#[test]
fn pages_of_a_load_younger_than_its_beginning_are_lost_with_the_log_that_told_them() {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    items.page();
    items.answer(&Answer::new(150).list().rows(&[(2, "b")]).next("p_ID=2"));
    // Killed here; the database is put back to a moment between the two pages.
    let mut items = Items::resumed(&items.page().checkpoint);
    items.date = 2 * 60 * MINUTE;
    (0..4).for_each(|_| items.fence(&token(120, 0)));
    items.answer(&Answer::new(120).list());
    assert!(!items.asked().contains("p_ID=2"));
}
