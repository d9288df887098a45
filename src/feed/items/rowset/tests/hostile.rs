//! Answers that are larger or deeper than any server's, or declare entities.

use super::*;

#[test]
fn depth_attributes_names_fields_and_rows_end_at_a_limit() {
    let limit = |body: &str, limit: &str| {
        let error = refused(body);
        assert!(error.to_string().starts_with(&format!("expected at most {limit}")), "{error}");
        assert!(!error.is_cut());
    };
    // The root and listitems are open around the first of them.
    let nested = |depth: usize| {
        answer("", "", "")
            .replace("<Changes", &format!("{}{}<Changes", "<a>".repeat(depth - 2), "</a>".repeat(depth - 2)))
    };
    assert!(read(nested(MAX_DEPTH)).is_ok());
    limit(&nested(MAX_DEPTH + 1), "64 elements in one another");
    limit(&"<Body>".repeat(100_000), "64 elements in one another");

    let attributes =
        |count: usize, from: usize| -> String { (from..from + count).map(|n| format!(" a{n}=''")).collect() };
    let row = |attributes: String| format!("<z:row ows_ID='1'{attributes}/>");
    assert!(read(answer("", "", &row(attributes(MAX_ATTRIBUTES - 1, 0)))).unwrap().broken.is_empty());
    limit(&answer("", "", &row(attributes(MAX_ATTRIBUTES, 0))), "4096 attributes");

    let many = |count: usize| -> String {
        (0..count.div_ceil(4_000)).map(|n| row(attributes(4_000.min(count - n * 4_000), n * 4_000))).collect()
    };
    // Two namespaces, LastChangeToken and ows_ID are names, too.
    assert_eq!(rows(&many(MAX_NAMES - 4)).rows.len(), 5);
    limit(&answer("", "", &many(MAX_NAMES - 3)), "16384 names");

    let fields =
        |count: usize| format!("<List><Fields>{}</Fields></List>", "<Field Name='a'/>".repeat(count));
    let most = Limits::default();
    assert!(read(answer(&fields(most.fields), "", "")).is_ok());
    limit(&answer(&fields(most.fields + 1), "", ""), "8192 fields");

    let flood = |row: &str, count: usize| answer("", "", &row.repeat(count));
    assert_eq!(read(flood("<z:row ows_ID='1'/>", most.rows)).unwrap().rows.len(), most.rows);
    limit(&flood("<z:row ows_ID='1'/>", most.rows + 1), "1000000 rows");
    assert_eq!(read(answer(&"<Id/>".repeat(most.events), "", "")).unwrap().events.len(), most.events);
    limit(&answer(&"<Id/>".repeat(most.events + 1), "", ""), "1000000 elements Id");
    assert_eq!(read(flood("<z:row/>", MAX_BROKEN)).unwrap().broken.len(), MAX_BROKEN);
    limit(&flood("<z:row/>", MAX_BROKEN + 1), "10000 rows that cannot be read");
    limit(&flood("<z:row a='>", MAX_BROKEN + 1), "10000 rows that cannot be read");

    let bound: String = (0..200).map(|n| format!(" xmlns:n{n}='u'")).collect();
    assert!(!refused(&answer("", &bound, "")).is_cut());
}

#[test]
fn rows_as_deep_as_anything_may_be_are_read_and_deeper_ones_are_not() {
    let nested = |depth: usize| {
        let (open, close) = ("<Body>".repeat(depth - 4), "</Body>".repeat(depth - 4));
        // The name of the column is known before the first row, which is then read as rows usually are.
        let body = answer("", "", "<z:row ows_ID='1'/>").replace("<listitems", "<listitems ows_ID=''");
        format!("{open}{}{close}", body.split_once("?>").unwrap().1)
    };
    // The root, listitems and data are open around the row.
    assert_eq!(read(nested(MAX_DEPTH)).unwrap().rows.len(), 1);
    assert!(refused(&nested(MAX_DEPTH + 1)).to_string().contains("64 elements in one another"));
}

#[test]
fn room_is_made_for_no_more_rows_than_the_answer_can_hold() {
    let body = answer("", "ItemCount='4000000000'", "<z:row ows_ID='1'/>");
    let found = Reading::new(&body, None, &Limits::default()).run().unwrap();
    assert!((1..body.len()).contains(&found.rows.capacity()), "{}", found.rows.capacity());
    let body = answer("", "ItemCount='100'", &"<z:row ows_ID='1'/>".repeat(100));
    assert_eq!(Reading::new(&body, None, &Limits::default()).run().unwrap().rows.capacity(), 100);
}

