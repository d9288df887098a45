//! Permissions of single items: what the caller may see changes, and the list feed says nothing.

use super::library::{Library, files, upload};

#[test]
fn what_the_caller_may_see_changes_item_by_item_and_the_list_is_silent() {
    for (switch, mask) in [("permission_rows=no", 0), ("permission_rows=yes", 0), ("permission_rows=no", 2)] {
        let mut library = Library::new();
        library.host.server_mut().world_mut().dialect.set(switch).unwrap();
        let (shared, lost, folder, inside, own) = library.act(|world, list| {
            let ids = files(world, list, 0..2);
            let folder = world.add_folder(list, 0, "A").unwrap();
            let inside = upload(world, list, folder, "inside.txt");
            let below = world.add_folder(list, folder, "B").unwrap();
            let own = upload(world, list, below, "own.txt");
            world.set_item_permissions(list, ids[0], Some(mask)).unwrap();
            world.set_item_permissions(list, own, Some(0x1b0_3c43_12ef)).unwrap();
            (ids[0], ids[1], folder, inside, own)
        });
        library.sync();
        assert!(library.copy.row(shared).is_none() && library.copy.row(lost).is_some());
        library.act(|world, list| {
            world.set_item_permissions(list, shared, None).unwrap();
            world.set_item_permissions(list, lost, Some(mask)).unwrap();
        });
        library.sync();
        assert!(library.copy.row(shared).is_some() && library.copy.row(lost).is_none());
        // A folder's permissions are those of all below it that has none of its own.
        library.act(|world, list| world.set_item_permissions(list, folder, Some(mask)).unwrap());
        library.sync();
        assert!(library.copy.row(inside).is_none() && library.copy.row(own).is_some());
        library.act(|world, list| world.move_within(list, shared, folder).unwrap());
        library.sync();
        assert!(library.copy.row(shared).is_none(), "moved to where it may not be seen");
        library.act(|world, list| world.set_item_permissions(list, folder, None).unwrap());
        library.sync();
        assert_eq!(library.copy.len(), 5);
        assert!(!library.has_load());
    }
}
