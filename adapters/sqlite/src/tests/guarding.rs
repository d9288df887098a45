//! The worst day.

use std::time::Duration;

use sharepoint_changes::{End, ItemChange, Known};

use super::pages::*;
use crate::{Guard, HeldBack, HoldReason, MirrorError, Status, commit::Part};

fn many(ids: std::ops::RangeInclusive<i32>) -> Vec<Item> {
    ids.map(|id| item(id, &format!("{id}.txt"))).collect()
}

fn strict() -> Guard {
    Guard::default().rows(2)
}

fn refused(result: Result<crate::Committed, MirrorError>) -> HeldBack {
    match result {
        Err(MirrorError::TooManyRemoved(held)) => held,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sweep_of_too_many_rows_is_refused_whole_and_told() {
    let mut copy = Copy::new();
    copy.fill(&many(1..=20));
    copy.run(strict());
    let end = End::Sweep { spare: Vec::new() };
    let part = Part::Snapshot { load: "load 2", end: Some(&end) };
    let changes: Vec<_> = many(1..=17).iter().map(Item::up).chain([item(99, "new").up()]).collect();
    let held = refused(copy.page(part, &changes));
    assert_eq!((held.rows, held.limit, held.held), (3, 2, 21));
    assert_eq!(held.names, [18, 19, 20].map(|id| format!("{ROOT}/{id}.txt")));
    assert_eq!(copy.ids(), (1..=20).collect::<Vec<_>>());
    assert_eq!(copy.mirror.checkpoint().unwrap(), Some(checkpoint(LIST, 1)));
    let status = Status::read(copy.mirror.path(), at(0), Duration::from_secs(1)).unwrap();
    assert_eq!(status.held_back, Some(held));

    copy.run(strict().allow(3));
    assert_eq!(copy.page(part, &changes).unwrap().absent, 3);
    let status = Status::read(copy.mirror.path(), at(0), Duration::from_secs(1)).unwrap();
    assert_eq!((status.rows, status.held_back), (18, None));
}

const DAY: i64 = 86_400;

#[test]
fn pages_under_the_limit_do_not_erode_the_copy_run_after_run() {
    let mut copy = Copy::new();
    copy.fill(&many(1..=200));
    for run in 0..20 {
        copy.run(Guard::default());
        copy.second += 60;
        let page: Vec<_> = (0..5).map(|n| absent(run * 5 + n + 1)).collect();
        let result = copy.page(Part::Delta, &page);
        if run < 4 {
            assert_eq!(result.unwrap().absent, 5, "a tenth of what there was may go");
        } else {
            let held = refused(result);
            assert_eq!((held.rows, held.earlier, held.limit, held.held), (5, 20, 20, 200));
        }
    }
    assert_eq!(copy.ids().len(), 180);
}

#[test]
fn what_went_a_week_ago_is_not_counted_any_more_nor_is_what_was_allowed() {
    let mut copy = Copy::new();
    copy.fill(&many(1..=20));
    copy.run(strict());
    copy.delta(&[absent(1), absent(2)]);
    copy.second += 6 * DAY;
    copy.run(strict().allow(1));
    copy.delta(&[absent(3)]);
    copy.run(strict());
    copy.delta(&[absent(4), absent(5)]);
    copy.second += 8 * DAY;
    copy.run(strict());
    copy.delta(&[absent(6), absent(7)]);
    assert_eq!(refused(copy.page(Part::Delta, &[absent(8)])).earlier, 2);
    assert_eq!(copy.ids().len(), 13);
}

#[test]
fn once_rows_are_held_back_none_goes_unseen_until_it_is_allowed_or_a_run_ends_without() {
    let mut copy = Copy::new();
    copy.fill(&many(1..=20));
    copy.run(strict());
    let held = refused(copy.page(Part::Delta, &[absent(1), absent(2), absent(3)]));
    assert_eq!(held.reason, HoldReason::TooMany);
    copy.second += 30 * DAY;
    copy.run(strict());
    let still = refused(copy.page(Part::Delta, &[absent(1)]));
    assert_eq!((still.rows, still.reason, still.since()), (1, HoldReason::HeldSince(held.at), held.at));
    let later = refused(copy.page(Part::Delta, &[absent(1)]));
    assert_eq!(later.since(), held.at);
    copy.delta(&[deleted(20)]);

    copy.run(strict().allow(1));
    copy.delta(&[absent(1)]);
    copy.run(strict());
    copy.delta(&[absent(2)]);
    refused(copy.page(Part::Delta, &[absent(3), absent(4), absent(5)]));

    copy.finish();
    copy.delta(&[absent(3)]);
    assert_eq!(copy.ids().len(), 16);
}

#[test]
fn a_copy_never_becomes_empty_by_absence_unasked_however_small_it_is() {
    let mut copy = Copy::new();
    copy.fill(&many(1..=3));
    copy.run(Guard::default());
    copy.delta(&[absent(1), absent(2)]);
    let held = refused(copy.page(Part::Delta, &[absent(3)]));
    assert_eq!((held.rows, held.held, held.reason), (3, 3, HoldReason::Emptied));
    copy.run(Guard::default().allow(1));
    copy.delta(&[absent(3)]);
    assert!(copy.ids().is_empty());
}

#[test]
fn rows_that_the_list_still_counts_are_not_taken_for_gone() {
    let mut copy = Copy::new();
    copy.item_count = Some(420);
    copy.fill(&many(1..=400));
    copy.finish();
    let hidden: Vec<_> = (1..=11).map(absent).collect();
    copy.run(Guard::default());
    let held = refused(copy.page(Part::Delta, &hidden));
    assert_eq!((held.rows, held.limit, held.reason), (11, 40, HoldReason::StillListed { item_count: 420 }));
    assert!(held.to_string().starts_with("11 of 400 rows are no longer visible to you"), "{held}");
    let status = Status::read(copy.mirror.path(), at(0), Duration::from_secs(1)).unwrap();
    assert_eq!(status.held_back, Some(held));

    // Where the list counts fewer, they are gone.
    copy.finish();
    copy.run(Guard::default());
    copy.item_count = Some(409);
    assert_eq!(copy.page(Part::Delta, &hidden).unwrap().absent, 11);
}

#[test]
fn what_the_log_says_is_hidden_is_counted_by_the_list_and_goes_up_to_the_limit() {
    let mut copy = Copy::new();
    copy.item_count = Some(400);
    copy.fill(&many(1..=400));
    copy.finish();
    let hidden = |id| ItemChange::Removed { id, unique_id: None, known: Known::Hidden };
    copy.run(Guard::default());
    assert_eq!(copy.page(Part::Delta, &(1..=40).map(hidden).collect::<Vec<_>>()).unwrap().absent, 40);
    let held = refused(copy.page(Part::Delta, &[hidden(41)]));
    assert_eq!((held.rows, held.reason), (41, HoldReason::TooMany));
}

#[test]
fn a_refusal_tells_how_much_more_may_be_needed() {
    let mut copy = Copy::new();
    copy.fill(&many(1..=20));
    copy.run(strict());
    copy.pending = vec![10, 11, 12, 13];
    let held = refused(copy.page(Part::Delta, &[absent(1), absent(2), absent(3)]));
    assert_eq!((held.rows, held.pending_items, held.needed()), (3, 4, 7));
}

#[test]
fn a_copy_of_version_1_is_brought_to_this_one_with_what_it_held_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.sqlite");
    drop(crate::Mirror::open(&path).unwrap());
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(
        "DROP TABLE _absences; ALTER TABLE _mirror DROP COLUMN hidden; ALTER TABLE _mirror DROP COLUMN forms;
         PRAGMA user_version = 1;
         UPDATE _mirror SET held_back =
            '{\"rows\":3,\"limit\":2,\"held\":20,\"names\":[\"a\"],\"at\":\"2026-03-04T10:15:30Z\"}'",
    )
    .unwrap();
    drop(old);
    let read = || Status::read(&path, at(0), Duration::from_secs(1)).unwrap().held_back.unwrap();
    assert_eq!((read().rows, read().reason), (3, HoldReason::TooMany), "it is read as it is");
    drop(crate::Mirror::open(&path).unwrap());
    assert_eq!(read().names, ["a"]);
    let version: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 3);
}

