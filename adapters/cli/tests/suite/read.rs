//! `read`: saved answers.

use std::fs;

use serde_json::Value;

use crate::{Ended, fixture, run, run_with};

/// Every fixture: its status, how many lines it prints, how it ends, and what stderr says.
const FIXTURES: &[(&str, u16, usize, i32, &str)] = &[
    ("batch.txt", 200, 3, 1, "part 2: error: 404 not found"),
    ("changes-bare-strings.json", 200, 1, 0, ""),
    ("changes-empty-minimal.json", 200, 0, 0, "no changes"),
    ("changes-empty-none.json", 200, 0, 0, "no changes"),
    ("changes-empty-verbose.json", 200, 0, 0, "no changes"),
    ("changes-item-filled-none.json", 200, 1, 0, ""),
    ("changes-item-filled-verbose.json", 200, 1, 0, ""),
    ("changes-kinds.json", 200, 25, 0, ""),
    ("changes-list-minimal.json", 200, 3, 0, ""),
    ("changes-list-none.json", 200, 3, 0, ""),
    ("changes-list-verbose.json", 200, 3, 0, ""),
    ("changes-server2013.json", 200, 1, 0, ""),
    ("changes-times.json", 200, 6, 0, ""),
    ("changes-types-minimal.json", 200, 13, 0, ""),
    ("changes-types-none.json", 200, 13, 0, ""),
    ("changes-types-verbose.json", 200, 13, 0, ""),
    ("changes-unknown-none.json", 200, 1, 0, ""),
    ("changes-unknown-verbose.json", 200, 4, 0, ""),
    ("digest-atom.xml", 200, 0, 8, "expected a page of changes"),
    ("digest-none.json", 200, 0, 8, "expected a page of changes"),
    ("digest-verbose.json", 200, 0, 8, "expected a page of changes"),
    ("error-atom.xml", 404, 0, 1, "class not_found"),
    ("error-csom.json", 200, 0, 1, "class not_found"),
    ("error-http-sys.html", 400, 0, 2, "class refused"),
    ("error-none.json", 404, 0, 1, "class not_found"),
    ("error-oauth-description.json", 401, 0, 4, "class unauthorized"),
    ("error-oauth.json", 401, 0, 4, "class unauthorized"),
    ("error-plain.txt", 404, 0, 1, "class not_found"),
    ("error-soap-list.xml", 500, 0, 1, "class not_found"),
    ("error-soap-token.xml", 500, 0, 1, "class server"),
    ("error-soap12-locked.xml", 500, 0, 4, "class site_locked"),
    ("error-throttled.html", 429, 0, 5, "class throttled"),
    ("error-verbose.json", 400, 0, 6, "class token_expired"),
    ("items-dirty.xml", 200, 9, 0, "row 1 (item 16) cannot be read: the attribute ows_Title twice"),
    ("items-expanded.xml", 200, 3, 0, ""),
    ("items-expired.xml", 200, 2, 6, "read it anew"),
    ("items-increment.xml", 200, 9, 0, ""),
    ("items-load-soap.xml", 200, 3, 0, ""),
    ("items-load.xml", 200, 3, 0, ""),
    ("items-nothing.xml", 200, 1, 0, ""),
    ("items-restored.xml", 200, 2, 6, "read it anew"),
    ("portal.html", 200, 0, 8, "class not_sharepoint"),
    ("sign-in.html", 200, 0, 4, "class signed_out"),
    ("token-list-minimal.json", 200, 1, 0, ""),
    ("token-list-none.json", 200, 1, 0, ""),
    ("token-list-verbose.json", 200, 1, 0, ""),
    ("token-list-whole.json", 200, 1, 0, ""),
];

#[test]
fn every_fixture_prints_what_it_holds_and_every_error_ends_with_its_class() {
    for (name, status, lines, code, says) in FIXTURES {
        let ended = run(&["read", &fixture(name), "--status", &status.to_string()]);
        assert_eq!((ended.lines().len(), ended.code), (*lines, Some(*code)), "{name}: {}", ended.err);
        assert!(
            ended.err.contains(says) && (says.is_empty() == ended.err.is_empty()),
            "{name}: {}",
            ended.err
        );
        assert!(ended.lines().iter().all(|line| line["v"] == 1), "{name}");
    }
}

#[test]
fn no_fixture_is_forgotten() {
    let folder = fs::read_dir(fixture("")).unwrap();
    for file in folder {
        let name = file.unwrap().file_name().into_string().unwrap();
        let belongs = ["changes-", "items-", "token-", "error-", "digest-", "batch"]
            .iter()
            .any(|it| name.starts_with(it));
        assert!(!belongs || FIXTURES.iter().any(|(known, ..)| *known == name), "{name}");
    }
}

