//! Real answers of SharePoint Online, where they are at hand: every one of them decodes, and nothing in it is
//! unknown or lost.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use serde_json::Value;
use sharepoint_changes::{
    Change, ChangeQuery, CurrentChangeToken, FaultClass, Feed, Preset, Scope, TokenScope, batch, fault,
    http::Response,
};

use crate::members;

/// What a recorded answer holds.
enum Holds {
    /// A page: for each row its type and the number of its kind.
    Page(&'static [(&'static str, i32)]),
    /// A `$batch` answer of such pages.
    Batch(&'static [&'static [(&'static str, i32)]]),
    /// A list with its CurrentChangeToken.
    Token(&'static str),
    /// An error.
    Error(FaultClass, i32, &'static str),
}

const SHARED: &[(&str, i32)] = &[("item", 11), ("item", 17), ("item", 11), ("item", 1), ("item", 15)];
const EDITED: &[(&str, i32)] = &[("item", 2), ("item", 2), ("item", 2), ("item", 2), ("item", 2)];
const SUB_WEB: &[(&str, i32)] = &[("site", 2), ("site", 2), ("web", 1), ("folder", 1), ("folder", 1)];
const TOKEN_A: &str = "1;3;13326e70-58ba-4e0e-9b30-08189f21d555;638011577546000000;699134661";
const TOKEN_B: &str = "1;3;13326e70-58ba-4e0e-9b30-08189f21d555;638011577552500000;699134662";

const EXPECTED: [(&str, Holds); 17] = [
    (
        "BatchClientTests.HandleBatchErrorsForLargeBatch-0-00002",
        Holds::Error(FaultClass::NotFound, -1, "System.ArgumentException"),
    ),
    (
        "ExceptionTests.ThrowSharePointRestServiceException-0-00003",
        Holds::Error(FaultClass::Server, -2130575342, "Microsoft.SharePoint.SPException"),
    ),
    (
        "FilesTests.ConvertFileAsyncExceptionTest-0-00002",
        Holds::Error(FaultClass::Refused, -2147024809, "System.ArgumentException"),
    ),
    (
        "FoldersTests.EnsureListFolderDeepTest-0-00003",
        Holds::Error(FaultClass::NotFound, -2147024894, "System.IO.FileNotFoundException"),
    ),
    ("ListTests.AddListEventReceiverAsyncNoEventReceiverNameExceptionTest-0-00002", Holds::Token(TOKEN_A)),
    (
        "ListTests.AddListEventReceiverAsyncNoEventReceiverSequenceNumberExceptionTest-0-00002",
        Holds::Token(TOKEN_A),
    ),
    ("ListTests.AddListEventReceiverAsyncNoEventReceiverUrlExceptionTest-0-00002", Holds::Token(TOKEN_B)),
    ("ListTests.AddListEventReceiverAsyncNoEventTypeExceptionTest-0-00002", Holds::Token(TOKEN_B)),
    ("ListTests.GetListChangesAsyncTest-0-00003", Holds::Page(SHARED)),
    ("ListTests.GetListChangesAsyncTest-0-00005", Holds::Batch(&[SHARED, EDITED])),
    ("ListTests.GetListChangesOnlyAsyncTest-0-00005", Holds::Page(&[("list", 1), ("list", 2), ("list", 2)])),
    ("ListTests.GetListChangesTest-0-00003", Holds::Page(SHARED)),
    ("ListTests.GetListItemChangesOnlyAsyncTest-0-00006", Holds::Page(&[("item", 1)])),
    ("SiteTests.GetSiteChangesAsyncTest-0-00002", Holds::Page(SUB_WEB)),
    ("SiteTests.GetSiteChangesTest-0-00002", Holds::Page(SUB_WEB)),
    ("SiteTests.GetSiteChangesTest-0-00003", Holds::Batch(&[SUB_WEB])),
    (
        "WebTests.GetUserMissingTest-0-00002",
        Holds::Error(FaultClass::Server, -2146232832, "Microsoft.SharePoint.SPException"),
    ),
];

#[test]
fn every_recorded_answer_decodes_with_nothing_unknown_and_nothing_dropped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings");
    if !folder.is_dir() {
        // Past the test runner, which keeps what a passing test prints.
        let _ = writeln!(io::stderr(), "skipped: ../shared/recordings is absent");
        return;
    }
    let mut seen = 0;
    for file in fs::read_dir(folder).expect("the folder can be read") {
        let path = file.expect("its entries can be read").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            seen += 1;
            let recording = serde_json::from_slice(&fs::read(path).expect("a recording can be read"));
            check(&recording.expect("a recording is JSON"));
        }
    }
    assert_eq!(seen, EXPECTED.len());
}

fn check(recording: &Value) {
    let name = recording["name"].as_str().expect("a name");
    let (_, holds) = EXPECTED.iter().find(|(known, _)| *known == name).expect("an answer that is expected");
    let answer = answer(recording);
    match holds {
        Holds::Page(rows) => check_page(name, &answer, rows),
        Holds::Batch(pages) => {
            let parts = batch::read(&answer).expect("a $batch answer");
            assert_eq!(parts.len(), pages.len(), "{name}");
            for (part, rows) in parts.iter().zip(*pages) {
                assert_eq!(part.headers()["content-type"], "application/json;odata=verbose;charset=utf-8");
                check_page(name, part, rows);
            }
        }
        Holds::Token(text) => {
            let token = CurrentChangeToken::of(Scope::Web).read(&answer).expect("a list with its token");
            assert_eq!(token.to_string(), *text, "{name}");
            assert_eq!(token.scope(), TokenScope::List);
        }
        Holds::Error(class, code, exception) => {
            let fault = fault::read(&answer).expect("an error");
            assert_eq!(
                (fault.class(), fault.code(), fault.exception()),
                (*class, Some(*code), Some(*exception))
            );
            assert!(fault.message().is_some_and(|message| !message.is_empty()), "{name}");
            assert_eq!(fault.request_id(), recording["headers"]["SPRequestGuid"].as_str(), "{name}");
        }
    }
}

fn check_page(name: &str, answer: &Response<Vec<u8>>, expected: &[(&str, i32)]) {
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything).keep_raw(true);
    let changes = query.read(answer).expect("a page of changes");
    let told: Vec<_> = changes.iter().map(|change| (change.object.name(), change.kind.code())).collect();
    assert_eq!(told, expected, "{name}");
    let numbers: Vec<_> = changes.iter().map(|change| change.token.number()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{name}: {numbers:?}");
    for (change, row) in changes.iter().zip(members::rows(answer.body())) {
        assert!(change.kind.name().is_some() && change.undeclared.is_empty(), "{name}: {change:?}");
        assert_eq!(members::of_change(change), members::of_row(&row), "{name}");
        assert_eq!(raw(change), row, "{name}");
    }
}

fn raw(change: &Change) -> Value {
    serde_json::from_str(change.raw().expect("the row's text was asked for")).expect("a row is JSON")
}

fn answer(recording: &Value) -> Response<Vec<u8>> {
    let status = recording["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let mut answer = Response::builder().status(status.expect("a status"));
    for (name, value) in recording["headers"].as_object().expect("headers") {
        answer = answer.header(name, value.as_str().expect("a header is text"));
    }
    answer.body(recording["body"].as_str().expect("a body").into()).expect("a well-formed answer")
}
