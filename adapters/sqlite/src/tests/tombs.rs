//! Deleted rows that are kept.

use sharepoint_changes::{End, ItemChange};

use super::pages::*;

fn told(copy: &Copy) -> Vec<String> {
    copy.all(
        "SELECT id || ' ' || reason || ' ' || path || ' ' || coalesce(along_with, '-') FROM _tombstones ORDER BY id",
    )
}

#[test]
fn tombstones_tell_time_last_path_and_reason() {
    let mut copy = Copy::with(|mirror| mirror.tombstones(true));
    copy.fill(&[
        folder(1, "A"),
        item(2, "x").below(1, "A").with("ows_Title='Bridge'"),
        item(3, "left"),
        item(4, "swept"),
        item(5, "asked"),
    ]);
    copy.delta(&[deleted(1)]);
    let away = ItemChange::MovedAway { id: 3, unique_id: None, to_list: Some(unique(7)), to_item: Some(70) };
    copy.delta(&[away, absent(5)]);
    copy.load("load 2", Some(&End::Sweep { spare: Vec::new() }), &[item(6, "new")]);
    let path = |path: &str| format!("{ROOT}/{path}");
    assert_eq!(
        told(&copy),
        [
            format!("1 deleted {} -", path("A")),
            format!("2 deleted {} 1", path("A/x")),
            format!("3 moved_away {} -", path("left")),
            format!("4 swept {} -", path("swept")),
            format!("5 absent {} -", path("asked")),
        ]
    );
    assert_eq!(copy.one::<String>("SELECT removed_at FROM _tombstones WHERE id = 2"), at(2).to_string());
    assert_eq!(copy.one::<String>("SELECT row ->> 'Title' FROM _tombstones WHERE id = 2"), "Bridge");
    assert_eq!(copy.one::<i64>("SELECT to_item FROM _tombstones WHERE id = 3"), 70);
}

#[test]
fn an_item_that_comes_back_has_no_tombstone() {
    let mut copy = Copy::with(|mirror| mirror.tombstones(true));
    copy.fill(&[item(1, "a"), item(2, "b")]);
    copy.delta(&[deleted(1), deleted(2)]);
    copy.delta(&[ItemChange::Restored { id: 1 }, item(1, "a").up()]);
    assert_eq!((told(&copy).len(), copy.ids()), (1, vec![1]));
}

/// It was deleted and restored between two runs, and one page tells both.
#[test]
fn an_item_that_goes_and_comes_back_in_one_page_has_no_tombstone() {
    let mut copy = Copy::with(|mirror| mirror.tombstones(true));
    copy.fill(&[item(1, "a")]);
    copy.delta(&[deleted(1), item(1, "a").up()]);
    assert_eq!((told(&copy).len(), copy.ids()), (0, vec![1]));
}

#[test]
fn without_leave_nothing_is_kept() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a")]);
    copy.delta(&[deleted(1)]);
    assert_eq!(told(&copy).len(), 0);
}
