//! What the fast reader takes itself, and what it leaves to the plain one. That both agree is a test of the whole crate.

use super::{super::Rows, *};
use crate::{error::DecodeError, feed::Limits};

const MOST: usize = 1_000;

/// Reads a page by the plain reader alone.
fn plain(text: &str, keep_raw: bool, most: usize) -> Result<Vec<Change>, DecodeError> {
    let (changes, replaced, before) = (Vec::new(), false, None);
    super::super::plain(
        text,
        Rows { changes, keep_raw, most, replaced, before, tokenless: None, wrong: None },
    )
}

const VERBOSE: &str = r#"{"__metadata":{"id":"a/SP.ChangeItem1","uri":"a/SP.ChangeItem1","type":"SP.ChangeItem"},"ChangeToken":{"__metadata":{"type":"SP.ChangeToken"},"StringValue":"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161310130000;912004518"},"ChangeType":1,"SiteId":"5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10","Time":"2026-03-04T10:15:31.59Z","Editor":"Zo\u00eb \"Z\"","EditorEmailHint":null,"ItemId":17,"ListId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66","ServerRelativeUrl":"","SharedByUser":null,"SharedWithUsers":null,"UniqueId":"d27c4f90-1b6e-4e0a-93f5-6a8d01c7be42","WebId":"a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"}"#;
const MINIMAL: &str = r#"{"odata.type":"SP.ChangeView","odata.id":"a/SP.ChangeView1","odata.editLink":"SP.ChangeView1","ChangeToken":{"StringValue":"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161621200000;912004603"},"ChangeType":2,"SiteId":"5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10","Time":"2026-03-04T10:16:02Z","ViewId":"91a0c4b7-2d5e-4f16-8c39-5b7e0a4d1f22","ListId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66","WebId":"a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"}"#;
const BARE: &str = r#"{"ChangeToken":{"StringValue":"1;2;a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3;639082161690900000;912004655"},"ChangeType":3,"SiteId":"5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10","Time":"2026-03-05T00:00:00Z","UniqueId":"d27c4f90-1b6e-4e0a-93f5-6a8d01c7be42","WebId":"a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"}"#;

#[test]
fn rows_as_servers_write_them_are_guessed_in_every_metadata_mode() {
    for row in [VERBOSE, MINIMAL, BARE] {
        let mut reader = Reader::new(row);
        let guessed = reader.guessed();
        assert!(reader.rest.is_empty(), "{row}");
        assert_eq!(guessed, Reader::new(row).plain(false), "{row}");
    }
}

#[test]
fn a_row_that_is_not_as_guessed_is_read_among_those_that_are() {
    let odd = BARE.replace(r#","UniqueId""#, r#", "Pinned":{},"UniqueId""#);
    let page = format!(r#"{{"value":[{BARE},{odd},{BARE}]}}"#);
    let changes = read(&page, true, MOST).expect("rows of the plain reader");
    assert_eq!(changes, plain(&page, true, MOST).expect("a page"));
    assert_eq!(changes[1].undeclared, [("Pinned".into(), "{}".into())]);
    assert_eq!(changes[2].raw(), Some(BARE));
}

#[test]
fn what_is_not_as_servers_write_it_is_left_to_the_plain_reader() {
    let page = format!(r#"{{"value":[{BARE}]}}"#);
    assert!(read(&page, false, MOST).is_some());
    let other = [
        format!(" {page}"),
        format!("{page} "),
        page.replace("[{", "[ {"),
        page.replace(r#""value""#, r#""a":1,"value""#),
    ];
    for page in &other {
        assert!(read(page, false, MOST).is_none() && plain(page, false, MOST).is_ok(), "{page}");
    }
}

#[test]
fn what_is_no_number_or_token_is_refused_by_both() {
    for (right, wrong) in [
        (";639082161690900000;", ";63908216169090000:;"),
        (";912004655", ";91200465:"),
        (r#""ChangeType":3"#, r#""ChangeType":03"#),
    ] {
        // What is known of one row is not taken for granted in the next.
        let page = format!(r#"{{"value":[{BARE},{}]}}"#, BARE.replace(right, wrong));
        assert!(read(&page, false, MOST).is_none() && plain(&page, false, MOST).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_no_time_is_told_by_both() {
    for (right, wrong) in
        [("T00:00:00Z", "T24:00:00Z"), ("T00:00:00Z", "T00:60:00Z"), ("2026-03-05", "2026-02-29")]
    {
        let page = format!(r#"{{"value":[{BARE},{}]}}"#, BARE.replace(right, wrong));
        let changes = read(&page, false, MOST).expect("rows of both readers");
        assert_eq!(changes, plain(&page, false, MOST).expect("a page"));
        assert_eq!((&*changes[1].unreadable[0].0, changes[0].unreadable.len()), ("Time", 0), "{wrong}");
    }
}

#[test]
fn an_eighth_more_room_is_made_than_the_first_row_lets_expect() {
    for (rows, most) in [(1, 1), (90, 102)] {
        let page = format!(r#"{{"value":[{}]}}"#, vec![BARE; rows].join(","));
        let room = read(&page, false, MOST).expect("rows as servers write them").capacity();
        assert!((rows..=most).contains(&room), "{rows}: {room}");
    }
}

#[test]
fn a_token_keeps_its_own_text_in_every_row() {
    let upper = BARE.replace("a8d24c6b", "A8D24C6B");
    let zeros = BARE.replace(";912004655", ";0912004655");
    for rows in [[&upper, BARE], [BARE, &upper], [&upper, &upper], [BARE, &zeros], [&zeros, BARE]] {
        let page = format!(r#"{{"value":[{},{}]}}"#, rows[0], rows[1]);
        let told = super::super::read(page.as_bytes(), false, &Limits::default(), None).expect("a page");
        assert_eq!(told, plain(&page, false, MOST).expect("a page"), "{page}");
    }
}
