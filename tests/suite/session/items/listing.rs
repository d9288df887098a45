//! Folders that changed: placed, listed, placed again.

use sharepoint_changes::{Basis, Error, Start};

use super::{
    super::script::{LIST, token},
    Answer, Items, load_of, told,
};

/// An increment that names the folder 8, at A; its listing has begun.
fn listing() -> Items {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(8, "A/")]));
    assert_eq!(items.page().checkpoint.pending(), (0, 1));
    let asked = items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    assert!(asked.contains(">8</Value>") && asked.contains(r#""RowLimit":"1""#), "{asked}");
    items.page();
    items
}

fn listing_of(basis: &Basis) -> (String, bool) {
    match basis {
        Basis::Subtree { folder: 8, listing, last } => (listing.to_string(), *last),
        other => panic!("no listing of 8 but {other:?}"),
    }
}

#[test]
fn a_folder_is_placed_listed_and_placed_again_before_its_last_page() {
    let mut items = listing();
    let first = items.answer(&Answer::new(110).list().rows(&[(9, "A/B/"), (10, "A/c")]).next("p_ID=10"));
    assert!(first.contains("<Folder>/sites/ops/Lists/Q1/A</Folder>") && !first.contains("Paging"), "{first}");
    assert!(first.contains(r#"Scope="RecursiveAll""#) && !first.contains("<Where>"), "{first}");
    let page = items.page();
    let (name, last) = listing_of(&page.basis);
    assert_eq!((told(&page), last), (vec!["+9".to_owned(), "+10".to_owned()], false));
    // Killed here, the next run goes on at the place under the name.
    let mut resumed = Items::resumed(&page.checkpoint);
    resumed.fence(&token(110, 0));
    resumed.answer(&Answer::new(110).list());
    resumed.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    resumed.page();
    for items in [&mut items, &mut resumed] {
        let second = items.answer(&Answer::new(110).list().rows(&[(11, "A/d")]));
        assert!(second.contains("/Q1/A</Folder>") && second.contains("p_ID=10"), "{second}");
        let check = items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
        assert!(check.contains(">8</Value>") && !check.contains("Folder>"), "{check}");
        let page = items.page();
        assert_eq!((listing_of(&page.basis), told(&page)), ((name.clone(), true), vec!["+11".to_owned()]));
        assert_eq!(page.checkpoint.pending(), (0, 0));
        items.up_to_date();
    }
}

#[test]
fn one_below_another_pending_folder_goes_with_it() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(7, "A/B/"), (8, "A/"), (9, "Other/")]));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(7, "A/B/"), (8, "A/"), (9, "Other/")]));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(7, "A/B/")]));
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    assert_eq!(items.page().checkpoint.pending(), (0, 1));
    assert!(items.asked().contains("/Q1/Other</Folder>"));
}

#[test]
fn a_pending_folder_that_does_not_come_is_gone_with_its_tree() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(110).list());
    assert_eq!(told(&items.page()), ["-8"]);
    items.up_to_date();
}

#[test]
fn a_folder_that_moves_during_three_listings_is_left_to_the_next_run() {
    let mut items = listing();
    for place in ["B/", "C/"] {
        items.answer(&Answer::new(112).list().rows(&[(10, "A/c")]));
        items.answer(&Answer::new(112).list().rows(&[(8, place)]));
        items.answer(&Answer::new(112).list().rows(&[(8, place)]));
        let page = items.page();
        assert_eq!((told(&page), page.checkpoint.pending()), (vec!["+8".to_owned()], (0, 1)));
    }
    items.reply(404, super::NOT_FOUND);
    assert!(matches!(items.error(), Error::Unsettled { .. }));
}

/// What it held elsewhere may have stood on the pages that were read.
#[test]
fn a_folder_that_moved_away_and_back_is_listed_from_its_beginning_under_a_new_name() {
    let mut items = listing();
    items.answer(&Answer::new(112).list().rows(&[(9, "A/b"), (10, "A/c")]).next("p_ID=10"));
    let before = listing_of(&items.page().basis).0;
    items.answer(&Answer::new(112).list().rows(&[(11, "A/d")]));
    items.answer(&Answer::new(112).list().rows(&[(8, "B/")]));
    items.answer(&Answer::new(112).list().rows(&[(8, "A/")]));
    items.page();
    let asked = items.answer(&Answer::new(112).list().rows(&[(9, "A/b"), (11, "A/d")]));
    assert!(!asked.contains("Paging"), "{asked}");
    items.answer(&Answer::new(112).list().rows(&[(8, "A/")]));
    assert_ne!(listing_of(&items.page().basis).0, before);
    items.up_to_date();
}

