//! Queries whose end cannot be proved: each is refused by its name, or it loses what is told here.

use std::num::NonZeroU32;

use sharepoint_changes::{
    ChangeKind, ChangeQuery, ChangedObject, ItemQuery, Preset, QueryError, ResyncReason, StartError,
    ViewScope,
    caml::{Contains, FieldRef, Literal, Order, Query, Where},
};
use sharepoint_simulator::{
    Trim, World,
    world::{ColumnKind, ListRef as List, Value},
};

use super::{
    journal::{DAY, Journal},
    library::{Library, upload},
};

/// Follows the log with a query, unless it is refused by this name.
fn refused_or_followed(journal: &mut Journal, query: ChangeQuery, name: &str) {
    journal.query = query.page_size(1.try_into().unwrap());
    match journal.open() {
        Err(StartError::Query(QueryError::NotProvable { member, .. })) => assert_eq!(member, name),
        Err(other) => panic!("{other:?}"),
        Ok(_) => journal.follow(),
    }
}

#[test]
fn a_page_whose_rows_are_all_trimmed_is_empty_before_a_row_that_can_be_seen() {
    let mut journal = Journal::new();
    journal.world().dialect.trim = Trim::After;
    journal.trimmed = true;
    let (list, hidden) = (journal.list, journal.write());
    journal.world().show_to_caller(list, hidden, false).unwrap();
    journal.write();
    let query = journal.query.clone().require_security_trim(true);
    refused_or_followed(&mut journal, query, "RequireSecurityTrim");
}

#[test]
fn with_the_latest_rows_first_the_earlier_ones_are_never_read() {
    let mut journal = Journal::new();
    journal.write_many(10);
    let query = journal.query.clone().latest_first(true);
    refused_or_followed(&mut journal, query, "LatestFirst");
}

#[test]
fn an_item_that_passes_the_callers_filter_no_longer_is_never_told_to_be_gone() {
    let (mut id, mut status) = (0, None);
    let mut library = Library::with(|world, list| {
        let name = world.add_column(list, "Status", ColumnKind::Text).unwrap();
        id = upload(world, list, 0, "a.txt");
        world.edit(list, id, &[(&name, Some(Value::Text("Open".into())))]).unwrap();
        status = Some(name);
    });
    let status = status.unwrap();
    let filter = FieldRef::new(&status).unwrap().eq(&Literal::text("Open").unwrap());
    let query = Query::new(Some(Where::from(filter)), [Order::ascending(FieldRef::id())]);
    let query = library.query.clone().query(query);
    refused_or_held(&mut library, id, (query, "Query"), |world, list| {
        world.edit(list, id, &[(&status, Some(Value::Text("Closed".into())))]).unwrap();
    });
}

