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
    assert!(read(answer(&fields(MAX_FIELDS), "", "")).is_ok());
    limit(&answer(&fields(MAX_FIELDS + 1), "", ""), "8192 fields");

    let flood = |row: &str, count: usize| answer("", "", &row.repeat(count));
    let most = usize::try_from(MAX_ROWS).unwrap();
    assert_eq!(read(flood("<z:row ows_ID='1'/>", most)).unwrap().rows.len(), most);
    limit(&flood("<z:row ows_ID='1'/>", most + 1), "1000000 rows");
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
    let found = Reading::new(&body, None).run().unwrap();
    assert!((1..body.len()).contains(&found.rows.capacity()), "{}", found.rows.capacity());
    let body = answer("", "ItemCount='100'", &"<z:row ows_ID='1'/>".repeat(100));
    assert_eq!(Reading::new(&body, None).run().unwrap().rows.capacity(), 100);
}

#[test]
fn attributes_that_say_nothing_of_a_row_or_a_field_take_no_memory() {
    let ids = "<Id ChangeType='Delete'>17</Id>".repeat(100);
    let found =
        |changes: &str| Reading::new(&answer(changes, "", "<z:row ows_ID='1'/>"), None).run().unwrap();
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
