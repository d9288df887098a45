//! Where reading ends: the limits that the crate's manual names, each crossed through the public calls.
//!
//! Those of a rowset's parts, of a `$batch` answer and of CAML texts stand beside their readers, those of a run in
//! `session`, those of the transport in its own suite.

use std::{error::Error as _, fmt::Debug};

use sharepoint_changes::{
    ChangeQuery, CurrentChangeToken, Error, Feed, ItemQuery, Limits, ListRef, Preset, Scope, digest, fault,
    http::Response,
};

const MIB: usize = 1 << 20;
const ROW: &str = r#""ChangeToken":"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511","ChangeType":1,"SiteId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66","Time":"2026-03-04T10:15:30Z""#;

fn query() -> ChangeQuery {
    ChangeQuery::preset(Scope::Web, Preset::Everything)
}

/// The error's text, with what is behind it.
fn said<T: Debug>(read: Result<T, Error>) -> String {
    let error = read.unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    let decode = error.source().unwrap();
    decode.source().map_or_else(|| decode.to_string(), |cause| format!("{decode}: {cause}"))
}

fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

#[test]
fn no_answer_has_more_than_512_mebibytes() {
    // All but its first page is never touched, so never made real.
    let mut body = vec![0; 512 * MIB + 1];
    body[0] = b'{';
    let answer = Response::new(body);
    let list = ListRef::Title("a".to_owned());
    for error in [
        said(query().read(&answer)),
        said(ItemQuery::new(list).read(&answer)),
        said(CurrentChangeToken::of(Scope::Web).read(&answer)),
    ] {
        assert_eq!(error, "expected at most 536870912 bytes");
    }
}

#[test]
fn no_digest_has_more_than_a_mebibyte() {
    let answer = |bytes: usize| {
        let members = r#""FormDigestValue":"0x1","FormDigestTimeoutSeconds":1800"#;
        Response::new(format!("{{{members}{}}}", " ".repeat(bytes - members.len() - 2)))
    };
    assert!(digest::read(&answer(MIB)).is_ok());
    assert_eq!(digest::read(&answer(MIB + 1)).unwrap_err().to_string(), "expected at most 1048576 bytes");
}

#[test]
fn an_error_of_more_than_a_mebibyte_is_told_by_its_status() {
    let code = |bytes: usize| {
        let (error, end) = (r#"{"error":{"code":"-2130575172, a""#, "}}");
        let body = error.to_owned() + &" ".repeat(bytes - error.len() - end.len()) + end;
        fault::read(&Response::builder().status(400).body(body).unwrap()).unwrap().code()
    };
    assert_eq!((code(MIB), code(MIB + 1)), (Some(-2_130_575_172), None));
}

#[test]
fn a_page_of_changes_has_no_more_than_100000_rows() {
    let page = |rows: usize| {
        Response::new(format!(r#"{{"value":[{}]}}"#, vec![format!("{{{ROW}}}"); rows].join(",")))
    };
    assert_eq!(query().read(&page(100_000)).unwrap().len(), 100_000);
    assert_eq!(
        said(query().read(&page(100_001))),
        "expected at most 100000 rows of changes in one answer (ask for smaller pages, or raise Limits::changes) \
         at row 100000"
    );
    let mut limits = Limits::default();
    limits.changes = 2;
    assert_eq!(query().read_within(&page(2), &limits).unwrap().len(), 2);
    for blank in ["", " "] {
        let page = Response::new(format!("{blank}{}", page(3).body()));
        assert!(said(query().read_within(&page, &limits)).starts_with("expected at most 2 rows of changes"));
    }
}

#[test]
fn what_is_not_known_is_passed_over_and_kept_at_any_depth() {
    let deep = nested(1_000_000);
    let beside = format!(r#"{{"a":{deep},"value":[{{{ROW}}}]}}"#);
    assert_eq!(query().read(&Response::new(beside)).unwrap().len(), 1);
    let within = Response::new(format!(r#"{{"value":[{{{ROW},"a":{deep}}}]}}"#));
    let page = query().read(&within).unwrap();
    assert!(page[0].undeclared.iter().any(|(name, json)| &**name == "a" && **json == *deep));
    let beside = format!(r#"{{"a":{deep},"CurrentChangeToken":"1;2;{LIST};639082161304470000;912004511"}}"#);
    let _ = CurrentChangeToken::of(Scope::Web).read(&Response::new(beside));
}

#[test]
fn what_is_read_nests_no_more_than_127_values() {
    let row = |depth: usize| {
        let people = r#"{"results":"#.repeat(depth) + "[]" + &"}".repeat(depth);
        let row =
            format!(r#"{{{ROW},"__metadata":{{"type":"SP.ChangeItem"}},{ITEM},"SharedWithUsers":{people}}}"#);
        query().read(&Response::new(format!(r#"{{"value":[{row}]}}"#)))
    };
    assert!(row(100).unwrap()[0].unreadable.is_empty());
    let deeper = row(200).unwrap();
    assert_eq!(&*deeper[0].unreadable[0].0, "SharedWithUsers", "what is deeper is kept as text");
    let members = r#""FormDigestValue":"0x1","FormDigestTimeoutSeconds":1800"#;
    for (depth, taken) in [(126, true), (127, false), (500_000, false)] {
        let digest = digest::read(&Response::new(format!(r#"{{{members},"a":{}}}"#, nested(depth))));
        assert_eq!(digest.is_ok(), taken, "{depth}");
        let error = format!(r#"{{"error":{{"code":"-2130575172, a"}},"a":{}}}"#, nested(depth));
        let fault = fault::read(&Response::builder().status(400).body(error).unwrap()).unwrap();
        assert_eq!(fault.code().is_some(), taken, "{depth}");
    }
}

const ITEM: &str = r#""ItemId":17,"ListId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66","WebId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66""#;
const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
