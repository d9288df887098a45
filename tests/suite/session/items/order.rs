//! The steps of a run in their order, and what each of them asks for.

use sharepoint_changes::{Basis, Dialect, Error, ItemChange, Known, Settings, Start};

use super::{
    super::script::{DAY, LIST, MINUTE, token},
    Answer, Items, load_of, loaded, query, told,
};

const WHOLE: &str = r#"<Query><OrderBy><FieldRef Name="ID" Ascending="TRUE"/></OrderBy></Query>"#;

#[test]
fn a_load_reads_the_list_then_pages_of_every_field_then_the_increment_from_its_first_page() {
    let mut items =
        Items::with(query().row_limit(2.try_into().unwrap()), Start::Beginning, Settings::default());
    items.fence(&token(100, 0));
    let schema = items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
    assert!(schema.contains(r#"<ViewFields><FieldRef Name="ID"/></ViewFields>"#), "{schema}");
    assert!(schema.contains(r#""RowLimit":"1""#) && schema.contains(WHOLE), "{schema}");
    let first =
        items.answer(&Answer::new(101).list().rows(&[(1, "a"), (2, "b")]).next("Paged=TRUE&amp;p_ID=2"));
    let fields = [
        "ID",
        "UniqueId",
        "FSObjType",
        "FileRef",
        "FileDirRef",
        "ParentUniqueId",
        "owshiddenversion",
        "PermMask",
        "Title",
        "Amount",
    ];
    let fields: String = fields.iter().map(|name| format!(r#"<FieldRef Name="{name}"/>"#)).collect();
    assert!(first.contains(&format!("<ViewFields>{fields}</ViewFields>")), "{first}");
    assert!(
        first.contains(r#""RowLimit":"2""#) && first.contains(WHOLE) && !first.contains("Paging"),
        "{first}"
    );
    let page = items.page();
    assert_eq!(told(&page), ["+1", "+2"]);
    let name = load_of(&page);
    // Resumed from its page, the load goes on at its place under its name.
    let mut resumed = Items::resumed(&page.checkpoint);
    resumed.fence(&token(105, 0));
    resumed.answer(&Answer::new(105).list());
    for items in [&mut items, &mut resumed] {
        let second = items.answer(&Answer::new(107).list().rows(&[(3, "c")]));
        assert!(
            second.contains(r#"<Paging ListItemCollectionPositionNext="Paged=TRUE&amp;p_ID=2"/>"#),
            "{second}"
        );
        assert!(second.contains(WHOLE) && second.contains(&fields), "{second}");
        let page = items.page();
        assert_eq!((load_of(&page), page.checkpoint.token()), (name.clone(), Some(&token(101, 0))));
        let increment = items.answer(&Answer::new(107));
        assert!(increment.contains(&format!(r#""ChangeToken":"{}""#, token(101, 0))), "{increment}");
        assert!(!increment.contains("Paging") && increment.contains(&fields), "{increment}");
        items.up_to_date();
    }
}

#[test]
fn soap_asks_the_same_steps() {
    let query = query().dialect(Dialect::Soap);
    let mut items = Items::with(query, Start::Beginning, Settings::default());
    items.fence(&token(100, 0));
    let schema = items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
    assert!(schema.contains("<rowLimit>1</rowLimit>"), "{schema}");
    let first = items.answer(&Answer::new(101).list().rows(&[(1, "a")]).next("p_ID=1"));
    assert!(first.contains("<rowLimit>2000</rowLimit>") && first.contains(WHOLE), "{first}");
    items.page();
    let second = items.answer(&Answer::new(102).list());
    assert!(second.contains(r#"<Paging ListItemCollectionPositionNext="p_ID=1"/>"#), "{second}");
    items.page();
    let increment = items.answer(&Answer::new(102).event("SystemUpdate", 1));
    assert!(increment.contains(&format!("<changeToken>{}</changeToken>", token(101, 0))), "{increment}");
    items.page();
    let settle = items.answer(&Answer::new(102).list().rows(&[(1, "a")]));
    assert!(settle.contains(">1</Value>") && !settle.contains("changeToken"), "{settle}");
    items.page();
    items.up_to_date();
}

#[test]
fn what_moved_within_the_list_has_not_left_it() {
    // A folder that the caller may not see: its row does not come, and what is held of it stays in its place.
    let within = format!("MoveAway\" AfterListId=\"{LIST}\" AfterItemId=\"3");
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event(&within, 3));
    assert_eq!(told(&items.page()), ["renamed 3"]);
    items.answer(&Answer::new(110).list());
    let page = items.page();
    assert_eq!(told(&page), ["-3"]);
    assert!(matches!(page.changes[..], [ItemChange::Removed { unique_id: None, known: Known::Absent, .. }]));
    items.up_to_date();
    // It is asked for where it may be seen.
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event(&within, 3));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(3, "c")]));
    assert_eq!(told(&items.page()), ["+3"]);
    items.up_to_date();
}

#[test]
fn ids_that_were_only_pointed_at_are_settled_before_the_next_page_of_the_increment() {
    let mut items = Items::from_token(110);
    let answer = Answer::new(105).event("SystemUpdate", 3).event("Rename", 4).event("Restore", 5).more();
    items.answer(&answer.event("Delete", 6).rows(&[(4, "d"), (6, "f")]));
    let page = items.page();
    assert_eq!(told(&page), ["system 3", "renamed 4", "restored 5", "-6", "+4", "+6"]);
    // A Rename with its row is settled; a Delete with a row is not, without a Restore after it.
    assert_eq!(page.checkpoint.pending(), (3, 0));
    let mut resumed = Items::resumed(&page.checkpoint);
    resumed.fence(&token(110, 0));
    resumed.answer(&Answer::new(110).list());
    for (items, was_killed) in [(&mut items, false), (&mut resumed, true)] {
        let settle = items.answer(&Answer::new(900).list().rows(&[(3, "c")]).next("p_ID=3"));
        for part in [">3</Value>", ">5</Value>", ">6</Value>", r#""RowLimit":"3""#] {
            assert!(settle.contains(part), "{settle}");
        }
        assert!(!settle.contains(">4</Value>") && !settle.contains("ChangeToken\""), "{settle}");
        let page = items.page();
        assert_eq!((told(&page), page.checkpoint.pending()), (vec!["+3".to_owned()], (3, 0)));
        let rest = items.answer(&Answer::new(900).list().rows(&[(6, "f")]));
        assert!(rest.contains("p_ID=3"), "{rest}");
        let page = items.page();
        assert_eq!(
            (told(&page), page.checkpoint.pending()),
            (vec!["+6".to_owned(), "-5".to_owned()], (0, 0))
        );
        // The answers' tokens are no positions.
        let increment = items.answer(&Answer::new(110));
        assert!(increment.contains(&token(105, 0).to_string()), "{increment}");
        assert_eq!(
            items.names(&[(-6, 104), (-5, 105)]),
            (100, 900),
            "what did not come may have gone until the answer"
        );
        items.names(&[]);
        if was_killed {
            // What the run before was told of 5 and 6 is not known any more.
            items.answer(&Answer::new(900).list().rows(&[(6, "f")]));
            items.page();
        }
        items.up_to_date();
    }
}

#[test]
fn an_item_that_was_deleted_and_whose_row_cannot_be_read_is_asked_for() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Delete", 6).broken(Some(6)));
    assert_eq!(items.page().checkpoint.pending(), (1, 0));
}

#[test]
fn at_most_a_hundred_ids_are_asked_for_at_once() {
    let many = loaded(&[(1, "a")]).with_pending(1..=150);
    let mut items = Items::resumed(&many);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    assert!(items.answer(&Answer::new(100).list()).contains(r#""RowLimit":"100""#));
    assert_eq!(items.page().changes.len(), 100);
    assert!(items.answer(&Answer::new(100).list()).contains(r#""RowLimit":"50""#));
    assert_eq!(items.page().changes.len(), 50);
    items.up_to_date();
}

#[test]
fn a_row_that_cannot_be_told_from_others_narrows_the_window_until_absence_proves_something() {
    let pending = loaded(&[(1, "a")]).with_pending([1, 2]);
    let mut items = Items::resumed(&pending);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100).list().broken(None));
    // Two are missing and one cannot be read: nothing is gone yet.
    assert_eq!(items.page().checkpoint.pending(), (2, 0));
    items.answer(&Answer::new(100).list().broken(None));
    let page = items.page();
    assert_eq!((page.changes.len(), page.checkpoint.pending()), (0, (1, 0)));
    items.answer(&Answer::new(100).list());
    assert_eq!(told(&items.page()), ["-2"]);
    items.up_to_date();
}

#[test]
fn a_copy_that_lags_behind_is_not_up_to_date() {
    let done = loaded(&[(1, "a")]);
    for checkpoint in [done.with_pending([1]), done] {
        let mut items = Items::resumed(&checkpoint);
        let behind = Answer::new(99).token(&token(99, -MINUTE).to_string());
        assert!(matches!(items.behind(&behind), Error::Behind { .. }));
    }
}

#[test]
fn a_last_change_token_below_the_position_moves_nothing() {
    let done = loaded(&[(1, "a")]);
    let mut items = Items::resumed(&done);
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    let behind = Answer::new(99).token(&token(99, -MINUTE).to_string()).rows(&[(1, "a")]);
    assert!(matches!(items.behind(&behind), Error::Behind { .. }));
}

#[test]
fn more_changes_without_rows_is_progress_only_if_the_token_is_newer() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(104).more());
    assert!(items.asked().contains(&token(104, 0).to_string()));
    items.answer(&Answer::new(104).more());
    assert!(matches!(items.error(), Error::Protocol { .. }));
}

#[test]
fn an_increment_ends_at_the_fence_however_fast_the_list_changes() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(1, "a")]).more());
    items.page();
    items.up_to_date();
}

#[test]
fn a_no_more_below_the_fence_is_no_end() {
    let mut items = Items::new(Start::Token(token(100, 0)));
    items.date = 40 * DAY;
    items.fence(&token(110, 40 * DAY));
    items.answer(&Answer::new(110).list());
    assert!(matches!(items.behind(&Answer::new(100)), Error::Behind { .. }));
}

#[test]
fn what_a_folder_took_along_is_named_up_to_where_the_increment_came() {
    let mut items = Items::from_token(110);
    // Moved into the folder and deleted with it after the end of the log was read.
    items.answer(&Answer::new(115).event("Delete", 8));
    items.page();
    assert_eq!(items.names(&[(7, 113), (-8, 115)]), (100, 115));
    assert_eq!(items.names(&[]), (115, 115));
    assert!(items.asked().contains(">7</Value>"));
}

#[test]
fn what_a_folder_took_along_is_not_asked_from_a_token_that_is_too_old() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Delete", 8));
    let page = items.page();
    let mut items = Items::resumed(&page.checkpoint);
    items.date = 60 * DAY;
    items.fence(&token(110, 0));
    // A new load: an answer of GetChanges to so old a start proves nothing.
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
    load_of(&items.page());
}

#[test]
fn an_answer_with_other_fields_than_were_asked_for_is_asked_for_again() {
    let mut items = Items::from_token(110);
    let before = items.answer(&Answer::new(110).list().column(1).rows(&[(1, "a")]));
    let again = items.answer(&Answer::new(110).list().column(1).rows(&[(1, "a")]).event("SystemUpdate", 2));
    assert!(
        !before.contains("\"C1\"") && again.contains("\"C1\"") && again.contains(&token(100, 0).to_string())
    );
    assert_eq!(told(&items.page()), ["system 2", "+1"]);
    // So is one to a call for ids.
    items.answer(&Answer::new(110).list().column(1).column(2).rows(&[(2, "b")]));
    assert!(items.asked().contains("\"C2\""));
    items.answer(&Answer::new(110).list().column(1).column(2).rows(&[(2, "b")]));
    assert_eq!(told(&items.page()), ["+2"]);
}

#[test]
fn fields_that_changed_are_told_even_where_no_row_comes_with_them() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110));
    let with_column = items.up_to_date();
    let mut items = Items::resumed(&with_column);
    items.fence(&token(120, 0));
    let gone = Answer::new(120).list_of("");
    items.answer(&gone);
    items.answer(&gone);
    let page = items.page();
    assert!(page.changes.is_empty() && page.basis == Basis::Delta && page.schema.field("Amount").is_none());
    // Nobody is told twice, and a page that was not committed is told again.
    items.up_to_date();
    let mut items = Items::resumed(&with_column);
    items.fence(&token(120, 0));
    items.answer(&gone);
    items.answer(&gone);
    assert!(items.page().schema.field("Amount").is_none());
    let mut items = Items::resumed(&page.checkpoint);
    items.fence(&token(130, 0));
    items.answer(&Answer::new(130).list_of(""));
    items.answer(&Answer::new(130));
    items.up_to_date();
}
