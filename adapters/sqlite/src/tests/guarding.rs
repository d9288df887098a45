//! The worst day.

use std::time::Duration;

use sharepoint_changes::End;

use super::pages::*;
use crate::{Guard, HeldBack, MirrorError, Status, commit::Part};

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
    assert_eq!((held.rows, held.limit, held.held), (3, 2, 20));
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

#[test]
fn absence_is_summed_over_a_run_and_not_over_two() {
    let mut copy = Copy::new();
    copy.fill(&many(1..=20));
    copy.run(strict());
    copy.delta(&[absent(1)]);
    copy.delta(&[absent(2)]);
    assert_eq!(refused(copy.page(Part::Delta, &[absent(3)])).rows, 3);
    copy.run(strict());
    copy.delta(&[absent(3)]);
    assert_eq!(copy.ids().len(), 17);
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