#[test]
fn what_the_server_says_was_deleted_passes_with_its_tree() {
    let mut copy = Copy::new();
    let mut items = vec![folder(1, "A")];
    items.extend((2..=20).map(|id| item(id, &format!("{id}.txt")).below(1, "A")));
    copy.fill(&items);
    copy.run(strict());
    let committed = copy.delta(&[deleted(1)]);
    assert_eq!((committed.told, copy.ids().len()), (20, 0));
}

#[test]
fn the_tree_of_an_item_that_did_not_come_counts_and_so_does_a_listing() {
    let mut copy = Copy::new();
    let mut items = vec![folder(1, "A")];
    items.extend((2..=20).map(|id| item(id, &format!("{id}.txt")).below(1, "A")));
    copy.fill(&items);
    copy.run(strict());
    assert_eq!(refused(copy.page(Part::Delta, &[absent(1)])).rows, 20);
    copy.run(strict());
    let part = Part::Subtree { folder: 1, listing: "listing 1 of 1", last: true };
    assert_eq!(refused(copy.page(part, &[])).rows, 19);
    assert_eq!(copy.ids().len(), 20);
}

#[test]
fn another_list_under_the_same_name_is_every_row_gone() {
    let mut copy = Copy::new();
    copy.fill(&many(1..=20));
    copy.list = "90c17b5d-6c18-4f0d-a2e4-3e9b7d528f66".to_owned();
    copy.run(strict());
    let then = checkpoint(&copy.list, 50);
    let follows = copy.mirror.state().unwrap().checkpoint;
    let refused_load = copy.mirror.reload(&then, follows.as_deref(), at(50));
    assert!(matches!(refused_load, Err(MirrorError::TooManyRemoved(held)) if held.rows == 20));
    assert_eq!(copy.mirror.checkpoint().unwrap(), Some(checkpoint(LIST, 1)));

    // With leave, even a later run sweeps what is left without counting it once more.
    copy.run(strict().allow(20));
    copy.mirror.reload(&then, follows.as_deref(), at(50)).unwrap();
    copy.run(strict());
    copy.load("load 2", Some(&End::Sweep { spare: Vec::new() }), &many(1..=4));
    assert_eq!(copy.ids(), [1, 2, 3, 4]);
    copy.run(strict());
    let end = End::Sweep { spare: Vec::new() };
    let part = Part::Snapshot { load: "load 3", end: Some(&end) };
    assert_eq!(refused(copy.page(part, &[])).rows, 4);
}

#[test]
fn a_first_load_removes_nothing_and_passes() {
    let mut copy = Copy::new();
    copy.run(Guard::default().rows(0).part(0.0));
    assert_eq!(copy.fill(&many(1..=500)).absent, 0);
}