#[test]
fn attributes_that_say_nothing_of_a_row_or_a_field_take_no_memory() {
    let ids = "<Id ChangeType='Delete'>17</Id>".repeat(100);
    let (rows, limits) = ("<z:row ows_ID='1'/>", Limits::default());
    let found = |changes: &str| Reading::new(&answer(changes, "", rows), None, &limits).run().unwrap();
    assert_eq!(found(&ids).cells.len(), found("").cells.len());
}

#[test]
fn a_document_type_is_refused_and_no_entity_of_its_own_is_read() {
    let bomb = "<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;&l;'>]>";
    let body = answer("", "", "<z:row ows_ID='1' ows_A='&m;'/>")
        .replace("<GetListItem", &format!("{bomb}<GetListItem"));
    assert!(refused(&body).to_string().starts_with("expected no document type"));
    let inside = answer("", "", "").replace("<Changes", &format!("{bomb}<Changes"));
    assert!(refused(&inside).to_string().starts_with("expected no document type"));
}

#[test]
fn a_limit_may_be_lowered_and_raised_and_its_error_says_which_one_it_is() {
    let body = answer(
        "<Id ChangeType='Delete'>3</Id><Id ChangeType='Delete'>4</Id>\
         <List><Fields><Field Name='A'/><Field Name='B'/></Fields></List>",
        "",
        "<z:row ows_ID='1'/><z:row/>",
    );
    type Change = fn(&mut Limits, usize);
    let most = |change: Change, most: usize| {
        let mut limits = Limits::default();
        change(&mut limits, most);
        super::super::read(body.as_bytes(), &limits)
    };
    let members: [(&str, Change); 3] = [
        ("rows", |limits, most| limits.rows = most),
        ("events", |limits, most| limits.events = most),
        ("fields", |limits, most| limits.fields = most),
    ];
    for (name, change) in members {
        assert!(most(change, 2).is_ok() && most(change, usize::MAX).is_ok(), "{name}");
        let error = most(change, 1).unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("expected at most 1 ") && told.contains(&format!("Limits::{name})")),
            "{told}"
        );
        assert!(!error.is_cut() && error.place().starts_with("byte"), "{error:?}");
    }
}

/// Makes an answer of so many pieces.
type Shape<'a> = &'a dyn Fn(usize) -> String;

/// Whatever is wrong with an answer, twice as much of it is no more than twice the work: what one row makes the reader
/// look at, no other row does again.
#[test]
fn twice_the_answer_is_no_more_than_twice_the_work() {
    let far = " ".repeat(200);
    let shapes: [(&str, Shape<'_>); 11] = [
        ("good rows", &|n| answer("", "", &"<z:row ows_ID='1' ows_A='a'/>".repeat(n))),
        ("rows with a quote that is not closed", &|n| {
            answer("", "", &format!("<z:row ows_ID='1' a='{far}").repeat(n))
        }),
        ("the same in both quotes", &|n| answer("", "", &format!("<z:row a=\"{far}<z:row x='").repeat(n))),
        ("rows whose tag is not closed", &|n| answer("", "", &format!("<z:row ows_ID='1'{far}").repeat(n))),
        ("rows that swallow a whole one", &|n| answer("", "", &"<z:row a='><z:row ows_ID='1'/>".repeat(n))),
        ("rows that declare their namespace", &|n| {
            answer("", "", &format!("<q:row xmlns:q='#RowsetSchema' a='{far}").repeat(n))
        }),
        ("rows without a blank", &|n| answer("", "", &format!("<z:row='{far}'/>").repeat(n))),
        ("rows without an id", &|n| answer("", "", &"<z:row/>".repeat(n))),
        ("other elements with open quotes", &|n| answer("", "", &format!("<a:row a='{far}").repeat(n))),
        ("nothing but the beginnings of rows", &|n| "<z:row ".repeat(n)),
        ("rows before a cut", &|n| {
            let whole = answer("", "", &format!("<z:row ows_ID='1' a='{far}").repeat(n));
            whole[..whole.len() - 100].to_owned()
        }),
    ];
    let work = |body: &str| {
        let limits = Limits::default();
        let mut reading = Reading::new(body, Some(Fast::new()), &limits);
        let _ = reading.read();
        reading.looked_at.get()
    };
    for (name, shape) in shapes {
        let (once, twice) = (work(&shape(2_000)), work(&shape(4_000)));
        assert!(twice <= once * 21 / 10 + 1_000, "{name}: {once}, and {twice} for twice as much");
        assert!(once <= 4 * shape(2_000).len(), "{name}: {once} of {}", shape(2_000).len());
    }
}
