//! Queries whose end cannot be proved: each is refused by its name, or it loses what is told here.

use sharepoint_changes::{
    ChangeQuery, QueryError, StartError,
    caml::{FieldRef, Literal, Order, Query, Where},
};
use sharepoint_simulator::{
    Trim,
    world::{ColumnKind, Value},
};

use super::{
    journal::Journal,
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
    library.query = library.query.clone().query(query);
    match library.open() {
        Err(StartError::Query(QueryError::NotProvable { member, .. })) => assert_eq!(member, "Query"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => {
            library.run_to_the_end();
            assert!(library.copy.row(id).is_some());
            library.act(|world, list| {
                world.edit(list, id, &[(&status, Some(Value::Text("Closed".into())))]).unwrap();
            });
            library.run_to_the_end();
            assert!(library.copy.row(id).is_none(), "the item is not open, and is held for ever");
        }
    }
}
