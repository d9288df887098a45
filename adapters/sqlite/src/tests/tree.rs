//! The tree by identity, and the histories that lose rows without it.

use sharepoint_changes::End;

use super::pages::*;

#[test]
fn paths_are_derived_and_a_renamed_folder_is_one_row() {
    let mut copy = Copy::new();
    copy.fill(&[folder(1, "A"), folder(2, "S").below(1, "A"), item(3, "x").below(2, "A/S"), item(4, "y")]);
    assert_eq!(copy.paths(), ["1 A", "2 A/S", "3 A/S/x", "4 y"]);
    copy.delta(&[folder(1, "B").up()]);
    assert_eq!(copy.paths(), ["1 B", "2 B/S", "3 B/S/x", "4 y"]);
}

#[test]
fn a_deleted_folder_takes_what_lies_below_it_along() {
    let mut copy = Copy::new();
    copy.fill(&[folder(1, "A"), folder(2, "S").below(1, "A"), item(3, "x").below(2, "A/S"), item(4, "y")]);
    let committed = copy.delta(&[deleted(1)]);
    assert_eq!((copy.ids(), committed.told, committed.absent), (vec![4], 3, 0));
}

#[test]
fn folders_that_swap_names_in_one_window_keep_their_contents() {
    // A→T, B→A, T→B: by text, the contents of one would pass for the other's.
    let mut copy = Copy::new();
    copy.fill(&[
        folder(1, "A"),
        folder(2, "B"),
        item(3, "of-a").below(1, "A"),
        item(4, "of-b").below(2, "B"),
    ]);
    copy.delta(&[folder(2, "A").up(), folder(1, "B").up()]);
    assert_eq!(copy.paths(), ["1 B", "2 A", "3 B/of-a", "4 A/of-b"]);
    copy.listing(1, "listing 1 of 1", true, &[item(3, "of-a").below(1, "B")]);
    copy.listing(2, "listing 2 of 2", true, &[item(4, "of-b").below(2, "A")]);
    assert_eq!(copy.paths(), ["1 B", "2 A", "3 B/of-a", "4 A/of-b"]);
    copy.delta(&[deleted(2)]);
    assert_eq!(copy.ids(), [1, 3]);
}

#[test]
fn the_same_swap_without_parent_ids_keeps_them_too() {
    let mut copy = Copy::new();
    let a = item(3, "of-a").by_path();
    copy.fill(&[
        folder(1, "A"),
        folder(2, "B"),
        a.clone().below(1, "A").by_path(),
        item(4, "of-b").below(2, "B").by_path(),
    ]);
    assert_eq!(copy.paths(), ["1 A", "2 B", "3 A/of-a", "4 B/of-b"]);
    // A row before its folder's new name is known: what counts is the end of the page.
    copy.delta(&[a.below(1, "B").by_path().up(), folder(2, "A").up(), folder(1, "B").up()]);
    assert_eq!(copy.paths(), ["1 B", "2 A", "3 B/of-a", "4 A/of-b"]);
}

#[test]
fn a_subfolder_moved_out_before_its_folder_is_deleted_stays() {
    // S moved out of A, then A deleted: events come first, then S's row, and S is listed because it was named.
    let mut copy = Copy::new();
    copy.fill(&[
        folder(1, "A"),
        folder(2, "S").below(1, "A"),
        item(3, "x").below(2, "A/S"),
        item(4, "y").below(1, "A"),
    ]);
    copy.delta(&[deleted(1), folder(2, "S").up()]);
    copy.listing(2, "listing 1 of 2", true, &[item(3, "x").below(2, "S")]);
    assert_eq!(copy.paths(), ["2 S", "3 S/x"]);
}

#[test]
fn a_move_applied_before_the_delete_of_the_old_folder_saves_the_whole_subtree() {
    let mut copy = Copy::new();
    copy.fill(&[folder(1, "A"), folder(2, "S").below(1, "A"), item(3, "x").below(2, "A/S")]);
    copy.delta(&[folder(2, "S").up()]);
    copy.delta(&[deleted(1)]);
    assert_eq!(copy.paths(), ["2 S", "3 S/x"]);
}

#[test]
fn a_folder_deleted_before_its_own_row_was_held_takes_what_claims_it() {
    let mut copy = Copy::new();
    copy.load(
        "load 1",
        None,
        &[
            item(1, "c").below(9, "F"),
            folder(2, "G").below(9, "F"),
            item(3, "d").below(2, "F/G"),
            item(4, "e"),
        ],
    );
    copy.delta(&[deleted(9)]);
    assert_eq!(copy.ids(), [4]);
}