#[test]
fn a_start_that_is_gone_is_not_passed_over_in_silence() {
    let mut journal = Journal::new();
    // Less than a client may trust.
    journal.world().dialect.retention = 10 * DAY;
    journal.query = journal.query.clone().ignore_start_token_not_found(true);
    journal.write();
    match journal.open() {
        Err(StartError::Query(QueryError::NotProvable { member, .. })) => {
            assert_eq!(member, "IgnoreStartTokenNotFoundError");
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => {
            journal.follow();
            journal.write();
            journal.pass(20 * DAY);
            journal.write();
            journal.world().purge();
            journal.resync(ResyncReason::Expired, &mut |_, _| {});
        }
    }
}

/// Keeps a copy with a query, unless it is refused by this name.
fn refused_or_copied(library: &mut Library, query: ItemQuery, name: &str) {
    library.query = query.row_limit(NonZeroU32::new(2).unwrap());
    match library.open() {
        Err(StartError::Query(QueryError::NotProvable { member, .. })) => assert_eq!(member, name),
        Err(other) => panic!("{other:?}"),
        Ok(_) => library.sync(),
    }
}

#[test]
fn what_lies_in_folders_is_not_left_out() {
    let mut library = Library::with(|world, list| {
        let folder = world.add_folder(list, 0, "A").unwrap();
        upload(world, list, folder, "a.txt");
    });
    let query = library.query.clone().view_scope(ViewScope::FilesOnly);
    refused_or_copied(&mut library, query, "ViewAttributes");
}

/// Keeps a copy of what a query lets pass, unless it is refused by this name; the item passes it until it is changed.
fn refused_or_held(
    library: &mut Library,
    id: i32,
    (query, name): (ItemQuery, &str),
    leave: impl FnOnce(&mut World, List),
) {
    library.query = query;
    match library.open() {
        Err(StartError::Query(QueryError::NotProvable { member, .. })) => assert_eq!(member, name),
        Err(other) => panic!("{other:?}"),
        Ok(_) => {
            library.run_to_the_end();
            assert!(library.copy.row(id).is_some());
            library.act(leave);
            library.run_to_the_end();
            assert!(library.copy.row(id).is_none(), "it passes no longer, and is held for ever");
        }
    }
}

#[test]
fn an_item_that_contains_the_text_no_longer_is_never_told_to_be_gone() {
    let title = |text: &str| [("Title", Some(Value::Text(text.into())))];
    let mut id = 0;
    let mut library = Library::with(|world, list| {
        id = upload(world, list, 0, "a.txt");
        world.edit(list, id, &title("open matter")).unwrap();
    });
    let open = Contains::new(&FieldRef::new("Title").unwrap(), &Literal::text("open").unwrap());
    let query = library.query.clone().contains(open);
    refused_or_held(&mut library, id, (query, "Contains"), |world, list| {
        world.edit(list, id, &title("closed")).unwrap();
    });
}

#[test]
fn an_item_that_is_moved_out_of_the_folder_is_never_told_to_be_gone() {
    let (mut id, mut path) = (0, String::new());
    let mut library = Library::with(|world, list| {
        let folder = world.add_folder(list, 0, "A").unwrap();
        id = upload(world, list, folder, "a.txt");
        path = world.folder_path(list, folder);
    });
    let query = library.query.clone().folder(path);
    refused_or_held(&mut library, id, (query, "Folder"), |world, list| {
        world.move_within(list, id, 0).unwrap();
    });
}

#[test]
fn every_way_in_which_an_item_changes_is_asked_for() {
    for preset in [Preset::Items, Preset::Files, Preset::Everything] {
        let mut journal = Journal::new();
        journal.query = ChangeQuery::preset(Journal::scope(), preset);
        let (list, id) = (journal.list, journal.write());
        let folder = journal.world().add_folder(list, 0, "A").unwrap();
        journal.follow();
        journal.world().edit(list, id, &[("Title", Some(Value::Text("new".into())))]).unwrap();
        journal.follow();
        journal.world().system_update(list, id, &[]).unwrap();
        journal.follow();
        journal.world().rename(list, id, "b.txt").unwrap();
        journal.follow();
        journal.world().move_within(list, id, folder).unwrap();
        journal.follow();
        let place = journal.world().recycle(list, id).unwrap();
        journal.follow();
        journal.world().restore(place).unwrap();
        journal.follow();
        journal.world().delete(list, id).unwrap();
        journal.follow();
    }
}

#[test]
fn a_list_that_comes_back_whole_is_told_to_who_asks_for_items() {
    for preset in [Preset::Items, Preset::Files] {
        let mut journal = Journal::new();
        journal.query = ChangeQuery::preset(Journal::scope(), preset);
        journal.write();
        journal.follow();
        let list = journal.list;
        journal.world().delete_list(list).unwrap();
        journal.world().restore_list(list).unwrap();
        journal.follow();
        let told = |last: &sharepoint_changes::Change| {
            matches!(last.object, ChangedObject::List(_)) && last.kind == ChangeKind::Restore
        };
        assert!(
            journal.last.as_ref().is_some_and(told),
            "its items came back without a row: {:?}",
            journal.last
        );
    }
}
