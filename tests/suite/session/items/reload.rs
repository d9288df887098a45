//! New loads: what begins one, what it forgets, and that a run begins one only.

use sharepoint_changes::{Action, Done, Error, Reload, ResyncReason, Settings, Start};

use super::{
    super::script::{DAY, MINUTE, OTHER, token, token_of},
    Answer, Items, load_of, loaded, query, told,
};

#[test]
fn rights_and_fields_that_changed_with_the_reason_of_a_load_are_no_second_reason() {
    let before = loaded(&[(1, "a")]);
    let mut items = Items::resumed(&before);
    items.date = 60 * DAY;
    items.fence(&token(500, 60 * DAY));
    // Expired; and meanwhile the caller's rights and a column's type are others.
    items.answer(&Answer::new(500).mask("0x1b03c4312ef").list_with("Number"));
    items.answer(&Answer::new(500).mask("0x1b03c4312ef").list_with("Number").rows(&[(1, "a")]));
    assert_eq!(told(&items.page()), ["+1"]);
}

#[test]
fn a_list_that_replaced_another_is_loaded_though_it_has_other_fields() {
    let before = loaded(&[(1, "a")]);
    let query = sharepoint_changes::ItemQuery::new(sharepoint_changes::ListRef::Title("Q1 Bids".into()));
    let mut items = Items::with(query, Start::Checkpoint(before), Settings::default());
    let anew = token_of("3", OTHER, 900, 0);
    items.fence(&anew);
    items.answer(&Answer::new(1).token(&anew.to_string()).list_with("Number"));
    items.answer(&Answer::new(1).token(&anew.to_string()).list_with("Number").rows(&[(1, "a")]));
    let page = items.page();
    assert_eq!(page.checkpoint.scope_id(), OTHER);
}

#[test]
fn other_rights_or_a_changed_column_within_a_load_begin_it_again_under_a_new_name() {
    let answers: [fn() -> Answer; 2] =
        [|| Answer::new(103).list().mask("0x1"), || Answer::new(103).list_with("Number")];
    for other in answers {
        let mut items = Items::new(Start::Beginning);
        items.fence(&token(100, 0));
        items.answer(&Answer::new(100).list());
        items.answer(&Answer::new(101).list().rows(&[(1, "a")]).next("p_ID=1"));
        let first = load_of(&items.page());
        let asked = items.answer(&other().rows(&[(2, "b")]));
        assert!(asked.contains("p_ID=1"), "{asked}");
        let asked = items.answer(&other().rows(&[(1, "a"), (2, "b")]));
        assert!(!asked.contains("p_ID=1"), "{asked}");
        let page = items.page();
        assert_ne!(load_of(&page), first);
        assert_eq!(told(&page), ["+1", "+2"]);
    }
}

/// What the caller sees by rights it has now comes by no row, and what it saw by those it lost is told to be gone by none.
#[test]
fn more_rights_are_a_new_load_like_fewer_and_others() {
    for (before, after) in [("0x1", "0x3"), ("0x3", "0x1"), ("0x1", "0x2"), ("0x1", "FullMask")] {
        let mut items = Items::new(Start::Beginning);
        items.fence(&token(100, 0));
        items.answer(&Answer::new(100).mask(before).list());
        items.answer(&Answer::new(100).mask(before).list().rows(&[(1, "a")]));
        items.page();
        items.answer(&Answer::new(100).mask(before));
        let mut items = Items::resumed(&items.up_to_date());
        items.fence(&token(110, 0));
        items.answer(&Answer::new(110).mask(after).list());
        items.answer(&Answer::new(110).mask(after).list());
        let asked = items.answer(&Answer::new(110).mask(after).list().rows(&[(1, "a"), (2, "b")]));
        assert!(!asked.contains("ChangeToken\""), "{before} {after}: {asked}");
        assert_eq!(told(&items.page()), ["+1", "+2"], "{before} {after}");
    }
}

#[test]
fn a_second_new_load_in_one_run_is_an_error() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).whole("InvalidToken"));
    items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
    items.page();
    items.answer(&Answer::new(111).whole("Restore"));
    assert!(matches!(items.error(), Error::Unsettled { .. }));
}

#[test]
fn what_discards_everything_becomes_a_load_or_is_left_to_the_caller() {
    for (kind, reason) in [
        ("InvalidToken", ResyncReason::Expired),
        ("Restore", ResyncReason::Restored),
        ("Resync", ResyncReason::UnknownChange),
    ] {
        let mut settings = Settings::default();
        settings.reload = Reload::Refused;
        let mut items = Items::with(query(), Start::Token(token(100, 0)), settings);
        items.fence(&token(110, 0));
        items.answer(&Answer::new(110).list());
        items.answer(&Answer::new(110).whole(kind));
        let Action::Done(Done::Resync { reason: said, then, .. }) = items.poll().unwrap() else { panic!() };
        assert_eq!((said, then.is_loading()), (reason, true));
        let mut items = Items::resumed(&then);
        items.fence(&token(120, 0));
        items.answer(&Answer::new(120).list());
        assert!(!items.asked().contains("ChangeToken\""));
    }
}