#[test]
fn a_folder_that_came_back_under_another_id_keeps_what_lies_in_it() {
    // To another list and back: the same UniqueId, another id. That the old id is gone is learnt last.
    let mut copy = Copy::new();
    copy.fill(&[folder(1, "A")]);
    copy.delta(&[folder(5, "A").once(1).up(), item(6, "x").below(1, "A").up()]);
    copy.delta(&[absent(1)]);
    assert_eq!(copy.paths(), ["5 A", "6 A/x"]);
    copy.delta(&[deleted(5)]);
    assert_eq!(copy.ids(), [0; 0]);
}

#[test]
fn a_row_by_path_finds_its_folder_when_the_folder_comes_later() {
    let mut copy = Copy::new();
    copy.load("load 1", None, &[item(1, "x").below(9, "F/G").by_path(), item(2, "y").by_path()]);
    assert_eq!(copy.paths(), ["1 F/G/x", "2 y"]);
    assert_eq!(copy.one::<String>("SELECT sp_parent FROM Documents WHERE id = 1"), format!("{ROOT}/F/G"));
    let end = End::Sweep { spare: Vec::new() };
    copy.load("load 1", Some(&end), &[folder(8, "F"), folder(9, "G").below(8, "F").by_path()]);
    assert_eq!(copy.one::<String>("SELECT sp_parent FROM Documents WHERE id = 1"), unique(9).to_string());
    copy.delta(&[folder(8, "E").up()]);
    assert_eq!(copy.paths(), ["1 E/G/x", "2 y", "8 E", "9 E/G"]);
}

#[test]
fn what_lies_in_a_folder_nobody_may_see_has_the_path_its_row_told() {
    let mut copy = Copy::new();
    let committed = copy.fill(&[
        item(1, "x").below(9, "secret"),
        folder(2, "F").below(9, "secret"),
        item(3, "y").below(2, "secret/F"),
    ]);
    assert_eq!(committed.orphans, 2);
    assert_eq!(copy.paths(), ["1 secret/x", "2 secret/F", "3 secret/F/y"]);
}

#[test]
fn a_folder_told_by_its_path_holds_what_lies_in_it_though_its_own_folder_is_out_of_sight() {
    // Nobody tells the id of A, which the account may not see; S in it is shared with the account.
    let mut copy = Copy::new();
    copy.fill(&[folder(2, "S").below(1, "A").by_path(), item(3, "x").below(2, "A/S").by_path()]);
    let parent = |copy: &Copy, id: i32| {
        copy.one::<String>(&format!("SELECT sp_parent FROM Documents WHERE id = {id}"))
    };
    assert_eq!((parent(&copy, 2), parent(&copy, 3)), (format!("{ROOT}/A"), unique(2).to_string()));
    copy.delta(&[folder(2, "T").below(1, "A").by_path().up()]);
    assert_eq!(copy.paths(), ["2 A/T", "3 A/T/x"]);
}

#[test]
fn folders_that_stand_in_each_other_for_a_moment_end_no_statement() {
    let mut copy = Copy::new();
    copy.fill(&[folder(1, "A"), folder(2, "B").below(1, "A"), item(3, "x").below(2, "A/B")]);
    copy.delta(&[folder(1, "A").below(2, "B").up()]);
    assert_eq!(copy.paths(), Vec::<String>::new());
    copy.listing(1, "listing 1 of 1", true, &[]);
    assert_eq!(copy.ids(), [1]);
}

#[test]
fn a_listing_removes_what_it_did_not_show_and_nothing_else() {
    let mut copy = Copy::new();
    copy.fill(&[
        folder(1, "A"),
        item(2, "kept").below(1, "A"),
        item(3, "gone").below(1, "A"),
        folder(4, "S").below(1, "A"),
        item(5, "below").below(4, "A/S"),
        item(6, "elsewhere"),
    ]);
    copy.listing(1, "listing 1 of 1", false, &[item(2, "kept").below(1, "A")]);
    assert_eq!(copy.ids(), [1, 2, 3, 4, 5, 6]);
    let committed = copy.listing(1, "listing 1 of 1", true, &[item(7, "new").below(1, "A")]);
    assert_eq!((copy.ids(), committed.absent), (vec![1, 2, 6, 7], 3));
}

#[test]
fn a_row_that_moved_into_a_folder_behind_its_listing_stays() {
    let mut copy = Copy::new();
    copy.fill(&[folder(1, "A"), item(2, "moving"), item(9, "last").below(1, "A")]);
    copy.listing(1, "listing 1 of 1", false, &[]);
    // The listing, which goes by id, has passed 2; then 2 moves in, and another folder is listed in between.
    copy.delta(&[item(2, "moving").below(1, "A").up()]);
    copy.listing(1, "listing 1 of 1", true, &[item(9, "last").below(1, "A")]);
    assert_eq!(copy.ids(), [1, 2, 9]);
}

