//! Folders: what lies below them goes with them, and is told of by no row.

use std::collections::BTreeSet;

use sharepoint_changes::Basis;
use sharepoint_simulator::{World, world::ListRef as List};

use super::library::{Library, upload};

#[test]
fn two_folders_that_swap_their_names_in_one_window_keep_their_contents() {
    let mut library = Library::new();
    let (a, b, inside) = library.act(|world, list| {
        let (a, b) = (world.add_folder(list, 0, "A").unwrap(), world.add_folder(list, 0, "B").unwrap());
        (a, b, [upload(world, list, a, "in a.txt"), upload(world, list, b, "in b.txt")])
    });
    library.sync();
    library.constant.extend(inside);
    library.act(|world, list| {
        world.rename(list, a, "T").unwrap();
        world.rename(list, b, "A").unwrap();
        world.rename(list, a, "B").unwrap();
    });
    library.sync();
}

#[test]
fn a_folder_that_moves_between_two_pages_of_the_load_takes_its_contents_along() {
    let (mut a, mut b) = (0, 0);
    let mut library = Library::with(|world, list| {
        (a, b) = (world.add_folder(list, 0, "A").unwrap(), world.add_folder(list, 0, "B").unwrap());
        for n in 0..8 {
            upload(world, list, a, &format!("{n}.txt"));
        }
    });
    let list = library.list;
    library
        .run(None, &mut |asked, world| {
            if asked == 3 {
                world.move_within(list, a, b).unwrap();
            }
        })
        .unwrap();
    library.sync();
}

#[test]
fn what_was_moved_out_of_a_folder_survives_the_folders_end() {
    let mut library = Library::new();
    let (a, s) = library.act(|world, list| {
        let a = world.add_folder(list, 0, "A").unwrap();
        let s = world.add_folder(list, a, "S").unwrap();
        upload(world, list, s, "kept.txt");
        upload(world, list, a, "gone.txt");
        (a, s)
    });
    library.sync();
    library.act(|world, list| {
        world.move_within(list, s, 0).unwrap();
        world.delete(list, a).unwrap();
    });
    library.sync();
    assert_eq!(library.copy.len(), 2);
}

#[test]
fn what_was_moved_into_a_folder_goes_with_the_folder_in_the_same_window() {
    let mut library = Library::new();
    let (folder, item) =
        library.act(|world, list| (world.add_folder(list, 0, "A").unwrap(), upload(world, list, 0, "x.txt")));
    library.sync();
    library.act(|world, list| {
        world.move_within(list, item, folder).unwrap();
        world.delete(list, folder).unwrap();
    });
    library.sync();
    assert!(library.copy.is_empty());
}

#[test]
fn a_folder_that_comes_back_brings_its_contents_without_a_word() {
    let mut library = Library::new();
    let folder = library.act(|world, list| {
        let folder = world.add_folder(list, 0, "A").unwrap();
        let below = world.add_folder(list, folder, "B").unwrap();
        upload(world, list, folder, "1.txt");
        upload(world, list, below, "2.txt");
        folder
    });
    library.sync();
    let place = library.act(|world, list| world.recycle(list, folder).unwrap());
    library.sync();
    assert!(library.copy.is_empty());
    library.act(|world, _| world.restore(place).unwrap());
    library.sync();
    assert_eq!(library.copy.len(), 4);
    // Gone and back within one window.
    let place = library.act(|world, list| world.recycle(list, folder).unwrap());
    library.act(|world, _| world.restore(place).unwrap());
    library.sync();
    assert_eq!(library.copy.len(), 4);
}

/// Lists a folder of six files by pages of two, and moves it away between the first and the second; then something may
/// happen at the place where it was.
fn listed_while_it_moves(afterwards: impl Fn(&mut World, List)) {
    let mut library = Library::new();
    let (a, b, inside) = library.act(|world, list| {
        let (a, b) = (world.add_folder(list, 0, "A").unwrap(), world.add_folder(list, 0, "B").unwrap());
        let inside: Vec<i32> = (0..6).map(|n| upload(world, list, a, &format!("{n}.txt"))).collect();
        (a, b, inside)
    });
    library.sync();
    library.constant.extend(inside);
    library.act(|world, list| world.rename(list, a, "C").unwrap());
    let list = library.list;
    // Requests of the run: the list, the increment, the settling of the rename, the folder's row, its pages.
    library
        .run(None, &mut |asked, world| {
            if asked == 5 {
                world.move_within(list, a, b).unwrap();
                afterwards(world, list);
            }
        })
        .unwrap();
    let listings: BTreeSet<_> = library
        .bases
        .iter()
        .filter_map(|basis| match basis {
            Basis::Subtree { listing, .. } => Some(listing.to_string()),
            _ => None,
        })
        .collect();
    assert!(listings.len() >= 2, "{listings:?}");
    library.sync();
}

#[test]
fn a_listing_during_which_the_folder_moves_tells_nothing_and_begins_again() {
    listed_while_it_moves(|world, list| {
        // Another folder is listed to its end, in which nothing of this one is seen.
        world.add_folder(list, 0, "C").unwrap();
    });
}

#[test]
fn a_path_that_is_gone_while_it_is_listed_is_not_the_end_of_the_listing() {
    listed_while_it_moves(|_, _| {});
}

#[test]
fn what_lies_in_a_folder_that_could_never_be_read_goes_with_the_folder() {
    let (mut folder, mut inside) = (0, 0);
    let mut library = Library::with(|world, list| {
        folder = world.add_folder(list, 0, "F").unwrap();
        inside = upload(world, list, folder, "c.txt");
        world.poison(list, folder, true).unwrap();
    });
    library.run_to_the_end();
    assert!(library.copy.row(folder).is_none() && library.copy.row(inside).is_some());
    library.act(|world, list| world.delete(list, folder).unwrap());
    library.sync();
}