#[test]
fn an_increment_after_a_new_load_forgets_what_was_told_before_it() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(105).rows(&[(7, "x")]).more());
    items.page();
    items.answer(&Answer::new(106).whole("InvalidToken"));
    // The load hands out 7; then it is moved into a folder that is deleted.
    items.answer(&Answer::new(120).list().rows(&[(7, "x"), (8, "F/")]));
    items.page();
    items.answer(&Answer::new(125).event("Delete", 8));
    assert_eq!(told(&items.page()), ["-8"]);
    assert_eq!(items.names(&[(7, 121), (-8, 122)]).0, 120, "from where the load began");
    items.names(&[]);
    assert!(items.asked().contains(">7<"));
    items.answer(&Answer::new(125).list());
    assert_eq!(told(&items.page()), ["-7"]);
    items.up_to_date();
}

#[test]
fn a_load_whose_token_is_of_no_position_in_this_log_is_an_error() {
    for wrong in [token_of("3", OTHER, 105, 0), token_of("3", super::LIST, -1, 0)] {
        let mut items = Items::new(Start::Beginning);
        items.fence(&token(100, 0));
        items.answer(&Answer::new(100).list());
        items.answer(&Answer::new(100).token(&wrong.to_string()).list().rows(&[(1, "a")]));
        assert!(matches!(items.error(), Error::Protocol { .. }), "{wrong}");
    }
}

#[test]
fn a_page_of_a_load_from_a_copy_that_lags_behind_its_beginning_is_no_page() {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(110).list().rows(&[(1, "a")]).next("p_ID=1"));
    items.page();
    let behind = Answer::new(105).list().rows(&[(2, "b")]);
    assert!(matches!(items.behind(&behind), Error::Behind { .. }));
}

#[test]
fn a_load_does_not_begin_with_a_page_older_than_the_definition_it_is_read_by() {
    // A column was taken off and put on again at 104 and 105: the older page holds its values, and no field differs.
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(110).list());
    let older = Answer::new(103).list().rows(&[(1, "a")]);
    assert!(matches!(items.behind(&older), Error::Behind { .. }));
}

#[test]
fn fields_that_never_stay_the_same_end_the_run() {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    // Each answer has another column, and none of them can be used; the fourth in a row is one too many.
    for n in 0..3 {
        items.answer(&Answer::new(100).list_with("Text").column(n));
    }
    assert!(matches!(items.error(), Error::Unsettled { .. }));
}

#[test]
fn a_change_token_that_the_server_refuses_is_a_new_load() {
    let mut items = Items::from_token(110);
    items.date = MINUTE;
    items.reply(500, super::super::script::EXPIRED);
    assert!(!items.asked().contains("ChangeToken\""));
}

/// An answer that describes a list of this version.
fn versioned(number: i64, version: &str) -> Answer {
    Answer::new(number).list().list_attribute("Version", version)
}

/// A copy of a list of version 7, and the next run, which has read that the log ends at 110.
fn after_version_7() -> Items {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&versioned(100, "7"));
    items.answer(&versioned(100, "7").rows(&[(1, "a")]));
    items.page();
    items.answer(&Answer::new(100));
    let mut items = Items::resumed(&items.up_to_date());
    items.fence(&token(110, 0));
    items
}

/// Such a run, which hears of version 8 and reads these changes of columns.
fn after_changes_of_columns(changes: &[(i32, i64)]) -> Items {
    let mut items = after_version_7();
    items.answer(&versioned(110, "8"));
    items.columns(changes);
    if !changes.is_empty() {
        items.columns(&[]);
    }
    items
}

#[test]
fn a_column_that_was_taken_off_and_put_on_again_is_a_new_load() {
    for changes in [&[(3, 101), (1, 102)][..], &[(2, 103), (2, 104)]] {
        let mut items = after_changes_of_columns(changes);
        items.answer(&Answer::new(110).list().list_attribute("Version", "8").rows(&[(1, "a")]));
        load_of(&items.page());
    }
    // Another title of a column, or of the list, is none.
    for changes in [&[(2, 103)][..], &[]] {
        let mut items = after_changes_of_columns(changes);
        assert!(items.asked().contains("ChangeToken\""));
        items.answer(&Answer::new(110));
        items.up_to_date();
    }
}

/// A run over a list of version 8 that begins this many minutes later, after one whose GetChanges named no column.
fn after_silence_about_columns(minutes: i64, fence: i64) -> Items {
    let mut items = after_changes_of_columns(&[]);
    items.answer(&Answer::new(110));
    let mut items = Items::resumed(&items.up_to_date());
    items.date = minutes * MINUTE;
    items.fence(&token(fence, 0));
    items
}

