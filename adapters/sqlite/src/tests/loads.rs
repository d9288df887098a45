//! Full loads: marks, sweeps, and what their end leaves to be asked for.

use sharepoint_changes::End;

use super::pages::*;

fn sweep() -> End {
    End::Sweep { spare: Vec::new() }
}

#[test]
fn the_end_of_a_load_sweeps_what_it_did_not_show() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a"), item(2, "b"), item(3, "c")]);
    copy.load("load 2", None, &[item(1, "a")]);
    assert_eq!(copy.ids(), [1, 2, 3]);
    let committed = copy.load("load 2", Some(&sweep()), &[item(3, "c")]);
    assert_eq!((copy.ids(), committed.absent, committed.loaded), (vec![1, 3], 1, true));
    assert_eq!(committed.seen, Some(2));
}

#[test]
fn items_that_could_not_be_read_are_spared() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a"), item(2, "b"), item(3, "c")]);
    copy.load("load 2", Some(&End::Sweep { spare: vec![2, 77] }), &[item(1, "a")]);
    assert_eq!(copy.ids(), [1, 2]);
}

#[test]
fn a_load_with_unknown_gaps_sweeps_nothing() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a"), item(2, "b")]);
    let committed = copy.load("load 2", Some(&End::Keep), &[item(1, "a")]);
    assert_eq!((copy.ids(), committed.loaded), (vec![1, 2], true));
}

#[test]
fn a_load_that_begins_again_forgets_what_the_first_try_saw() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a"), item(2, "b")]);
    copy.load("load 2", None, &[item(1, "a")]);
    copy.load("load 3", None, &[item(2, "b")]);
    copy.load("load 3", Some(&sweep()), &[]);
    assert_eq!(copy.ids(), [2]);
}

#[test]
fn rows_whose_folder_is_not_held_at_the_end_of_a_load_are_made_pending() {
    // The load reads c below F, F is deleted before its own page comes: c would stay.
    let mut copy = Copy::new();
    copy.load(
        "load 1",
        None,
        &[item(1, "c").below(9, "F"), folder(2, "G"), item(3, "d").below(2, "G"), item(4, "e")],
    );
    assert_eq!(copy.mirror.checkpoint().unwrap().unwrap().pending(), (0, 0));
    let committed = copy.load("load 1", Some(&sweep()), &[]);
    assert_eq!(committed.orphans, 1);
    let held = copy.mirror.checkpoint().unwrap().unwrap();
    assert_eq!(held, checkpoint(LIST, 2).with_pending([1]));
    assert_eq!(held.pending(), (1, 0));
    assert_eq!(copy.ids(), [1, 2, 3, 4]);
    copy.delta(&[absent(1)]);
    assert_eq!(copy.ids(), [2, 3, 4]);
}

#[test]
fn a_load_whose_rows_all_have_their_folders_changes_no_checkpoint() {
    let mut copy = Copy::new();
    let committed = copy.fill(&[item(1, "x").below(2, "F"), folder(2, "F")]);
    assert_eq!(committed.orphans, 0);
    assert_eq!(copy.mirror.checkpoint().unwrap(), Some(checkpoint(LIST, 1)));
}

#[test]
fn a_root_folder_that_is_renamed_stays_the_root() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a")]);
    // The list is renamed between two answers: the row knows the new path, the fields still tell the old one.
    copy.delta(&[item(2, "b").in_root_called("/sites/ops/Papers").up()]);
    assert_eq!(copy.paths(), ["1 a", "2 b"]);
    let mut renamed = (*copy.schema).clone();
    renamed.root_folder = Some("/sites/ops/Papers".into());
    copy.schema = std::sync::Arc::new(renamed);
    copy.delta(&[item(3, "c").in_root_called("/sites/ops/Papers").up()]);
    let paths: Vec<String> = copy.all("SELECT path FROM _paths ORDER BY id");
    assert_eq!(paths, ["/sites/ops/Papers/a", "/sites/ops/Papers/b", "/sites/ops/Papers/c"]);
}
