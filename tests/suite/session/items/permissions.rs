//! Permissions of single items: the list feed is silent about them, and the log tells of them.

use std::time::Duration;

use sharepoint_changes::{Basis, Checkpoint, Error, ItemChange, ItemPage, Known, Notice, Settings, Start};

use super::{
    super::script::{DAY, MINUTE, kept, token},
    Answer, Items,
    Object::{Folder, Group, Item, List},
    load_of, loaded, query, told,
};

impl Items {
    fn watching(checkpoint: &Checkpoint) -> Items {
        Items::watching_with(checkpoint, Settings::default())
    }

    fn watching_with(checkpoint: &Checkpoint, settings: Settings) -> Items {
        Items::wholly(query(), Start::Checkpoint(kept(checkpoint)), settings)
    }

    /// The end of the log, the list, and an increment that brings nothing.
    fn silent(&mut self, number: i64) {
        self.fence(&token(number, 0));
        self.answer(&Answer::new(number).list());
        self.answer(&Answer::new(number));
    }
}

fn hidden(page: &ItemPage) -> Vec<i32> {
    let id = |change: &ItemChange| match change {
        ItemChange::Removed { id, known: Known::Hidden, .. } => Some(*id),
        _ => None,
    };
    page.changes.iter().filter_map(id).collect()
}

/// A run in which nothing happened to the list, though the log moved to this number.
fn quiet(checkpoint: &Checkpoint, number: i64) -> Checkpoint {
    let mut items = Items::watching(checkpoint);
    items.silent(number);
    items.permissions(&[]);
    items.up_to_date()
}

#[test]
fn an_item_that_is_shared_with_the_caller_comes_though_nobody_edited_it() {
    for kind in [11, 12, 17, 18] {
        let mut items = Items::watching(&loaded(&[(1, "a")]));
        items.silent(110);
        assert_eq!(items.permissions(&[(kind, Item(7), 105)]), (100, 110));
        assert_eq!(items.permissions(&[]), (105, 110));
        let asked = items.answer(&Answer::new(110).list().rows(&[(7, "shared")]));
        assert!(asked.contains(">7</Value>"), "{asked}");
        assert_eq!(told(&items.page()), ["+7"]);
        items.up_to_date();
    }
}

#[test]
fn an_item_that_the_caller_loses_goes_as_hidden() {
    let mut items = Items::watching(&loaded(&[(1, "a"), (2, "b")]));
    items.silent(110);
    items.permissions(&[(12, Item(1), 105)]);
    items.permissions(&[]);
    items.answer(&Answer::new(110).list());
    let page = items.page();
    assert_eq!((told(&page), hidden(&page)), (vec!["-1".to_owned()], vec![1]));
    items.up_to_date();
}

#[test]
fn an_item_that_was_only_pointed_at_and_is_not_there_is_absent_and_not_hidden() {
    let mut items = Items::watching(&loaded(&[(1, "a")]).with_pending([1]));
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100).list());
    let page = items.page();
    assert_eq!((told(&page), hidden(&page)), (vec!["-1".to_owned()], vec![]));
}

#[test]
fn the_permissions_of_a_folder_are_those_of_all_below_it() {
    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.silent(110);
    items.permissions(&[(18, Item(8), 105)]);
    items.permissions(&[]);
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    assert_eq!(items.page().checkpoint.pending(), (0, 1));
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    items.page();
    let listed = items.answer(&Answer::new(110).list().rows(&[(9, "A/x")]));
    assert!(listed.contains("<Folder>"), "{listed}");
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    let page = items.page();
    assert!(matches!(page.basis, Basis::Subtree { folder: 8, last: true, .. }), "{:?}", page.basis);
    assert_eq!(told(&page), ["+9"]);
    items.up_to_date();
}

#[test]
fn an_item_that_is_moved_to_where_the_caller_may_not_see_it_is_asked_for() {
    for kind in [5, 6] {
        let mut items = Items::watching(&loaded(&[(1, "a")]));
        items.silent(110);
        items.permissions(&[(kind, Item(1), 105)]);
        items.permissions(&[]);
        items.answer(&Answer::new(110).list());
        assert_eq!(hidden(&items.page()), [1]);
        items.up_to_date();
    }
}