#[test]
fn changes_of_columns_are_read_once_more_when_the_end_of_the_log_has_settled() {
    after_silence_about_columns(14, 110).up_to_date();
    for fence in [110, 120] {
        let mut items = after_silence_about_columns(16, fence);
        // The copy that answered the run before did not know of these yet.
        items.columns(&[(3, 101), (1, 102)]);
        items.columns(&[]);
        items.answer(&versioned(fence, "8"));
        items.answer(&versioned(fence, "8").rows(&[(1, "a")]));
        load_of(&items.page());
    }
    let mut items = after_silence_about_columns(16, 110);
    items.columns(&[]);
    let mut items = Items::resumed(&items.up_to_date());
    items.date = 60 * MINUTE;
    items.fence(&token(110, 0));
    items.up_to_date();
}

#[test]
fn a_column_added_before_the_end_had_settled_explains_the_change_that_is_read_once_more() {
    let added = |number| versioned(number, "8").column(1);
    for (again, is_load) in [(&[(1, 102)][..], false), (&[(1, 102), (3, 103), (1, 104)], true)] {
        let mut items = after_version_7();
        items.answer(&added(110));
        items.columns(&[(1, 102)]);
        items.columns(&[]);
        items.answer(&Answer::new(110));
        items.page();
        let mut items = Items::resumed(&items.up_to_date());
        items.date = 16 * MINUTE;
        items.fence(&token(110, 0));
        items.columns(again);
        items.columns(&[]);
        if is_load {
            items.answer(&added(110));
            items.answer(&added(110).rows(&[(1, "a")]));
            load_of(&items.page());
        } else {
            items.up_to_date();
        }
    }
}

#[test]
fn a_change_of_a_column_that_was_read_before_is_not_counted_again() {
    // Another title of a column in each of two runs is no column that was retyped and retyped back.
    let mut items = after_changes_of_columns(&[(2, 103)]);
    items.answer(&Answer::new(110));
    let mut items = Items::resumed(&items.up_to_date());
    items.fence(&token(120, 0));
    items.answer(&versioned(120, "9"));
    items.columns(&[(2, 103), (2, 115)]);
    items.columns(&[]);
    items.answer(&Answer::new(120));
    items.up_to_date();
}

#[test]
fn a_renamed_root_folder_is_told_though_no_row_comes_with_it() {
    let mut items = Items::resumed(&super::loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list().list_attribute("RootFolder", "/sites/ops/Lists/Q2"));
    items.answer(&Answer::new(110));
    let page = items.page();
    assert_eq!(page.schema.root_folder.as_deref(), Some("/sites/ops/Lists/Q2"));
    items.up_to_date();
}

#[test]
fn a_column_that_comes_and_goes_while_the_run_reads_is_told_by_a_later_definition() {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&versioned(100, "7"));
    items.answer(&versioned(100, "7").rows(&[(1, "a")]).next("p_ID=1"));
    // Killed here, the next run reads the rest of the load under another version of the same fields.
    let mut resumed = Items::resumed(&items.page().checkpoint);
    resumed.fence(&token(100, 0));
    resumed.answer(&versioned(104, "9"));
    for items in [&mut items, &mut resumed] {
        items.answer(&versioned(104, "9").rows(&[(2, "b")]));
        items.page();
        items.columns(&[(3, 101), (1, 104)]);
        items.columns(&[]);
        items.answer(&versioned(104, "9").rows(&[(1, "a")]));
        assert!(load_of(&items.page()).starts_with("load 2"));
    }
}

#[test]
fn changes_of_columns_are_read_up_to_the_answer_that_told_the_version() {
    let mut items = after_version_7();
    items.answer(&versioned(114, "9"));
    let asked = items.asked();
    assert!(asked.contains(";114\""), "the end of the log was 110 when the run began: {asked}");
}

#[test]
fn a_definition_read_before_the_end_of_its_run_is_read_again_by_the_next() {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
    items.page();
    // Somebody renamed the list's folder at 101, which no row tells and this answer does not say.
    items.answer(&Answer::new(101));
    let mut items = Items::resumed(&items.up_to_date());
    items.fence(&token(101, 0));
    items.answer(&Answer::new(101).list().list_attribute("RootFolder", "/sites/ops/Lists/Q2"));
    assert_eq!(items.page().schema.root_folder.as_deref(), Some("/sites/ops/Lists/Q2"));
    let mut items = Items::resumed(&items.up_to_date());
    items.fence(&token(101, 0));
    items.up_to_date();
}

#[test]
fn a_root_folder_renamed_while_the_run_reads_is_told_by_any_definition_that_is_not_older() {
    let renamed = |number| Answer::new(number).list().list_attribute("RootFolder", "/sites/ops/Lists/Q2");
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&renamed(101).rows(&[(1, "a")]));
    assert_eq!(items.page().schema.root_folder.as_deref(), Some("/sites/ops/Lists/Q2"));
    let mut items = Items::resumed(&super::loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    items.answer(&renamed(111).rows(&[(2, "b")]));
    assert_eq!(items.page().schema.root_folder.as_deref(), Some("/sites/ops/Lists/Q2"));
}
