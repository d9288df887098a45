//! Twice an answer takes no more than twice the memory and twice the work of setting it aside, whatever is in it: each
//! reader is fed the shapes that cost it the most, once and doubled.

use allocation_counter::{AllocationInfo, measure};
use sharepoint_changes::{
    ChangeQuery, CurrentChangeToken, Feed, ItemQuery, ListRef, Preset, Scope, batch, digest, fault,
    http::Response,
};

const ID: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
const PIECES: usize = 2_000;

/// Makes a body of so many pieces.
type Shape<'a> = &'a dyn Fn(usize) -> String;
/// Reads a body.
type Reader<'a> = &'a dyn Fn(&Response<&[u8]>);

/// What a reader takes of a body; whether it reads or refuses it does not matter.
fn taken(body: &str, read: Reader<'_>) -> AllocationInfo {
    let answer =
        Response::builder().header("content-type", "multipart/mixed; boundary=b").body(body.as_bytes());
    let answer = answer.expect("an answer");
    measure(|| read(&answer))
}

fn holds(name: &str, shape: Shape<'_>, read: Reader<'_>) {
    let (once, twice) = (taken(&shape(PIECES), read), taken(&shape(2 * PIECES), read));
    let is_linear = |once: u64, twice: u64, room: u64| twice <= once * 2 + once / 5 + room;
    assert!(is_linear(once.count_total, twice.count_total, 50), "{name}: {once:?} and {twice:?}");
    // What grows by doubling is made anew at another time, and is then twice as large for a while.
    assert!(twice.bytes_total <= once.bytes_total * 3 + 20_000, "{name}: {once:?} and {twice:?}");
    assert!(twice.bytes_max <= once.bytes_max * 3 + 20_000, "{name}: {once:?} and {twice:?}");
}

