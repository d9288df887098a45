//! The most memory that reading takes, for each byte of the answers that are made to take the most.
//!
//! The factors are those of the crate's manual. They do not grow with the answer: what is kept of an element, an
//! attribute, a row or a member is of a fixed size beside its text.

use allocation_counter::measure;
use sharepoint_changes::{
    ChangeQuery, CurrentChangeToken, Feed, ItemQuery, ListRef, Preset, Scope, batch, digest, fault,
    http::Response,
};

/// Large enough that what is set aside once does not count.
const SIZE: usize = 1 << 20;
const ID: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";

/// Bytes set aside at the most at once, while `read` goes through an answer, for each byte of the answer.
fn factor(body: &str, read: impl FnOnce(&Response<&[u8]>) -> bool) -> f64 {
    let answer = Response::new(body.as_bytes());
    let mut accepted = false;
    let counted = measure(|| accepted = read(&answer));
    assert!(accepted, "refused: {}", &body[..200.min(body.len())]);
    counted.bytes_max as f64 / body.len() as f64
}

/// As many as there is room for.
fn many(size: usize, piece: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(size);
    for n in 0.. {
        let piece = piece(n);
        if text.len() + piece.len() > size {
            break;
        }
        text.push_str(&piece);
    }
    text
}

fn rowset(list: &str, changes: &str, data: &str) -> String {
    format!(
        "<GetListItemChangesSinceTokenResult><listitems xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>\
         <Changes LastChangeToken='1;3;{ID};639082161304470000;912004511'>{list}{changes}</Changes>\
         <rs:data>{data}</rs:data></listitems></GetListItemChangesSinceTokenResult>"
    )
}

#[test]
fn a_rowset_takes_no_more_than_16_bytes_for_each_of_its_own() {
    let deep = "<a>".repeat(55) + &"</a>".repeat(55);
    let attributes =
        |from: usize, count: usize| -> String { (from..from + count).map(|n| format!(" a{n}=''")).collect() };
    let row = format!("<z:row ows_ID='1'{}/>", attributes(0, 4_000));
    let fields = |field: &dyn Fn(usize) -> String| {
        format!("<List><Fields>{}</Fields></List>", (0..8_192).map(field).collect::<String>())
    };
    let answers = [
        ("deepest", rowset("", &many(SIZE, |_| deep.clone()), "")),
        ("most rows", rowset("", "", &many(SIZE, |_| "<z:row ows_ID='1'/>".to_owned()))),
        ("most attributes", rowset("", "", &many(SIZE, |_| row.clone()))),
        (
            "most names",
            rowset(
                "",
                "",
                &many(150_000, |n| format!("<z:row ows_ID='1'{}/>", attributes(n * 2_000, 2_000))),
            ),
        ),
        ("most broken rows", rowset("", "", &"<z:row/>".repeat(10_000))),
        ("most fields", rowset(&fields(&|_| "<Field Name='a'/>".to_owned()), "", "")),
        ("most different fields", rowset(&fields(&|n| format!("<Field Name='{n}' Type='Text'/>")), "", "")),
        ("most told ids", rowset("", &many(SIZE, |n| format!("<Id ChangeType='Delete'>{n}</Id>")), "")),
        (
            "most forbidden characters",
            rowset("", "", &format!("<z:row ows_ID='1' a='{}'/>", "\u{1}".repeat(SIZE))),
        ),
        ("most references", rowset("", "", &format!("<z:row ows_ID='1' a='{}'/>", "&lt;".repeat(SIZE / 4)))),
    ];
    let query = ItemQuery::new(ListRef::Title("a".to_owned()));
    for (name, body) in &answers {
        let factor = factor(body, |answer| query.read(answer).is_ok());
        assert!(factor <= 16.0, "{name}: {factor:.1} bytes for each of {}", body.len());
    }
}

#[test]
fn a_page_of_changes_takes_no_more_than_32_bytes_for_each_of_its_own() {
    let base = format!(
        r#""ChangeToken":"1;3;{ID};1;1","ChangeType":1,"SiteId":"{ID}","Time":"2026-03-04T10:15:30Z""#
    );
    let page = |rows: String| format!(r#"{{"value":[{}]}}"#, rows.trim_end_matches(','));
    let listed = |member: &str, value: &str| {
        let values = many(SIZE, |_| format!("{value},"));
        page(format!(
            r#"{{{base},"__metadata":{{"type":"SP.ChangeItem"}},"ItemId":17,"ListId":"{ID}","WebId":"{ID}","{member}":[{}]}}"#,
            values.trim_end_matches(',')
        ))
    };
    let answers = [
        ("most rows", page(many(SIZE, |_| format!("{{{base}}},")))),
        (
            "most typed rows",
            page(many(SIZE, |_| {
                format!(r#"{{"__metadata":{{"type":"SP.ChangeWeb"}},{base},"WebId":"{ID}"}},"#)
            })),
        ),
        ("most members", page(format!("{{{base}{}}}", many(SIZE, |_| r#","":0"#.to_owned())))),
        ("most people", listed("SharedWithUsers", "{}")),
        ("most people without a name", listed("SharedWithUsers", "\"\"")),
        ("deepest", page(format!(r#"{{{base},"a":{}{}}}"#, "[".repeat(SIZE / 2), "]".repeat(SIZE / 2)))),
    ];
    for keep_raw in [false, true] {
        let query = ChangeQuery::preset(Scope::Web, Preset::Everything).keep_raw(keep_raw);
        for (name, body) in &answers {
            let factor = factor(body, |answer| query.read(answer).is_ok());
            assert!(factor <= 32.0, "{name}: {factor:.1} bytes for each of {}", body.len());
        }
    }
}

#[test]
fn an_end_of_the_log_takes_no_memory_for_what_stands_beside_it() {
    let body = format!(
        r#"{{"a":[{}0],"CurrentChangeToken":{{"StringValue":"1;2;{ID};639082161304470000;912004511"}}}}"#,
        "0,".repeat(SIZE / 2)
    );
    let factor = factor(&body, |answer| CurrentChangeToken::of(Scope::Web).read(answer).is_ok());
    assert!(factor <= 0.1, "{factor:.1}");
}

/// Bodies of a mebibyte at the most are read as a tree of values; a batch has a thousand parts at the most.
#[test]
fn a_digest_an_error_and_a_batch_take_no_more_than_32_bytes_for_each_of_their_own() {
    let most = 32.0;
    let zeros = "0,".repeat(SIZE / 2 - 100);
    let digest_of = format!(r#"{{"FormDigestValue":"0x1","FormDigestTimeoutSeconds":1800,"a":[{zeros}0]}}"#);
    assert!(factor(&digest_of, |answer| digest::read(answer).is_ok()) <= most);
    let error = format!(r#"{{"error":{{"code":"-1, a"}},"a":[{zeros}0]}}"#);
    let read = |answer: &Response<&[u8]>| {
        let answer = Response::builder().status(500).body(*answer.body());
        fault::read(&answer.expect("an answer")).is_some_and(|fault| fault.code() == Some(-1))
    };
    assert!(factor(&error, read) <= most);
    let headers = many(4_000, |n| format!("a{n}:\n"));
    let parts = format!(
        "{}--b--",
        format!("--b\n\nHTTP/1.1 204\n{}\n", &headers[..headers.len().min(400)]).repeat(1_000)
    );
    let read = |answer: &Response<&[u8]>| {
        let answer =
            Response::builder().header("content-type", "multipart/mixed; boundary=b").body(*answer.body());
        batch::read(&answer.expect("an answer")).is_ok()
    };
    assert!(factor(&parts, read) <= most);
}