#[test]
fn listings_that_began_in_vain_are_counted_for_each_folder_alone() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(7, "A/"), (8, "B/"), (9, "C/")]));
    items.page();
    let mut left = vec![(7, "A/"), (8, "B/"), (9, "C/")];
    items.answer(&Answer::new(110).list().rows(&left));
    items.page();
    // One after the other is gone when its row is read again.
    while !left.is_empty() {
        items.answer(&Answer::new(110).list());
        items.answer(&Answer::new(110).list());
        left.remove(0);
        items.answer(&Answer::new(110).list().rows(&left));
        items.page();
    }
    items.up_to_date();
}

#[test]
fn what_was_told_since_a_listing_began_makes_it_begin_again() {
    let mut items = listing();
    items.answer(&Answer::new(112).list().rows(&[(10, "A/c")]).next("p_ID=10"));
    let page = items.page();
    let before = listing_of(&page.basis).0;
    for pointed_at in [false, true] {
        // Item 3 was moved into the folder: its id lies before the place, and its row carries no mark.
        let mut items = Items::resumed(&page.checkpoint);
        items.fence(&token(120, 0));
        items.answer(&Answer::new(120).list());
        if pointed_at {
            items.answer(&Answer::new(120).event("Rename", 3));
            items.page();
            items.answer(&Answer::new(120).list().rows(&[(3, "A/x")]));
        } else {
            items.answer(&Answer::new(120).rows(&[(3, "A/x")]));
        }
        items.page();
        items.answer(&Answer::new(120).list().rows(&[(8, "A/")]));
        items.page();
        let asked = items.answer(&Answer::new(120).list().rows(&[(3, "A/x"), (10, "A/c")]));
        assert!(!asked.contains("Paging"), "{asked}");
        items.answer(&Answer::new(120).list().rows(&[(8, "A/")]));
        assert_ne!(listing_of(&items.page().basis).0, before);
        items.up_to_date();
    }
}

#[test]
fn a_row_of_a_listing_that_cannot_be_read_removes_nothing() {
    for id in [Some(10), None] {
        let mut items = listing();
        items.answer(&Answer::new(112).list().broken(id));
        // A load can spare what it cannot read.
        items.answer(&Answer::new(112).list().rows(&[(8, "A/")]));
        load_of(&items.page());
    }
}

#[test]
fn more_than_a_thousand_pending_folders_are_a_new_load() {
    let folders: Vec<_> = (1..=1001).map(|id| (id, "F/")).collect();
    for (many, loads) in [(1000, false), (1001, true)] {
        let mut items = Items::from_token(110);
        items.answer(&Answer::new(110).rows(&folders[..many]));
        if loads {
            items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
            load_of(&items.page());
        } else {
            assert_eq!(items.page().checkpoint.pending(), (0, 1000));
        }
    }
}

#[test]
fn so_are_more_than_a_thousand_that_were_only_pointed_at() {
    let done = super::loaded(&[(1, "a")]).with_pending(1..=1100);
    let mut items = Items::resumed(&done);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    for window in 0..10 {
        let rows: Vec<_> = (1..=100).map(|n| (window * 100 + n, "F/")).collect();
        items.answer(&Answer::new(100).list().rows(&rows));
        items.page();
    }
    let rows: Vec<_> = (1001..=1100).map(|id| (id, "F/")).collect();
    items.answer(&Answer::new(100).list().rows(&rows));
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
    load_of(&items.page());
}

#[test]
fn a_list_view_threshold_in_a_listing_is_a_new_load() {
    let mut items = listing();
    items.reply(500, super::THRESHOLD);
    items.answer(&Answer::new(112).list().rows(&[(8, "A/")]));
    load_of(&items.page());
}

#[test]
fn a_folder_told_again_is_listed_again_under_a_new_name() {
    let mut items = listing();
    items.answer(&Answer::new(112).list().rows(&[(10, "A/c")]).next("p_ID=10"));
    let page = items.page();
    let before = listing_of(&page.basis).0;
    let mut items = Items::resumed(&page.checkpoint);
    items.fence(&token(120, 0));
    items.answer(&Answer::new(120).list());
    items.answer(&Answer::new(120).rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(120).list().rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(120).list());
    items.answer(&Answer::new(120).list().rows(&[(8, "A/")]));
    assert_ne!(listing_of(&items.page().basis).0, before);
}

#[test]
fn a_start_at_a_time_is_refused_and_now_is_the_end_at_once() {
    use sharepoint_changes::{Session, Settings, StartError};
    let start = Start::Time(super::at(0));
    let refused = Session::new(super::script::site(), super::query(), start, Settings::default());
    assert!(matches!(refused, Err(StartError::Time)));
    let made = Start::Token(super::script::token_of("3", LIST, -1, 0));
    let refused = Session::new(super::script::site(), super::query(), made, Settings::default());
    assert!(matches!(refused, Err(StartError::Time)));
    let mut items = Items::new(Start::Now);
    items.fence(&token(110, 0));
    assert_eq!(items.up_to_date().token(), Some(&token(110, 0)));
}