fn page(rows: &str) -> String {
    format!(r#"{{"value":[{}]}}"#, rows.trim_end_matches(','))
}

#[test]
fn a_page_of_changes_takes_twice_as_much_for_twice_the_rows() {
    let base = format!(
        r#""ChangeToken":"1;3;{ID};1;1","ChangeType":1,"SiteId":"{ID}","Time":"2026-03-04T10:15:30Z""#
    );
    let row = format!("{{{base}}},");
    let member = |value: &str| {
        let item =
            format!(r#""__metadata":{{"type":"SP.ChangeItem"}},"ItemId":17,"ListId":"{ID}","WebId":"{ID}""#);
        page(&format!(r#"{{{base},{item},"SharedWithUsers":{value}}}"#))
    };
    let listed = |value: &str, n: usize| member(&format!("[{}]", value.repeat(n).trim_end_matches(',')));
    let shapes: [(&str, Shape<'_>); 9] = [
        ("rows", &|n| page(&row.repeat(n))),
        ("rows that are none", &|n| page(&"{},".repeat(n))),
        ("rows before one that is none", &|n| page(&format!("{}{{}},", row.repeat(n)))),
        ("rows before a cut", &|n| format!(r#"{{"value":[{}"#, row.repeat(n))),
        ("members", &|n| page(&format!("{{{base}{}}}", r#","a":0"#.repeat(n)))),
        ("people", &|n| listed(r#"{"Name":"a"},"#, n)),
        ("escapes", &|n| page(&format!(r#"{{{base},"RelativeTime":"{}"}}"#, r"\u0041".repeat(n)))),
        ("what stands beside the rows", &|n| format!(r#"{{"a":[{}0],"value":[]}}"#, "{},".repeat(n))),
        ("what is nested", &|n| member(&format!("{}{}", "[".repeat(n), "]".repeat(n)))),
    ];
    for keep_raw in [false, true] {
        let query = ChangeQuery::preset(Scope::Web, Preset::Everything).keep_raw(keep_raw);
        for (name, shape) in shapes {
            holds(name, shape, &|answer| drop(query.read(answer)));
        }
    }
}

#[test]
fn rows_that_are_none_take_no_memory_however_many_they_are() {
    let body = page(&"{},".repeat(1 << 20));
    let taken = taken(&body, &|answer| {
        drop(ChangeQuery::preset(Scope::Web, Preset::Everything).read(answer));
    });
    assert!(taken.bytes_max < 10_000, "{taken:?}");
}

#[test]
fn a_rowset_takes_twice_as_much_for_twice_the_rows() {
    let rowset = |changes: &str, data: &str| {
        format!(
            "<GetListItemChangesSinceTokenResult><listitems xmlns:rs='urn:schemas-microsoft-com:rowset' \
             xmlns:z='#RowsetSchema'><Changes LastChangeToken='1;3;{ID};639082161304470000;912004511'>{changes}\
             </Changes><rs:data>{data}</rs:data></listitems></GetListItemChangesSinceTokenResult>"
        )
    };
    let fields = |n: usize| format!("<List><Fields>{}</Fields></List>", "<Field Name='a'/>".repeat(n));
    let texts = |n: usize| {
        let field = format!("<Field Name='a'>{}</Field>", "<a>x</a>".repeat(n));
        format!("<List><Fields>{field}</Fields></List>")
    };
    let names = |n: usize| (0..n).map(|n| format!(" a{n}=''")).collect::<String>();
    let shapes: [(&str, Shape<'_>); 12] = [
        ("rows", &|n| rowset("", &"<z:row ows_ID='1' ows_A='a &amp; b'/>".repeat(n))),
        ("rows with a quote that is not closed", &|n| rowset("", &"<z:row ows_ID='1' a='".repeat(n))),
        ("rows whose tag is not closed", &|n| rowset("", &"<z:row ows_ID='1' ".repeat(n))),
        ("rows without an id", &|n| rowset("", &"<z:row/>".repeat(n))),
        ("texts among rows", &|n| rowset("", &"a<b/>".repeat(n))),
        ("forbidden characters", &|n| rowset("", &format!("<z:row ows_ID='1' a='{}'/>", "&#1;".repeat(n)))),
        ("ids", &|n| rowset(&"<Id/>".repeat(n), "")),
        ("fields", &|n| rowset(&fields(n), "")),
        ("texts of a field", &|n| rowset(&texts(n), "")),
        ("names", &|n| rowset("", &format!("<z:row ows_ID='1'{}/>", names(n)))),
        ("depth", &|n| rowset(&"<a>".repeat(n), "")),
        ("namespaces", &|n| rowset(&"<a xmlns:a='u'/>".repeat(n), "")),
    ];
    let query = ItemQuery::new(ListRef::Title("a".to_owned()));
    for (name, shape) in shapes {
        holds(name, shape, &|answer| {
            if let Ok(page) = query.read(answer) {
                drop(page.list.map(|list| list.schema()));
            }
        });
    }
}

#[test]
fn every_smaller_answer_takes_twice_as_much_for_twice_its_length() {
    let read_fault = |answer: &Response<&[u8]>| {
        let answer = Response::builder().status(500).body(*answer.body()).expect("an answer");
        drop(fault::read(&answer));
    };
    let shapes: [(&str, Shape<'_>, Reader<'_>); 7] = [
        ("an end of the log", &|n| format!(r#"{{"a":[{}0]}}"#, "{},".repeat(n)), &|answer| {
            drop(CurrentChangeToken::of(Scope::Web).read(answer));
        }),
        ("a digest", &|n| format!(r#"{{"a":[{}0]}}"#, "{},".repeat(n)), &|answer| drop(digest::read(answer))),
        (
            "an error in JSON",
            &|n| format!(r#"{{"error":{{"code":"1"}},"a":[{}0]}}"#, "{},".repeat(n)),
            &read_fault,
        ),
        ("an error in XML", &|n| format!("<error>{}</error>", "<a>x</a>".repeat(n)), &read_fault),
        ("a page for people", &|n| format!("<html><title>{}", "a &amp; b ".repeat(n)), &read_fault),
        ("parts", &|n| format!("{}--b--", "--b\n\nHTTP/1.1 204\n\n".repeat(n / 5)), &|answer| {
            drop(batch::read(answer));
        }),
        ("lines of a part", &|n| format!("--b\n\nHTTP/1.1 200\n\n{}--b--", "--c\n".repeat(n)), &|answer| {
            drop(batch::read(answer));
        }),
    ];
    for (name, shape, read) in shapes {
        holds(name, shape, read);
    }
}