#[test]
fn what_the_increment_brought_after_the_change_is_not_asked_for() {
    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(106).rows(&[(7, "told")]).more());
    items.page();
    items.answer(&Answer::new(110));
    // Item 7 was seen as of 106.
    items.permissions(&[(11, Item(7), 105)]);
    items.permissions(&[]);
    items.up_to_date();

    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(106).rows(&[(7, "told")]).more());
    items.page();
    items.answer(&Answer::new(110));
    items.permissions(&[(12, Item(7), 107)]);
    items.permissions(&[]);
    items.answer(&Answer::new(110).list());
    assert_eq!(hidden(&items.page()), [7]);
}

#[test]
fn killed_before_the_log_was_read_the_next_run_reads_it_though_the_log_did_not_move() {
    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(110).rows(&[(2, "b")]));
    let page = items.page();
    assert_eq!(page.checkpoint.token(), Some(&token(110, 0)));
    let mut resumed = Items::watching(&page.checkpoint);
    resumed.fence(&token(110, 0));
    resumed.answer(&Answer::new(110).list());
    assert_eq!(resumed.permissions(&[(12, Item(1), 105)]), (100, 110));
    resumed.permissions(&[]);
    resumed.answer(&Answer::new(110).list());
    assert_eq!(hidden(&resumed.page()), [1]);
    resumed.up_to_date();
}

#[test]
fn killed_before_the_items_were_asked_for_they_are_still_pending() {
    let changes: Vec<_> = (1..=150).map(|id| (12, Item(id), 100 + i64::from(id))).collect();
    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.silent(300);
    items.permissions(&changes);
    items.permissions(&[]);
    items.answer(&Answer::new(300).list());
    let page = items.page();
    assert_eq!((hidden(&page).len(), page.checkpoint.pending()), (100, (50, 0)));
    let mut resumed = Items::watching(&page.checkpoint);
    resumed.fence(&token(300, 0));
    resumed.answer(&Answer::new(300).list());
    resumed.answer(&Answer::new(300).list());
    assert_eq!(hidden(&resumed.page()).len(), 50);
    resumed.up_to_date();
}

#[test]
fn a_run_at_the_end_of_the_log_asks_for_nothing() {
    let checkpoint = quiet(&loaded(&[(1, "a")]), 110);
    let mut items = Items::watching(&checkpoint);
    items.fence(&token(110, 0));
    items.up_to_date();
}

#[test]
fn where_it_is_turned_off_nothing_is_asked_and_what_happened_is_read_once_it_is_on_again() {
    let mut items = Items::resumed(&loaded(&[(1, "a")]));
    items.silent(110);
    let checkpoint = items.up_to_date();
    let mut items = Items::watching(&checkpoint);
    items.silent(120);
    assert_eq!(items.permissions(&[(12, Item(1), 105)]), (100, 120));
    items.permissions(&[]);
    items.answer(&Answer::new(120).list());
    assert_eq!(hidden(&items.page()), [1]);
    items.up_to_date();
}

#[test]
fn groups_and_roles_are_a_notice_because_they_name_no_item() {
    for change in [
        (8, Group, 105),
        (9, Group, 105),
        (10, Group, 105),
        (13, Group, 105),
        (14, Group, 105),
        (11, Folder, 105),
        (12, Folder, 105),
        (17, Folder, 105),
        (18, Folder, 105),
    ] {
        let mut items = Items::watching(&loaded(&[(1, "a")]));
        items.silent(110);
        items.permissions(&[change]);
        items.permissions(&[]);
        let page = items.page();
        assert_eq!((page.notices, page.changes.len()), (vec![Notice::RolesChanged { count: 1 }], 0));
        items.up_to_date();
    }
    // The whole list's are told by the list itself, and where nothing but a folder's place changed there is nothing to tell.
    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.silent(110);
    items.permissions(&[(11, List, 105), (17, List, 106), (5, Folder, 107)]);
    items.permissions(&[]);
    items.up_to_date();
}

#[test]
fn an_end_of_the_log_is_read_again_until_it_has_settled_and_no_item_is_asked_for_twice() {
    let run = |checkpoint: &Checkpoint, date: i64, number: i64| {
        let mut items = Items::watching(checkpoint);
        items.date = date;
        items.silent(number);
        items
    };
    let mut items = run(&loaded(&[(1, "a")]), 0, 110);
    items.permissions(&[(12, Item(1), 105)]);
    items.permissions(&[]);
    items.answer(&Answer::new(110).list());
    items.page();
    let checkpoint = items.up_to_date();
    // That answer may have come from a copy that lagged behind, so that 107 comes only now.
    let mut items = run(&checkpoint, 5 * MINUTE, 120);
    assert_eq!(items.permissions(&[(12, Item(1), 105), (12, Item(2), 107)]), (100, 120));
    items.permissions(&[]);
    let asked = items.answer(&Answer::new(120).list());
    assert!(asked.contains(">2</Value>") && !asked.contains(">1</Value>"), "{asked}");
    items.page();
    let checkpoint = items.up_to_date();
    let mut items = run(&checkpoint, 16 * MINUTE, 130);
    assert_eq!(items.permissions(&[]), (100, 130));
    let checkpoint = items.up_to_date();
    let mut items = run(&checkpoint, 17 * MINUTE, 140);
    assert_eq!(items.permissions(&[]), (110, 140));
    items.up_to_date();
}

