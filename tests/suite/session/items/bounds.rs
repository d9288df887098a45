//! Answers that contradict what was asked, and how far back it is asked for what went without a word.

use sharepoint_changes::{Action, Error, Settings, Start};

use super::{
    super::script::{DAY, token},
    Answer, Items, THRESHOLD, load_of, loaded, query, told,
};

fn is_a_contradiction(mut items: Items) {
    assert!(matches!(items.error(), Error::Protocol { .. }));
}

fn load() -> Items {
    let query = query().row_limit(2.try_into().unwrap());
    let mut items = Items::with(query, Start::Beginning, Settings::default());
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items
}

fn pending(ids: impl IntoIterator<Item = i32>) -> Items {
    let mut items = Items::resumed(&loaded(&[(1, "a")]).with_pending(ids));
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items
}

fn listing() -> Items {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(8, "A/")]));
    items.page();
    items
}

#[test]
fn a_next_page_that_begins_where_this_one_did_is_an_error() {
    let mut items = load();
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    items.page();
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    is_a_contradiction(items);
    let mut items = pending([1, 2]);
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    items.page();
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    is_a_contradiction(items);
    let mut items = listing();
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(9, "A/a")]).next("p_ID=9"));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(9, "A/a")]).next("p_ID=9"));
    is_a_contradiction(items);
}

#[test]
fn rows_that_were_not_asked_for_are_an_error() {
    let mut items = load();
    items.doubt();
    items.answer(&Answer::new(100).list().rows(&[(3, "c")]));
    is_a_contradiction(items);
    let mut items = pending([1, 2]);
    items.answer(&Answer::new(100).list().rows(&[(3, "c")]));
    is_a_contradiction(items);
    let mut items = listing();
    items.answer(&Answer::new(110).list().rows(&[(9, "B/")]));
    is_a_contradiction(items);
}

#[test]
fn a_load_whose_beginning_grew_too_old_begins_again_under_a_new_name() {
    let mut items = load();
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    let page = items.page();
    let mut items = Items::resumed(&page.checkpoint);
    items.date = 56 * DAY;
    items.fence(&token(200, 56 * DAY));
    items.answer(&Answer::new(200).list());
    assert!(!items.answer(&Answer::new(200).list().rows(&[(1, "a")])).contains("Paging"));
    assert_ne!(load_of(&items.page()), load_of(&page));
}

#[test]
fn the_age_of_a_load_counts_from_its_first_page() {
    let mut items = load();
    items.date = DAY;
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    items.page();
    items.date = 9 * DAY;
    items.answer(&Answer::new(100).list());
    assert_eq!(items.page().checkpoint.moment(), super::at(DAY));
}

#[test]
fn a_pending_item_whose_row_cannot_be_read_is_not_gone() {
    let mut items = pending([1, 2]);
    items.answer(&Answer::new(100).list().broken(Some(1)));
    let page = items.page();
    assert_eq!(
        (told(&page), page.notices.len(), page.checkpoint.pending()),
        (vec!["-2".to_owned()], 1, (0, 0))
    );
    items.up_to_date();
}

#[test]
fn items_asked_for_by_id_may_come_over_several_pages() {
    let mut items = pending([1, 2, 3]);
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]).next("p_ID=1"));
    assert_eq!(told(&items.page()), ["+1"]);
    assert!(items.answer(&Answer::new(100).list().rows(&[(3, "c")])).contains("p_ID=1"));
    assert_eq!(told(&items.page()), ["+3", "-2"]);
}

#[test]
fn a_pending_folder_that_is_told_to_be_gone_is_not_listed() {
    let mut items = listing();
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    let page = items.page();
    let mut items = Items::resumed(&page.checkpoint);
    items.fence(&token(120, 0));
    items.answer(&Answer::new(120).list());
    items.answer(&Answer::new(120).event("Delete", 8));
    assert_eq!(items.page().checkpoint.pending(), (0, 0));
    items.names(&[(-8, 120)]);
    items.names(&[]);
    items.up_to_date();
}

#[test]
fn what_a_folder_took_along_is_named_from_the_increment_before_and_only_where_nothing_was_told_of_it() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110));
    let before = items.up_to_date();
    let mut items = Items::resumed(&before);
    items.fence(&token(120, 0));
    items.answer(&Answer::new(120).list());
    items.answer(&Answer::new(120).event("Delete", 8).rows(&[(3, "c")]));
    items.page();
    assert_eq!(items.names(&[(3, 105), (7, 113), (-8, 114)]), (100, 120));
    items.names(&[]);
    let asked = items.asked();
    assert!(asked.contains(">7</Value>") && !asked.contains(">3</Value>") && !asked.contains(">8</Value>"));
}

#[test]
fn where_an_increment_left_changes_behind_names_are_asked_from_where_they_were_before() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).more());
    let before = items.up_to_date();
    let mut items = Items::resumed(&before);
    items.fence(&token(120, 0));
    items.answer(&Answer::new(120).list());
    items.answer(&Answer::new(120).more());
    let before = items.up_to_date();
    let mut items = Items::resumed(&before);
    items.fence(&token(130, 0));
    items.answer(&Answer::new(130).list());
    items.answer(&Answer::new(130).event("Delete", 8));
    items.page();
    assert_eq!(items.names(&[]), (100, 130));
}

#[test]
fn too_many_lookups_are_an_error_and_no_reason_for_a_load() {
    let mut items = load();
    items.reply(500, THRESHOLD);
    assert!(matches!(items.error(), Error::TooManyLookups { .. }));
}

#[test]
fn an_item_that_was_deleted_and_restored_with_its_row_is_settled() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Delete", 6).event("Restore", 6).rows(&[(6, "f")]));
    let page = items.page();
    assert_eq!(page.checkpoint.pending(), (0, 0));
    assert_eq!(told(&page), ["-6", "restored 6", "+6"]);
}

#[test]
fn another_folder_at_the_path_of_the_one_that_was_listed_removes_nothing() {
    let mut items = listing();
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(110).list());
    let other = Answer::new(110).list().rows(&[(8, "A/")]).to_string().replace("0008}", "0088}");
    items.reply(200, &other);
    // It is placed and listed anew.
    let asked = items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    assert!(asked.contains(">8</Value>"), "{asked}");
    assert_eq!(told(&items.page()), ["+8"]);
}

#[test]
fn a_query_that_hides_what_leaves_it_is_refused_before_anything_is_sent() {
    use sharepoint_changes::{Session, Settings, Start, StartError};
    let hiding = super::query().folder("/sites/ops/Lists/Q1/A");
    let refused = Session::new(super::script::site(), hiding, Start::Beginning, Settings::default());
    assert!(matches!(refused, Err(StartError::Query(_))));
}

#[test]
fn a_page_of_a_list_of_more_rows_than_the_settings_allow_is_not_handed_out() {
    for (most, is_taken) in [(3, true), (2, false)] {
        let mut settings = Settings::default();
        settings.limits.rows = most;
        let mut items = Items::with(query(), Start::Beginning, settings);
        items.fence(&token(100, 0));
        items.answer(&Answer::new(100).list());
        items.answer(&Answer::new(100).list().rows(&[(1, "a"), (2, "b"), (3, "c")]));
        match items.poll() {
            Ok(Action::Page(page)) => assert!(is_taken && page.changes.len() == 3, "{page:?}"),
            Ok(Action::Wait(_)) => assert!(!is_taken),
            other => panic!("{other:?}"),
        }
    }
}
