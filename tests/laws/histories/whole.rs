//! That a load reads the whole list: every row, every field, and from one beginning.

use std::time::Duration;

use sharepoint_simulator::{
    SinceExpired, World,
    world::{ColumnKind, Formula, ListRef as List, Value, View},
};

use super::library::{Library, files, upload};

/// A list whose default view is changed before it is read.
fn seen_by(view: impl FnOnce(&mut View)) -> Library {
    Library::with(|world, list| {
        for id in files(world, list, 0..5) {
            world.edit(list, id, &[("Title", Some(Value::Text(format!("title {id}"))))]).unwrap();
        }
        let default = world.list(list).default_view().unwrap().id;
        world.change_view(list, default, view).unwrap();
    })
}

#[test]
fn a_default_view_that_filters_hides_no_row() {
    let filter = "<Where><Eq><FieldRef Name='ID'/><Value Type='Counter'>2</Value></Eq></Where>";
    seen_by(|view| view.filter = Some(filter.to_owned())).sync();
}

#[test]
fn a_default_view_of_few_columns_hides_no_value() {
    seen_by(|view| view.columns = vec!["FileLeafRef".into()]).sync();
}

#[test]
fn a_load_longer_than_the_retention_begins_again() {
    let mut ids = Vec::new();
    let mut library = Library::with(|world, list| ids = files(world, list, 0..6));
    library.host.server_mut().world_mut().dialect.since_expired = SinceExpired::Nothing;
    // Killed behind its first page, and gone on with much later; what it read changed meanwhile.
    library.run(Some(1), &mut |_, _| {}).unwrap();
    library.act(|world, list| world.delete(list, ids[0]).unwrap());
    library.host.pass(Duration::from_secs(90 * 24 * 3600));
    library.act(|world, list| files(world, list, 6..7));
    library.host.server_mut().world_mut().purge();
    library.sync();
}

/// Changes the columns of a list that is held.
fn held_while(change: impl FnOnce(&mut World, List)) -> Library {
    let mut library = Library::with(|world, list| {
        let name = world.add_column(list, "Amount", ColumnKind::Number).unwrap();
        let id = upload(world, list, 0, "a.txt");
        world.edit(list, id, &[(&name, Some(Value::Number(2.5)))]).unwrap();
    });
    library.sync();
    library.act(change);
    library.act(|world, list| upload(world, list, 0, "b.txt"));
    library.sync();
    library
}

#[test]
fn a_column_made_anew_under_its_name_is_a_new_load() {
    let library = held_while(|world, list| {
        world.delete_column(list, "Amount").unwrap();
        let name = world.add_column(list, "Amount", ColumnKind::Number).unwrap();
        assert_eq!(&*name, "Amount");
    });
    assert!(library.has_load(), "its values were those of the former column");
}

#[test]
fn a_calculated_column_is_a_new_load() {
    let library = held_while(|world, list| {
        let kind = ColumnKind::Calculated(Formula::Double("Amount".into()));
        world.add_column(list, "Twice", kind).unwrap();
    });
    assert!(library.has_load(), "old rows have a value of it too");
}