#[test]
fn an_item_is_not_taken_for_hidden_by_an_answer_older_than_the_change() {
    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(115));
    items.permissions(&[(11, Item(7), 114)]);
    items.permissions(&[]);
    items.answer(&Answer::new(113).list());
    items.answer(&Answer::new(115).list().rows(&[(7, "shared")]));
    assert_eq!(told(&items.page()), ["+7"]);
    items.up_to_date();
}

#[test]
fn what_the_log_has_forgotten_of_permissions_is_a_new_load() {
    // Followed without a look at permissions for longer than the log goes back.
    let mut checkpoint = loaded(&[(1, "a")]);
    for day in [40, 80] {
        let mut items = Items::resumed(&checkpoint);
        items.date = day * DAY;
        items.fence(&token(110 + day, day * DAY));
        let end = token(110 + day, day * DAY).to_string();
        items.answer(&Answer::new(0).token(&end).list());
        items.answer(&Answer::new(0).token(&end));
        checkpoint = items.up_to_date();
    }
    let mut items = Items::watching(&checkpoint);
    items.date = 81 * DAY;
    items.fence(&token(200, 81 * DAY));
    let end = token(200, 81 * DAY).to_string();
    items.answer(&Answer::new(0).token(&end).list());
    items.answer(&Answer::new(0).token(&end).list().rows(&[(1, "a")]));
    load_of(&items.page());
}

#[test]
fn runs_weeks_apart_and_a_log_that_stands_still_forget_nothing() {
    let run = |checkpoint: &Checkpoint, day: i64, number: i64, written: i64| {
        let mut items = Items::watching(checkpoint);
        items.date = day * DAY;
        items.fence(&token(number, written * DAY));
        items
    };
    let end = |number: i64, day: i64| Answer::new(0).token(&token(number, day * DAY).to_string());
    // Fifty days between two runs: the end of the log that was read first has not settled, and is younger.
    let mut checkpoint = loaded(&[(1, "a")]);
    for (n, day) in [50, 100, 150].into_iter().enumerate() {
        let number = 110 + day;
        let mut items = run(&checkpoint, day, number, day);
        items.answer(&end(number, day).list());
        items.answer(&end(number, day));
        assert_eq!(items.permissions(&[]).1, number, "run {n}");
        checkpoint = items.up_to_date();
    }
    // Nobody writes for a hundred days. Once the end has settled it is read up to there once more.
    for day in (150..250).step_by(10) {
        let mut items = run(&checkpoint, day, 260, 150);
        if day == 160 {
            items.answer(&end(260, 150).list());
            assert_eq!(items.permissions(&[]).1, 260);
        }
        checkpoint = items.up_to_date();
    }
    let mut items = run(&checkpoint, 251, 270, 251);
    items.answer(&end(270, 251).list());
    items.answer(&end(270, 251));
    assert_eq!(items.permissions(&[]), (260, 270));
    items.up_to_date();
}

#[test]
fn a_change_that_a_copy_which_lagged_behind_was_silent_about_is_read_once_the_end_has_settled() {
    let mut items = Items::watching(&loaded(&[(7, "a")]));
    items.silent(110);
    items.permissions(&[]);
    let mut items = Items::watching(&items.up_to_date());
    items.date = 16 * MINUTE;
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.permissions(&[(12, Item(7), 110)]);
    items.permissions(&[]);
    items.answer(&Answer::new(110).list());
    assert_eq!(hidden(&items.page()), [7]);
    let mut items = Items::watching(&items.up_to_date());
    items.date = 60 * MINUTE;
    items.fence(&token(110, 0));
    items.up_to_date();
}

