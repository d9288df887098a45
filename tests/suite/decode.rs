//! Bodies in, values out: the synthetic answers of `tests/fixtures`, told in its `SOURCE.md`.

use std::{collections::BTreeSet, fs, path::PathBuf};

use sharepoint_changes::{
    Change, ChangeQuery, ChangedObject, CurrentChangeToken, Error, FaultClass, Feed, Preset, Scope, batch,
    digest, fault,
    http::{Response, StatusCode},
};

use crate::members;

const TOKEN: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures"].iter().collect()
}

fn body(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn answer(status: u16, name: &str) -> Response<Vec<u8>> {
    let mut answer = Response::new(body(name));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    answer
}

fn page(name: &str) -> Vec<Change> {
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything).keep_raw(true);
    query.read(&answer(200, name)).unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn objects(changes: &[Change]) -> Vec<&'static str> {
    changes.iter().map(|change| change.object.name()).collect()
}

/// Every member of every row is in its value, and every value is in its row.
fn assert_lossless(name: &str, changes: &[Change]) {
    let rows = members::rows(&body(name));
    assert_eq!(rows.len(), changes.len(), "{name}");
    for (change, row) in changes.iter().zip(&rows) {
        assert_eq!(members::of_change(change), members::of_row(row), "{name}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(change.raw().expect("kept")).ok().as_ref(),
            Some(row)
        );
    }
}