#[test]
fn the_body_may_come_by_stdin() {
    let name = fixture("changes-types-verbose.json");
    let from_file = run(&["read", &name]).with(0);
    let body = fs::read(&name).unwrap();
    assert_eq!(run_with(&["read"], &body).with(0).out, from_file.out);
    assert_eq!(run_with(&["read", "-"], &body).with(0).out, from_file.out);
}

#[test]
fn unknown_types_kinds_and_members_survive_in_raw() {
    let lines = run(&["read", &fixture("changes-unknown-verbose.json")]).with(0).lines();
    let unknown = lines.iter().find(|line| line["kind"] == "unknown").unwrap();
    assert!(unknown["type_name"].as_str().unwrap().starts_with("SP."));
    let rows: Value =
        serde_json::from_slice(&fs::read(fixture("changes-unknown-verbose.json")).unwrap()).unwrap();
    let raw: Vec<_> = lines.iter().map(|line| line["raw"].clone()).collect();
    assert_eq!(rows["d"]["results"], Value::Array(raw));
}

/// A page of GetChanges with one row, this text in the place of its editor.
fn changes(editor: &str) -> String {
    format!(
        r#"{{"d":{{"results":[{{"__metadata":{{"type":"SP.ChangeItem"}},"ChangeToken":{{"StringValue":"{TOKEN}"}},
        "ChangeType":1,"SiteId":"5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10","Time":"2026-03-04T10:15:31Z","Editor":"{editor}",
        "ItemId":17,"ListId":"{LIST}","WebId":"{LIST}"}}]}}}}"#
    )
}

/// An answer of the list feed with these attributes of its frame and these rows.
fn rowset(frame: &str, rows: &str) -> String {
    format!(
        "<GetListItemChangesSinceTokenResult><listitems {frame} xmlns:rs='urn:schemas-microsoft-com:rowset' \
         xmlns:z='#RowsetSchema'><Changes LastChangeToken='{TOKEN}'/><rs:data>{rows}</rs:data></listitems>\
         </GetListItemChangesSinceTokenResult>"
    )
}

const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
const TOKEN: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161310130000;912004518";

#[test]
fn half_a_character_in_a_row_is_replaced_and_told_and_the_row_is_printed() {
    let ended = run_with(&["read"], changes(r"Ana \ud83d").as_bytes()).with(0);
    let line = &ended.lines()[0];
    assert_eq!((&line["item_id"], &line["editor"]), (&17.into(), &"Ana \u{FFFD}".into()));
    assert_eq!(line["unreadable"]["Editor"], r#""Ana \ud83d""#);
    assert!(ended.err.contains("1 values of rows cannot be read"), "{}", ended.err);
    let whole = run_with(&["read"], changes(r"Ana \ud83d\ude00").as_bytes()).with(0);
    assert_eq!((whole.lines()[0].get("unreadable"), &*whole.err), (None, ""));
}

#[test]
fn a_character_as_two_references_is_one_and_what_cannot_be_read_is_a_notice() {
    let ended = run_with(
        &["read"],
        rowset("", "<z:row ows_ID='1' ows_Title='Hi &#55357;&#56832; there'/>").as_bytes(),
    );
    let ended = ended.with(0);
    assert_eq!((&ended.lines()[0]["raw"]["ows_Title"], &*ended.err), (&"Hi 😀 there".into(), ""));
    let ended =
        run_with(&["read"], rowset("", "<z:row ows_ID='1' ows_UniqueId='nobody'/>").as_bytes()).with(0);
    let lines = ended.lines();
    assert_eq!((&lines[1]["notice"], &lines[1]["item_id"]), (&"unreadable_value".into(), &1.into()));
    assert_eq!((&lines[1]["attribute"], &lines[1]["text"]), (&"ows_UniqueId".into(), &"nobody".into()));
    assert_eq!((&lines[2]["unreadable"], lines.len()), (&1.into(), 3));
    assert!(ended.err.contains("1 values cannot be read"), "{}", ended.err);
}

#[test]
fn rights_by_their_names_are_a_mask() {
    let ended = run_with(
        &["read"],
        rowset("EffectivePermMask='ViewListItems, OpenItems'", "<z:row ows_ID='1'/>").as_bytes(),
    );
    assert_eq!(ended.with(0).lines()[1]["effective_perm_mask"], "0x21");
}

#[test]
fn an_answer_in_atom_is_called_by_its_name() {
    let atom = "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><id>1</id></feed>";
    let ended = run_with(&["read"], atom.as_bytes()).with(8);
    assert!(ended.err.contains("--server 2013") && ended.out.is_empty(), "{}", ended.err);
}

#[test]
fn every_part_of_a_batch_is_told_and_the_first_failure_decides() {
    let ended = run(&["read", &fixture("batch.txt")]);
    assert!(ended.err.contains("part 2: ") && ended.err.contains("part 4: "), "{}", ended.err);
    assert_eq!(ended.code, Some(1), "the code of part 2, not of part 4");
}

/// As `>` of some shells, `curl -i` and a copy out of a log leave an answer.
#[test]
fn a_file_is_read_as_people_save_it() {
    for (name, code) in [("changes-types-verbose.json", 0), ("items-load.xml", 0), ("batch.txt", 1)] {
        let body = fs::read_to_string(fixture(name)).unwrap();
        let plain = run(&["read", &fixture(name)]).with(code).out;
        let utf_16 = |text: &str| -> Vec<u8> {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        };
        let headers = format!("HTTP/1.1 200 OK\r\nContent-Type: x\r\nSPRequestGuid: 7\r\n\r\n{body}");
        let quoted = serde_json::to_string(&body).unwrap();
        for saved in [
            utf_16(&body),
            headers.clone().into_bytes(),
            utf_16(&headers),
            quoted.clone().into_bytes(),
            utf_16(&quoted),
        ] {
            assert_eq!(run_with(&["read"], &saved).with(code).out, plain, "{name}");
        }
    }
    let refused = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\n\r\n";
    let ended = run_with(&["read"], refused.as_bytes()).with(4);
    assert!(ended.err.contains("401") && ended.err.contains("NTLM"), "{}", ended.err);
}

#[test]
fn the_notification_of_a_webhook_is_named_without_its_secret() {
    let body = r#"{"value":[{"subscriptionId":"f4c1a9d0-3b52-4e86-a07d-5d2e91c86b37","clientState":"hunter2",
        "expirationDateTime":"2026-08-25T00:00:00.0000000Z","resource":"3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66",
        "tenantId":"9a1e0000-0000-0000-0000-000000000000","siteUrl":"/sites/ops","webId":"a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3"}]}"#;
    let ended = run_with(&["read"], body.as_bytes()).with(8);
    assert!(ended.err.contains("webhook") && ended.err.contains("no change"), "{}", ended.err);
    assert!(ended.err.contains("3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66 of /sites/ops"), "{}", ended.err);
    assert!(ended.out.is_empty() && !ended.err.contains("hunter2"), "{}", ended.err);
}

