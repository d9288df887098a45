//! Pages of GetChanges.

use allocation_counter::measure;
use sharepoint_changes::{ChangeQuery, Feed, Preset, Scope, http::Response};

const ROWS: usize = 1_000;

/// A page of items as it comes at list scope, with these three texts in every row.
fn page(verbose: bool, editor: &str, mail: &str, path: &str) -> String {
    let rows: Vec<_> = (0..ROWS).map(|n| row(verbose, n, editor, mail, path)).collect();
    let rows = rows.join(",");
    if verbose { format!(r#"{{"d":{{"results":[{rows}]}}}}"#) } else { format!(r#"{{"value":[{rows}]}}"#) }
}

fn row(verbose: bool, n: usize, editor: &str, mail: &str, path: &str) -> String {
    let api =
        "https://fabrikam.sharepoint.com/sites/ops/_api/SP.ChangeItem36f675cc-81e7-4ef5-a8e2-5d940ed90475";
    let (metadata, token) = if verbose {
        (
            format!(r#""__metadata":{{"id":"{api}","uri":"{api}","type":"SP.ChangeItem"}},"#),
            r#""__metadata":{"type":"SP.ChangeToken"},"#,
        )
    } else {
        (String::new(), "")
    };
    format!(
        r#"{{{metadata}"ChangeToken":{{{token}"StringValue":"1;3;{LIST};639082161310130000;{number}"}},"ChangeType":1,"SiteId":"5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10","Time":"2026-03-04T10:15:31Z","Editor":"{editor}","EditorEmailHint":{mail},"ItemId":{n},"ListId":"{LIST}","ServerRelativeUrl":"{path}","SharedByUser":null,"SharedWithUsers":null,"UniqueId":"d27c4f90-1b6e-4e0a-93f5-6a8d01c7be42","WebId":"a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"}}"#,
        number = 912_004_518 + n,
    )
}

const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";

/// The allocations of reading a page of changes.
fn allocations(body: String) -> u64 {
    let query = ChangeQuery::preset(Scope::Web, Preset::Items);
    let answer = Response::new(body);
    let mut rows = 0;
    let counted = measure(|| rows = query.read(&answer).expect("a page of changes").len());
    assert_eq!(rows, ROWS);
    counted.count_total
}

#[test]
fn a_page_of_changes_allocates_once_for_each_text_and_hardly_beside() {
    // 0.02 a change.
    let beside = ROWS as u64 / 50;
    for verbose in [true, false] {
        let empty = allocations(page(verbose, "", "null", ""));
        assert!(empty <= beside, "{empty} without texts, verbose: {verbose}");
        let filled =
            allocations(page(verbose, "Ada Byron", r#""ada@fabrikam.example""#, "/sites/ops/a.docx"));
        assert!(filled <= 3 * ROWS as u64 + beside, "{filled} with three texts a row, verbose: {verbose}");
        // With escapes: the text is made anew, and is still one.
        let escaped = allocations(page(verbose, r"Ada \u0042yron", "null", r"\/sites\/ops\/a.docx"));
        assert!(escaped <= 2 * ROWS as u64 + beside, "{escaped} with two escaped texts, verbose: {verbose}");
    }
}
