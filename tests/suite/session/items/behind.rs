//! Ends and answers that lie before what is held, and times that pass while a run is under way.

use std::time::Duration;

use sharepoint_changes::{Checkpoint, Settings, Start};

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
    items.answer(&Answer::new(110).list());
    assert!(!items.asked().contains("ChangeToken\""));
}

#[test]
fn an_answer_of_another_log_is_a_new_load() {
    let another = || Answer::new(50).token(&token(50, -DAY).to_string());
    let mut items = Items::from_token(110);
    items.answer(&another().rows(&[(3, "c")]));
    assert!(!items.asked().contains("ChangeToken\""), "an increment");
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    let first = load_of(&items.page());
    items.answer(&another().list().rows(&[(2, "b")]));
    assert!(!items.asked().contains("p_ID=1"), "a load");
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
    // Its name is another although it begins at the same change.
    assert_ne!(load_of(&items.page()), first);
}

#[test]
fn a_run_that_ends_behind_a_page_stands_where_that_page_does() {
    let mut items = Items::resumed(&loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(105).rows(&[(3, "c")]).more());
    let page = items.page();
    items.answer(&Answer::new(103));
    assert_eq!(items.up_to_date(), page.checkpoint);
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
