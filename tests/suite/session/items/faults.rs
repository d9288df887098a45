//! Errors of the server: which of them an item may be the cause of, which discard what is held, and which end the run.

use sharepoint_changes::{Action, Error, FaultClass, Settings, Start};

use super::{
    super::script::{EXPIRED, token},
    Answer, Items, NOT_FOUND, SERVER_FAULT, load_of, query, told,
};

const OF_ANOTHER: &str =
    r#"{"error":{"code":"-2130575173, Microsoft.SharePoint.SPException","message":{"value":"x"}}}"#;
const FORBIDDEN: &str =
    r#"{"error":{"code":"-2147024891, System.UnauthorizedAccessException","message":{"value":"x"}}}"#;

fn malformed(code: &str) -> String {
    format!(r#"{{"odata.error":{{"code":"{code}","message":{{"value":"x"}}}}}}"#)
}

/// A load whose first page is asked for.
fn load() -> Items {
    let mut items = Items::new(Start::Beginning);
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items
}

/// A run that has to ask GetChanges what a folder took along.
fn naming() -> Items {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Delete", 8));
    items.page();
    items
}

fn fault(mut items: Items) -> FaultClass {
    match items.error() {
        Error::Fault(fault) => fault.class(),
        other => panic!("no fault but {other:?}"),
    }
}

#[test]
fn what_is_said_of_a_change_token_counts_only_where_one_was_sent() {
    for said in [EXPIRED, OF_ANOTHER] {
        // A load has none: it is asked for again, and begins no other.
        let mut items = load();
        items.reply(500, said);
        items.reply(500, said);
        items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
        assert_eq!(told(&items.page()), ["+1"]);
        for mut items in [Items::from_token(110), naming()] {
            items.reply(500, said);
            items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
            load_of(&items.page());
        }
    }
    let mut items = load();
    items.reply(400, &malformed("-1, System.FormatException"));
    assert_eq!(fault(items), FaultClass::Refused);
}

#[test]
fn a_token_that_cannot_be_read_is_a_new_load_at_once_where_the_server_names_the_exception() {
    for code in ["-1, System.FormatException", "System.FormatException"] {
        let mut items = Items::from_token(110);
        items.reply(500, &malformed(code));
        items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
        load_of(&items.page());
    }
}

#[test]
fn not_found_ends_the_run_but_where_a_folder_is_listed() {
    for mut items in [load(), Items::from_token(110), naming()] {
        items.reply(404, NOT_FOUND);
        assert_eq!(fault(items), FaultClass::NotFound);
    }
}

#[test]
fn only_failures_while_rows_are_read_may_have_an_item_as_their_cause() {
    let mut items = naming();
    items.reply(500, SERVER_FAULT);
    assert_eq!(fault(items), FaultClass::Server);
    let mut items = Items::from_token(110);
    items.reply(403, FORBIDDEN);
    assert_eq!(fault(items), FaultClass::Forbidden);
    // Nor is a server that is too busy.
    let mut items = Items::from_token(110);
    for _ in 0..3 {
        items.reply(503, "The server is too busy.");
    }
    assert!(items.asked().contains(&token(100, 0).to_string()));
}

#[test]
fn an_answer_that_is_whole_and_cannot_be_read_is_a_failure_that_an_item_may_be_the_cause_of() {
    let mut items = Items::from_token(110);
    for _ in 0..3 {
        assert!(items.asked().contains(&token(100, 0).to_string()));
        items.reply(200, &Answer::new(100).token("no token").to_string());
    }
    assert!(items.asked().contains(r#""RowLimit":"1""#));
}

#[test]
fn too_many_lookups_are_named() {
    let mut items = Items::with(query(), Start::Beginning, Settings::default());
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list_with("Lookup"));
    items.reply(500, super::THRESHOLD);
    let Error::TooManyLookups { lookups, .. } = items.error() else { panic!() };
    assert_eq!(lookups, ["Amount"]);
}

#[test]
fn a_page_follows_the_text_that_was_handed_out_before_it() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(105).rows(&[(3, "c")]).more());
    let first = items.page();
    items.answer(&Answer::new(110).rows(&[(4, "d")]));
    let second = items.page();
    assert_eq!((first.follows, second.follows), (None, Some(first.checkpoint.to_string())));
    let Action::Done(done) = items.poll().unwrap() else { panic!() };
    assert_eq!(done.follows(), Some(second.checkpoint.as_str()));
}
