//! Rows that cannot be read to the end: a run goes on, and nothing is proved by them.

use sharepoint_changes::{Done, Error, Start};

use super::script::{LIST, MINUTE, Script, token};

/// A row of the log with this text in the place of its token.
fn row(token: &str) -> String {
    format!(
        r#"{{"__metadata":{{"type":"SP.ChangeItem"}},"ChangeToken":{{"StringValue":"{token}"}},"ChangeType":2,
        "SiteId":"{LIST}","Time":"2026-03-04T10:15:31Z","ItemId":17,"ListId":"{LIST}","WebId":"{LIST}"}}"#
    )
}

fn answered(rows: &[String]) -> Script {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(110, 0));
    script.request();
    script.answer(200, &[], &format!(r#"{{"d":{{"results":[{}]}}}}"#, rows.join(",")));
    script
}

#[test]
fn a_row_whose_token_cannot_be_read_is_handed_out_with_the_position_before_it() {
    let rows =
        [row("none"), row(&token(105, -30).to_string()), row("none"), row(&token(106, -20).to_string())];
    let mut script = answered(&rows);
    let page = script.page();
    let numbers: Vec<_> = page.changes.iter().map(|change| change.token.number()).collect();
    assert_eq!(numbers, [100, 105, 105, 106]);
    let stops: Vec<_> = (0..4)
        .map(|n| page.checkpoint_after(n).token().map(sharepoint_changes::ChangeToken::number))
        .collect();
    assert_eq!(stops, [Some(100), Some(105), Some(105), Some(106)], "whoever stops there sees the row again");
    script.rows(&[]);
    assert!(matches!(script.done(), Done::UpToDate { .. }));
}

#[test]
fn a_last_row_whose_token_cannot_be_read_is_an_error_because_it_is_the_next_position() {
    let error = answered(&[row(&token(105, -30).to_string()), row("none")]).error();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
}