/// The recorded answers of a real server, where they lie beside the project.
#[test]
fn every_recorded_answer_decodes_or_is_named() {
    let folder = format!("{}/../../../shared/recordings", env!("CARGO_MANIFEST_DIR"));
    let Ok(files) = fs::read_dir(&folder) else {
        println!("skipped: no recorded answers beside this checkout");
        return;
    };
    let mut seen = 0;
    for file in files {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let recorded: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let (body, status) = (recorded["body"].as_str().unwrap(), recorded["status"].to_string());
        let ended = run_with(&["read", "--status", &status], body.as_bytes());
        let name = recorded["name"].as_str().unwrap();
        check(name, body, &ended);
        seen += 1;
    }
    assert!(seen > 0);
}

fn check(name: &str, body: &str, ended: &Ended) {
    let lines = ended.lines();
    if name.contains("Changes") {
        let rows = body.matches("\"ChangeType\":").count();
        assert_eq!((lines.len(), ended.code), (rows, Some(0)), "{name}: {}", ended.err);
        assert!(lines.iter().all(|line| line["kind"] != "unknown" && line["op"] != "unknown"), "{name}");
    } else if name.contains("AddListEventReceiver") {
        assert_eq!((lines.len(), ended.code), (1, Some(0)), "{name}: {}", ended.err);
        assert_eq!(lines[0]["type"], "token", "{name}");
    } else {
        assert!(lines.is_empty() && ended.err.contains("class "), "{name}: {}", ended.err);
        assert_ne!(ended.code, Some(0), "{name}");
    }
}

#[test]
fn advice_names_who_refused() {
    let checked_out = r#"{"error":{"code":"-2130575306, Microsoft.SharePoint.SPFileCheckOutException","message":
        {"lang":"en-US","value":"The file \"plan.docx\" is checked out for editing by Ana."}}}"#;
    let file = run_with(&["read", "--status", "423"], checked_out.as_bytes()).with(1);
    assert!(file.err.contains("checked in") && !file.err.contains("unlock"), "{}", file.err);
    let proxy = run_with(&["read", "--status", "407"], b"<html><title>Who are you?</title></html>").with(4);
    assert!(proxy.err.contains("the proxy that refused"), "{}", proxy.err);
    let host = run(&["tail", "https://m\u{fc}nchen.example/sites/ops"]).with(2);
    assert!(host.err.contains("xn--"), "{}", host.err);
}