#[test]
fn a_listing_goes_on_under_its_name_after_another_one_began() {
    let mut copy = Copy::new();
    copy.fill(&[folder(1, "A"), item(2, "a").below(1, "A"), item(3, "b").below(1, "A"), folder(4, "B")]);
    copy.listing(1, "listing 1 of 1", false, &[item(2, "a").below(1, "A")]);
    copy.listing(4, "listing 2 of 4", true, &[]);
    copy.listing(1, "listing 1 of 1", true, &[item(3, "b").below(1, "A")]);
    assert_eq!(copy.ids(), [1, 2, 3, 4]);
    assert_eq!(copy.one::<i64>("SELECT count(*) FROM _marks"), 0);
}

#[test]
fn paths_end_where_two_folders_claim_one_id_or_lie_in_each_other() {
    let mut copy = Copy::new();
    copy.fill(&[folder(1, "A"), folder(2, "B").once(1).below(1, "A"), item(3, "x").below(1, "A")]);
    copy.delta(&[folder(4, "C").below(5, "D").up(), folder(5, "D").below(4, "C").up()]);
    assert_eq!(copy.paths(), ["1 A", "2 A/B", "3 A/x"]);
}

#[test]
fn a_path_told_in_a_load_is_resolved_among_what_the_load_has_renewed() {
    let mut copy = Copy::new();
    copy.fill(&[folder(7, "A"), folder(8, "B")]);
    // Before the next load A and B change their names; the item in what is A now comes before either of them.
    copy.load("load 2", None, &[item(3, "x").below(8, "A").by_path()]);
    assert_eq!(copy.one::<String>("SELECT sp_parent FROM Documents WHERE id = 3"), format!("{ROOT}/A"));
    copy.load("load 2", Some(&End::Sweep { spare: Vec::new() }), &[folder(7, "B"), folder(8, "A")]);
    assert_eq!(copy.paths(), ["3 A/x", "7 B", "8 A"]);
    assert_eq!(copy.one::<String>("SELECT sp_parent FROM Documents WHERE id = 3"), unique(8).to_string());
}

#[test]
fn a_path_told_in_a_listing_is_resolved_among_what_the_listing_has_shown() {
    let mut copy = Copy::new();
    copy.fill(&[folder(7, "F"), folder(8, "A").below(7, "F")]);
    // A became B, another folder took its name, and what lies in that one comes before either of them.
    copy.pending_folder = Some(7);
    copy.listing(7, "listing 1 of 7", false, &[item(3, "x").below(9, "F/A").by_path()]);
    copy.delta(&[item(4, "y").below(9, "F/A").by_path().up()]);
    copy.pending_folder = None;
    let both = [folder(8, "B").below(7, "F"), folder(9, "A").below(7, "F")];
    copy.listing(7, "listing 1 of 7", true, &both);
    assert_eq!(copy.paths(), ["3 F/A/x", "4 F/A/y", "7 F", "8 F/B", "9 F/A"]);
}

#[test]
fn a_path_told_in_a_listing_means_no_folder_that_the_listing_did_not_show() {
    let mut copy = Copy::new();
    copy.fill(&[folder(7, "F"), folder(8, "A").below(7, "F")]);
    // A is gone from F, another folder has its name, and that one cannot be seen yet.
    copy.listing(7, "listing 1 of 7", true, &[item(3, "x").below(9, "F/A").by_path()]);
    copy.delta(&[folder(9, "A").below(7, "F").up()]);
    assert_eq!(copy.paths(), ["3 F/A/x", "7 F", "9 F/A"]);
    assert_eq!(copy.one::<String>("SELECT sp_parent FROM Documents WHERE id = 3"), unique(9).to_string());
}

#[test]
fn a_folder_gives_their_place_to_what_was_told_by_its_path_or_a_longer_one() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "x").below(9, "F/G").by_path(), item(2, "y").below(7, "F+").by_path()]);
    copy.delta(&[folder(9, "G").below(8, "F").by_path().up()]);
    copy.delta(&[folder(8, "F").up()]);
    let parent = |id| copy.one::<String>(&format!("SELECT sp_parent FROM Documents WHERE id = {id}"));
    assert_eq!((parent(1), parent(9)), (unique(9).to_string(), unique(8).to_string()));
    assert_eq!(parent(2), format!("{ROOT}/F+"));
}