#[test]
fn a_page_says_the_same_in_every_metadata_mode() {
    let verbose = page("changes-list-verbose.json");
    assert_eq!(objects(&verbose), ["item", "view", "item"]);
    assert_eq!(verbose.iter().map(|change| change.kind.code()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(verbose[1].time.to_string(), "2026-03-04T10:16:02.12Z");
    assert_eq!(verbose[2].token.number(), 912004655);
    let ChangedObject::Item(item) = &verbose[0].object else { panic!("{:?}", verbose[0]) };
    assert_eq!((item.item_id, item.editor.as_deref(), &item.details), (17, None, &None));
    for name in ["changes-list-verbose.json", "changes-list-minimal.json", "changes-list-none.json"] {
        let changes = page(name);
        assert_lossless(name, &changes);
        for (change, same) in changes.iter().zip(&verbose) {
            assert_eq!(
                (&change.token, change.kind, &change.object),
                (&same.token, same.kind, &same.object),
                "{name}"
            );
            assert!(change.undeclared.is_empty(), "{name}");
        }
    }
}

#[test]
fn every_declared_type_has_a_value_of_its_own() {
    let types = [
        "item",
        "file",
        "folder",
        "list",
        "web",
        "site",
        "view",
        "field",
        "content_type",
        "user",
        "group",
        "alert",
        "app_consent_principal",
    ];
    for name in ["changes-types-verbose.json", "changes-types-minimal.json"] {
        let changes = page(name);
        assert_eq!(objects(&changes), types, "{name}");
        assert_lossless(name, &changes);
        assert!(changes.iter().all(|change| change.undeclared.is_empty()), "{name}");
    }
}

#[test]
fn without_metadata_all_types_are_told_apart_but_file_and_folder() {
    let changes = page("changes-types-none.json");
    let types = objects(&changes);
    assert_eq!(types[..4], ["item", "file_or_folder", "file_or_folder", "list"]);
    assert_eq!(types[4..8], ["web", "site", "view", "field"]);
    assert_eq!(types[8..], ["content_type", "user", "group", "alert", "app_consent_principal"]);
    for (change, same) in changes.iter().zip(page("changes-types-verbose.json")) {
        assert_eq!(members::of_change(change), members::of_change(&same));
    }
}

#[test]
fn every_number_of_a_kind_survives() {
    let changes = page("changes-kinds.json");
    let codes: Vec<_> = changes.iter().map(|change| change.kind.code()).collect();
    assert_eq!(codes, (0..=24).collect::<Vec<_>>());
    let named = changes.iter().filter(|change| change.kind.name().is_some()).count();
    assert_eq!(named, 23);
}

#[test]
fn types_kinds_and_members_nobody_knows_survive() {
    let name = "changes-unknown-verbose.json";
    let changes = page(name);
    assert_lossless(name, &changes);
    assert_eq!(objects(&changes), ["unknown", "unknown", "item", "folder"]);
    let type_names = changes.iter().filter_map(|change| match &change.object {
        ChangedObject::Unknown { type_name } => type_name.as_deref(),
        _ => None,
    });
    assert_eq!(type_names.collect::<Vec<_>>(), ["SP.ChangeSecurityPolicy", "SP.Change"]);
    let undeclared = |change: &Change| -> Vec<(String, String)> {
        change.undeclared.iter().map(|(name, json)| (name.to_string(), json.to_string())).collect()
    };
    let pair = |name: &str, json: &str| (name.to_owned(), json.to_owned());
    assert!(undeclared(&changes[0]).contains(&pair("Scope", r#"{"Depth":2}"#)));
    assert_eq!(changes[2].kind.code(), 99);
    assert_eq!(
        undeclared(&changes[2]),
        [pair("Sensitivity", r#""Confidential é""#), pair("Score", "1.5"), pair("Tags", r#"["a",null]"#)]
    );
    assert_eq!(undeclared(&changes[3]), [pair("ItemId", "3")], "declared, but not for a folder");
    let untyped = page("changes-unknown-none.json");
    assert!(matches!(&untyped[0].object, ChangedObject::Unknown { type_name: None }));
    assert_lossless("changes-unknown-none.json", &untyped);
}

#[test]
fn every_declared_member_of_an_item_is_read() {
    for name in ["changes-item-filled-verbose.json", "changes-item-filled-none.json"] {
        let changes = page(name);
        assert_lossless(name, &changes);
        assert!(changes[0].undeclared.is_empty(), "{name}");
        let ChangedObject::Item(item) = &changes[0].object else { panic!("{changes:?}") };
        assert_eq!(item.editor.as_deref(), Some("Ana Ruiz"));
        let details = item.details.as_ref().expect("the row is filled");
        let by = details.shared_by_user.as_ref().and_then(|user| user.email.as_deref());
        assert_eq!(by, Some("ana@fabrikam.example"), "{name}");
        let with: Vec<_> = details.shared_with_users.iter().map(|user| user.name.as_deref()).collect();
        assert_eq!(with, [Some("Ben Okoro"), Some("Visitors")], "{name}");
        assert_eq!(details.shared_with_users[1].email, None, "an empty text means not filled");
    }
}

#[test]
fn bare_texts_do_where_objects_are_expected() {
    let changes = page("changes-bare-strings.json");
    let ChangedObject::Item(item) = &changes[0].object else { panic!("{changes:?}") };
    assert_eq!(changes[0].token.number(), 912008001);
    assert_eq!((changes[0].kind.code(), item.item_id), (2, 17));
    assert_eq!(item.list_id.to_string(), "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66");
    let details = item.details.as_ref().expect("the row is filled");
    assert_eq!(details.content_type_id.as_deref(), Some("0x0100A7D3"));
    assert_eq!(details.shared_by_user.as_ref().and_then(|user| user.name.as_deref()), Some("Ana Ruiz"));
    assert_eq!(details.shared_with_users[0].email.as_deref(), Some("ben@fabrikam.example"));
}

#[test]
fn times_are_utc_with_any_fraction_and_without_a_zone() {
    let times: Vec<_> = page("changes-times.json").iter().map(|change| change.time.to_string()).collect();
    let expected = [
        "2026-03-04T10:15:31Z",
        "2026-03-04T10:15:31Z",
        "2026-03-04T10:15:31.59Z",
        "2026-03-04T10:15:31.1234567Z",
        "2026-03-04T10:15:31.447Z",
        "2026-03-04T10:15:31Z",
    ];
    assert_eq!(times, expected);
}

#[test]
fn a_list_that_says_anything_of_itself_says_whether_it_is_hidden() {
    let row = |members: &str| {
        format!(
            r#"{{"d":{{"results":[{{"__metadata":{{"type":"SP.ChangeList"}},"ChangeToken":{{"StringValue":
            "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511"}},"ChangeType":2,
            "SiteId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66","Time":"2026-03-04T10:15:31Z",
            "ListId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66","WebId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66"{members}}}]}}}}"#
        )
    };
    for (members, hidden) in [
        (r#","Hidden":false,"Title":"","BaseTemplate":0"#, None),
        (r#","Hidden":true,"Title":"","BaseTemplate":0"#, Some(true)),
        (r#","Hidden":false,"Title":"Q1 Bids","BaseTemplate":0"#, Some(false)),
        (r#","Hidden":false,"Title":"","BaseTemplate":100"#, Some(false)),
        (r#","Hidden":true,"Title":"Q1 Bids","BaseTemplate":100"#, Some(true)),
    ] {
        let query = ChangeQuery::preset(Scope::Web, Preset::Items);
        let changes = query.read(&Response::new(row(members))).unwrap();
        let ChangedObject::List(list) = &changes[0].object else { panic!("{changes:?}") };
        assert_eq!(list.hidden, hidden, "{members}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_what_was_expected_and_where() {
    let row =
        r#""ChangeType":2,"SiteId":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66","Time":"2026-03-04T10:15:31Z""#;
    for (body, place, expected) in [
        ("[]".to_owned(), "a page of changes", r#"an object with an array "value""#),
        (r#"{"value":[5]}"#.to_owned(), "row 0", "a row of changes"),
        (
            format!(r#"{{"value":[{{{row},"ChangeToken":5}}]}}"#),
            "row 0",
            "an object with a StringValue, or a text",
        ),
    ] {
        let query = ChangeQuery::preset(Scope::Web, Preset::Items);
        let Err(Error::Decode(error)) = query.read(&Response::new(body.clone())) else { panic!("{body}") };
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.to_string().contains(place) && why.contains(expected), "{body}: {error}: {why}");
    }
}

const GUID: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";

/// A row about an item, number 3 of its log, with this member in the place of its own or beside them.
fn item_row(number: u32, name: &str, json: &str) -> String {
    let guid = format!(r#""{GUID}""#);
    let token = format!(r#"{{"StringValue":"1;3;{GUID};639082161304470000;{number}"}}"#);
    let mut members = vec![
        ("__metadata", r#"{"type":"SP.ChangeItem"}"#),
        ("ChangeToken", &token),
        ("ChangeType", "2"),
        ("SiteId", &guid),
        ("Time", r#""2026-03-04T10:15:31Z""#),
        ("Editor", r#""Ana""#),
        ("ItemId", "17"),
        ("ListId", &guid),
        ("UniqueId", &guid),
        ("WebId", &guid),
    ];
    match members.iter_mut().find(|(known, _)| *known == name) {
        Some((_, value)) => *value = json,
        None => members.push((name, json)),
    }
    let members: Vec<_> = members.iter().map(|(name, json)| format!(r#""{name}":{json}"#)).collect();
    format!("{{{}}}", members.join(","))
}

/// The changes of a page with these rows, read by both readers.
fn page_of(rows: &[String]) -> Result<Vec<Change>, Error> {
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything).keep_raw(true);
    let page = format!(r#"{{"d":{{"results":[{}]}}}}"#, rows.join(","));
    let (read, plain) = (query.read(&Response::new(&page)), query.read(&Response::new(format!(" {page}"))));
    assert_eq!(read.as_ref().ok(), plain.as_ref().ok(), "{page}");
    read
}

#[test]
fn a_value_that_cannot_be_read_is_told_and_its_row_and_page_go_on() {
    let site = ChangedObject::Site.name();
    for (name, json, object) in [
        ("Editor", "5", "item"),
        ("Time", r#""9999-12-31T23:59:59.9999999Z""#, "item"),
        ("Time", r#""10000-01-01T00:00:00Z""#, "item"),
        ("Time", "null", "item"),
        ("ChangeType", r#""most""#, "item"),
        ("SiteId", r#""mine""#, "item"),
        ("UniqueId", r#""d27c4f90-1b6e""#, "item"),
        ("SharedWithUsers", "5", "item"),
        ("ItemId", "[]", "unknown"),
        ("ItemId", "2147483648", "unknown"),
        ("ListId", "\"\"", "unknown"),
        ("__metadata", "5", "item"),
    ] {
        let bad = item_row(4, name, json);
        let changes = page_of(&[item_row(3, "", "0"), bad.clone(), item_row(5, "", "0")]).expect(name);
        assert_eq!(changes.len(), 3);
        let change = &changes[1];
        assert_eq!((change.object.name(), change.token.number()), (object, 4), "{name}");
        assert_eq!(change.unreadable, [(name.into(), json.into())]);
        assert_eq!(change.raw(), Some(&*bad));
        assert!(changes[0].unreadable.is_empty() && changes[2].unreadable.is_empty());
        match name {
            "Time" => assert_eq!(change.time, change.token.time()),
            "ChangeType" => assert_eq!(change.kind.name(), None),
            "SiteId" => assert!(change.site_id.is_nil()),
            _ => assert_eq!(change.kind, changes[0].kind),
        }
        let is_kept =
            object == site || object == "item" || change.undeclared.contains(&(name.into(), json.into()));
        assert!(is_kept, "{change:?}");
    }
    let twice = item_row(4, r#"Editor":"Ben","Editor"#, r#""Eve""#);
    let change = &page_of(&[twice]).unwrap()[0];
    assert_eq!(
        change.unreadable,
        [("Editor".into(), r#""Ben""#.into()), ("Editor".into(), r#""Eve""#.into())]
    );
}

#[test]
fn half_a_surrogate_pair_and_bytes_that_are_no_text_become_a_replacement_character() {
    let changes = page_of(&[
        item_row(3, "Editor", r#""Ana \ud83d""#),
        item_row(4, "Editor", r#""\ud83d\ude00""#),
        item_row(5, "Strange", r#"{"a":"\udc00"}"#),
        item_row(6, "SharedByUser", r#"{"Name":"\ud83d"}"#),
    ])
    .unwrap();
    let editor = |change: &Change| match &change.object {
        ChangedObject::Item(item) => item.editor.as_deref().map(str::to_owned),
        _ => None,
    };
    assert_eq!(editor(&changes[0]).as_deref(), Some("Ana \u{FFFD}"));
    assert_eq!(changes[0].unreadable, [("Editor".into(), r#""Ana \ud83d""#.into())]);
    assert!(changes[0].raw().unwrap().contains(r#""Ana \ufffd""#), "what is handed on is text");
    assert_eq!((editor(&changes[1]).as_deref(), changes[1].unreadable.len()), (Some("😀"), 0));
    assert_eq!(changes[2].undeclared, [("Strange".into(), r#"{"a":"\ufffd"}"#.into())]);
    assert_eq!(changes[2].unreadable, [("Strange".into(), r#"{"a":"\udc00"}"#.into())]);
    assert_eq!(changes[3].unreadable, [("SharedByUser".into(), r#"{"Name":"\ud83d"}"#.into())]);

    let page = format!(r#"{{"value":[{},{}]}}"#, item_row(3, "Editor", r#""Zo?""#), item_row(4, "", "0"));
    let latin: Vec<u8> = page.bytes().map(|byte| if byte == b'?' { 0xEB } else { byte }).collect();
    let query = ChangeQuery::preset(Scope::Web, Preset::Items);
    let changes = query.read(&Response::new(&latin[..])).unwrap();
    assert_eq!(editor(&changes[0]).as_deref(), Some("Zo\u{FFFD}"));
    assert_eq!(changes[0].unreadable, [("Editor".into(), "\"Zo\u{FFFD}\"".into())]);
    assert!(changes[1].unreadable.is_empty());
    let token = page.replace("90c17b5d8f66;", "90c17b5d8f6?;").replace("Zo?", "Zoe");
    let latin: Vec<u8> = token.bytes().map(|byte| if byte == b'?' { 0xEB } else { byte }).collect();
    assert!(matches!(query.read(&Response::new(&latin[..])), Err(Error::Decode(_))), "a token is a proof");
}

#[test]
fn types_are_read_from_the_annotations_of_odata_v4() {
    let row = |name: &str, annotation: &str| {
        item_row(3, "UniqueId", &format!(r#""{GUID}""#))
            .replace(r#""__metadata":{"type":"SP.ChangeItem"}"#, &format!(r#""{annotation}":"{name}""#))
    };
    for annotation in ["@odata.type", "odata.type"] {
        for (name, object) in
            [("#SP.ChangeItem", "item"), ("#SP.ChangeFolder", "folder"), ("SP.ChangeFile", "file")]
        {
            let rows = [row(name, annotation)];
            assert_eq!(objects(&page_of(&rows).unwrap()), [object], "{annotation} {name}");
        }
    }
}

#[test]
fn an_answer_in_atom_says_so_and_what_to_ask_with() {
    let feed = "<?xml version='1.0'?><!-- a --><feed xmlns='http://www.w3.org/2005/Atom'><entry/></feed>";
    for body in [feed.to_owned(), format!("\u{FEFF}\n{feed}"), feed.replace("feed", "a:entry")] {
        let query = ChangeQuery::preset(Scope::Web, Preset::Everything);
        for error in [
            query.read(&Response::new(&body)).map(drop),
            CurrentChangeToken::of(Scope::Web).read(&Response::new(&body)).map(drop),
        ] {
            let Err(Error::Decode(error)) = error else { panic!("{error:?}") };
            let told = error.to_string();
            assert!(
                told.contains("Atom") && told.contains("Generation::Server2013") && !error.is_cut(),
                "{told}"
            );
        }
    }
}

#[test]
fn a_notification_of_a_webhook_is_told_from_a_change() {
    let body = format!(
        r#"{{"value":[{{"subscriptionId":"{GUID}","clientState":"k7","resource":"{GUID}","siteUrl":"/sites/ops"}}]}}"#
    );
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything);
    for body in [body.clone(), format!(" {body}")] {
        let Err(Error::Decode(error)) = query.read(&Response::new(body)) else { panic!() };
        assert!(error.to_string().contains("webhook's notification: it holds no change"), "{error}");
    }
    // A change with such a member is one.
    let change = &page_of(&[item_row(3, "subscriptionId", "5")]).unwrap()[0];
    assert_eq!(change.undeclared, [("subscriptionId".into(), "5".into())]);
}

#[test]
fn a_token_that_cannot_be_read_is_that_of_the_row_before_and_the_last_one_is_an_error() {
    for json in ["5", "null", "{}", r#"{"StringValue":"1;3;x;1;1"}"#, "\"\""] {
        let bad = item_row(0, "ChangeToken", json);
        let changes =
            page_of(&[item_row(3, "", "0"), bad.clone(), bad.clone(), item_row(5, "", "0")]).expect(json);
        let numbers: Vec<_> = changes.iter().map(|change| change.token.number()).collect();
        assert_eq!(numbers, [3, 3, 3, 5], "{json}");
        assert_eq!(changes[1].unreadable, [("ChangeToken".into(), json.into())]);
        // The first has no row before it, and the last is where the next page would begin.
        for (place, rows) in [
            ("row 0", vec![bad.clone(), item_row(5, "", "0")]),
            ("row 1", vec![item_row(3, "", "0"), bad.clone()]),
        ] {
            let error = page_of(&rows).expect_err(json);
            assert!(format!("{error:?}").contains(place), "{error:?}");
        }
    }
}

#[test]
fn a_row_of_sharepoint_2013_lacks_what_came_later() {
    let changes = page("changes-server2013.json");
    let ChangedObject::Item(item) = &changes[0].object else { panic!("{changes:?}") };
    assert_eq!((item.item_id, item.unique_id, item.editor.as_deref()), (17, None, None));
    assert_lossless("changes-server2013.json", &changes);
}

#[test]
fn only_an_explicit_empty_array_is_the_end_of_the_log() {
    for name in ["changes-empty-verbose.json", "changes-empty-minimal.json", "changes-empty-none.json"] {
        assert!(page(name).is_empty(), "{name}");
    }
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything);
    for body in ["", "{}", "{\"d\":{}}", "{\"value\":null}", "[]", "{\"d\":{\"results\":null}}", "{\"x\":[]}"]
    {
        let read = query.read(&Response::new(body));
        assert!(matches!(read, Err(Error::Decode(_))), "{body}: {read:?}");
    }
}

#[test]
fn a_page_cut_anywhere_is_cut_and_never_a_shorter_page() {
    let whole = body("changes-list-verbose.json");
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything);
    for end in 1..whole.len() {
        match query.read(&Response::new(&whole[..end])) {
            Err(Error::Decode(error)) => assert!(error.is_cut(), "{end}: {error}"),
            other => panic!("{end}: {other:?}"),
        }
    }
}

#[test]
fn a_token_is_read_from_every_shape_of_its_object() {
    for name in [
        "token-list-verbose.json",
        "token-list-minimal.json",
        "token-list-none.json",
        "token-list-whole.json",
    ] {
        let token = CurrentChangeToken::of(Scope::Web).read(&answer(200, name)).expect("a token");
        assert_eq!(token.to_string(), TOKEN, "{name}");
    }
}

#[test]
fn a_digest_is_read_in_every_mode() {
    for name in ["digest-verbose.json", "digest-none.json", "digest-atom.xml"] {
        let answer = answer(200, name);
        assert!(fault::read(&answer).is_none(), "{name}");
        let digest = digest::read(&answer).expect("a digest");
        assert_eq!(digest.header_value(), "0x4F1A0C,04 Mar 2026 10:15:30 -0000", "{name}");
        assert_eq!(digest.lifetime().as_secs(), 1800, "{name}");
    }
}

#[test]
fn every_envelope_of_an_error_has_its_class_and_comes_out_of_every_endpoint() {
    for (name, status, class, code) in [
        ("error-none.json", 404, FaultClass::NotFound, Some(-2130575338)),
        ("error-none.json", 200, FaultClass::NotFound, Some(-2130575338)),
        ("error-verbose.json", 400, FaultClass::TokenExpired, Some(-2130575172)),
        ("error-verbose.json", 200, FaultClass::TokenExpired, Some(-2130575172)),
        ("error-atom.xml", 404, FaultClass::NotFound, Some(-1)),
        ("error-oauth.json", 401, FaultClass::Unauthorized, None),
        ("error-oauth-description.json", 403, FaultClass::Unauthorized, None),
        ("error-plain.txt", 404, FaultClass::NotFound, None),
        ("error-http-sys.html", 400, FaultClass::Refused, None),
        ("error-throttled.html", 429, FaultClass::Throttled, None),
        ("error-throttled.html", 503, FaultClass::Throttled, None),
        ("error-soap-list.xml", 500, FaultClass::NotFound, Some(0x8200_0006_u32.cast_signed())),
        ("error-soap-token.xml", 500, FaultClass::Server, None),
        ("error-soap12-locked.xml", 500, FaultClass::SiteLocked, Some(0x8102_0071_u32.cast_signed())),
        ("error-csom.json", 200, FaultClass::NotFound, Some(-2130575322)),
        ("sign-in.html", 200, FaultClass::SignedOut, None),
        ("portal.html", 200, FaultClass::NotSharePoint, None),
    ] {
        let answer = answer(status, name);
        let query = ChangeQuery::preset(Scope::Web, Preset::Everything);
        for error in [query.read(&answer).err(), CurrentChangeToken::of(Scope::Web).read(&answer).err()] {
            let error = error.expect("an error never reads as data");
            let fault = error.fault().unwrap_or_else(|| panic!("{name}: {error:?}"));
            assert_eq!((fault.class(), fault.code()), (class, code), "{name}");
            assert!(fault.message().is_some(), "{name}");
        }
    }
    let malformed = fault::read(&answer(500, "error-soap-token.xml")).expect("a fault");
    assert_eq!(malformed.for_request(true).class(), FaultClass::TokenMalformed);
}

#[test]
fn the_number_of_an_error_tells_its_class_whatever_type_stands_beside_it() {
    for (code, class) in [
        (-2130575338, FaultClass::NotFound),
        (-2130575322, FaultClass::NotFound),
        (-2130575251, FaultClass::StaleDigest),
        (-2130575173, FaultClass::TokenOfAnotherObject),
        (-2130575172, FaultClass::TokenExpired),
        (-2147024894, FaultClass::NotFound),
        (-2147024891, FaultClass::Forbidden),
        (-2147024860, FaultClass::ListViewThreshold),
        (-2147024809, FaultClass::Refused),
        (-2146233086, FaultClass::TokenMalformed),
        (2147024891, FaultClass::Server),
    ] {
        let body =
            format!(r#"{{"odata.error":{{"code":"{code}, System.Exception","message":{{"value":"x"}}}}}}"#);
        let answer = Response::builder().status(500).body(body).unwrap();
        let fault = sharepoint_changes::fault::read(&answer).unwrap();
        assert_eq!((fault.class(), fault.code()), (class, Some(code)));
    }
}

#[test]
fn a_batch_answer_is_read_part_by_part() {
    let parts = batch::read(&answer(200, "batch.txt")).expect("a $batch answer");
    let statuses: Vec<_> = parts.iter().map(|part| part.status().as_u16()).collect();
    assert_eq!(statuses, [200, 404, 204, 200, 200]);
    assert_eq!(parts[0].body(), &body("changes-list-verbose.json"));
    assert_eq!(fault::read(&parts[1]).expect("a fault").class(), FaultClass::NotFound);
    assert!(parts[2].body().is_empty());
    assert_eq!(parts[3].headers()["etag"], "\"3\"");
    assert!(parts[3].body().ends_with(b" b\"}"), "texts that look like a boundary stay texts");
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything);
    assert_eq!(query.read(&parts[0]).expect("a page").len(), 3);
    assert!(query.read(&parts[4]).expect("the end").is_empty());
}

#[test]
fn every_fixture_has_its_line_in_source_md() {
    let source = String::from_utf8(body("SOURCE.md")).expect("text");
    let told =
        source.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned));
    let files = fs::read_dir(folder()).expect("the folder can be read");
    let files =
        files.map(|file| file.expect("its entries can be read").file_name().into_string().expect("UTF-8"));
    let files: BTreeSet<_> = files.filter(|name| !name.starts_with('.') && name != "SOURCE.md").collect();
    assert_eq!(told.collect::<BTreeSet<_>>(), files);
}