#[test]
fn a_checkpoint_from_before_permissions_were_read_begins_at_its_position() {
    let now = loaded(&[(1, "a")]).to_string();
    let (before, rest) = now.split_once(r#""permissions":{"#).unwrap();
    let after = &rest[rest.find('}').unwrap() + 2..];
    let json = format!("{before}{after}");
    let json = json.split_once(' ').unwrap().1.rsplit_once(' ').unwrap().0.to_owned();
    let text = format!("sharepoint-changes-checkpoint/1 {json} {:08x}", crc32fast::hash(json.as_bytes()));
    let old: Checkpoint = text.parse().unwrap();
    let mut items = Items::watching(&old);
    items.silent(110);
    assert_eq!(items.permissions(&[]), (100, 110));
    items.up_to_date();
}

#[test]
fn an_overlap_is_read_again_for_permissions_too() {
    let settings = || {
        let mut settings = Settings::default();
        settings.overlap = Some(Duration::from_secs(60 * 60));
        settings
    };
    let mut items = Items::watching_with(&loaded(&[(1, "a")]), settings());
    items.date = 2 * 60 * MINUTE;
    let late = token(110, 2 * 60 * MINUTE);
    let end = || Answer::new(0).token(&late.to_string());
    items.fence(&late);
    items.answer(&end().list());
    items.answer(&end());
    items.permissions(&[(12, Item(1), 105)]);
    items.permissions(&[]);
    items.answer(&end().list());
    items.page();
    let checkpoint = items.up_to_date();
    // Nothing is new at the end of the log; a row became visible below it.
    let mut items = Items::watching_with(&checkpoint, settings());
    items.date = 2 * 60 * MINUTE + 30;
    items.fence(&late);
    items.answer(&end().list());
    items.answer(&end());
    assert_eq!(items.permissions(&[(12, Item(2), 104), (12, Item(1), 105)]), (100, 110));
    items.permissions(&[]);
    let asked = items.answer(&end().list());
    assert!(asked.contains(">2</Value>"), "{asked}");
    assert_eq!(hidden(&items.page()), [1, 2]);
    items.up_to_date();
}

#[test]
fn a_row_beyond_the_end_asked_for_is_no_answer() {
    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.silent(110);
    items.permissions(&[(12, Item(1), 111)]);
    assert!(matches!(items.error(), Error::Protocol { .. }));
}

#[test]
fn a_start_that_grows_too_old_while_the_answer_is_on_the_way_is_a_new_load() {
    let mut items = Items::watching(&loaded(&[(1, "a")]));
    items.date = 54 * DAY;
    items.silent(110);
    items.asked();
    items.date = 56 * DAY;
    items.permissions(&[]);
    let asked = items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
    assert!(!asked.contains("ChangeToken\""), "{asked}");
    load_of(&items.page());
}

/// A run in which the increment tells that 7 is back, which does not come by its id.
fn restored_out_of_sight() -> Items {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Restore", 7));
    assert_eq!(told(&items.page()), ["restored 7"]);
    items.answer(&Answer::new(110).list());
    assert_eq!(told(&items.page()), ["-7"]);
    items
}

#[test]
fn what_is_restored_out_of_sight_is_a_new_load() {
    // A folder that the caller may not see may hold items that are shared with the caller, which nothing names.
    let mut items = restored_out_of_sight();
    items.changes_of_items(&[(3, 7, 104), (7, 7, 105)]);
    items.changes_of_items(&[]);
    items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
    load_of(&items.page());
}

#[test]
fn what_was_restored_and_deleted_again_is_no_new_load() {
    let mut items = restored_out_of_sight();
    items.changes_of_items(&[(7, 7, 104), (3, 7, 105)]);
    items.changes_of_items(&[]);
    items.up_to_date();
}

#[test]
fn what_was_deleted_while_the_run_asks_for_it_is_told_by_getchanges_though_the_end_was_read_before() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Restore", 7));
    items.page();
    // It was deleted at 111.
    items.answer(&Answer::new(112).list());
    assert_eq!(told(&items.page()), ["-7"]);
    assert_eq!(items.changes_of_items(&[(7, 7, 105), (3, 7, 111)]), (100, 112));
    items.changes_of_items(&[]);
    // The change at 111 lies beyond what the increment told.
    items.answer(&Answer::new(112).list());
    items.page();
    items.up_to_date();
}

#[test]
fn what_is_restored_and_comes_by_its_id_is_no_new_load() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Restore", 7));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(7, "back")]));
    assert_eq!(told(&items.page()), ["+7"]);
    items.up_to_date();
}
