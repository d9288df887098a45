//! What others wrote reaches a terminal without what commands it, and JSON as it is.
#![cfg(unix)]

use serde_json::json;

use crate::{copy::Copy, fixture, run, run_with, served::Served};

/// An escape sequence, a C1 control, an override of direction, a line of its own, and a character without width.
const NAME: &str = "a\u{1b}[2J\u{9b}31m\u{202e}fdp\u{2066}.exe\nexit code 0\u{200b}\u{85}";
const SHOWN: &str = r"a\u{1b}[2J\u{9b}31m\u{202e}fdp\u{2066}.exe\nexit code 0\u{200b}\u{85}";

/// A fixture in which the name stands in place of a text.
fn with_name(file: &str, text: &str) -> String {
    let body = std::fs::read_to_string(fixture(file)).unwrap();
    assert!(body.contains(text), "{file}");
    let name = if file.ends_with("xml") {
        NAME.replace('\u{1b}', "").replace('\n', "&#10;")
    } else {
        json!(NAME).to_string().trim_matches('"').to_owned()
    };
    body.replace(text, &name)
}

#[track_caller]
fn harmless(text: &str) {
    let commands =
        |char: &char| (char.is_control() && *char != '\n') || "\u{202e}\u{2066}\u{200b}".contains(*char);
    assert_eq!(text.chars().find(commands), None, "{text}");
    assert!(!text.lines().any(|line| line.starts_with("exit code")), "{text}");
}

#[test]
fn a_name_in_a_change_is_shown_and_not_obeyed() {
    let body = with_name("changes-item-filled-verbose.json", "Ana Ruiz");
    let shown = run_with(&["read", "--output", "text"], body.as_bytes()).with(0).out;
    harmless(&shown);
    assert!(shown.contains(SHOWN), "{shown}");
    let lines = run_with(&["read", "--output", "jsonl"], body.as_bytes()).with(0).lines();
    assert!(lines.iter().any(|line| line["editor"] == NAME), "JSON holds it as it is: {lines:?}");
}

#[test]
fn a_message_of_a_server_is_shown_and_not_obeyed() {
    let body = with_name("error-verbose.json", "De changeToken");
    let ended = run_with(&["read", "--status", "400"], body.as_bytes()).with(6);
    harmless(&ended.err);
    assert!(ended.err.contains(r"\u{202e}fdp\u{2066}.exe"), "{}", ended.err);
}

#[test]
fn names_in_a_rowset_are_shown_and_not_obeyed() {
    let body = with_name("items-load.xml", "15_.000");
    harmless(&run_with(&["read", "--output", "text"], body.as_bytes()).with(0).out);
    let body = with_name("items-load.xml", "Title=\"Q1 Bids\"")
        .replace("<List ID", "<List Title=\"\u{9b}\u{202e}\" ID");
    let ended = run_with(&["read", "--output", "text"], body.as_bytes());
    harmless(&ended.out);
    harmless(&ended.err);
}

#[test]
fn the_title_of_a_list_and_the_names_of_its_rows_are_shown_and_not_obeyed() {
    let served = Served::start(&[]);
    served.control(&json!({"do": "add-list", "title": "L\u{9b}\u{202e}\u{200b}"}));
    let copy = Copy::new();
    for more in
        [&["--output", "text"][..], &["--output", "text", "--status"], &["--output", "text", "--verify"]]
    {
        let ended = copy.mirror(served.address(), "L\u{9b}\u{202e}\u{200b}", more).with(0);
        harmless(&ended.out);
        harmless(&ended.err);
    }
    let other = run(&["mirror", served.address(), "--list", "Tasks", "--into", &copy.path]).with(7);
    harmless(&other.err);
    assert!(other.err.contains(r"L\u{9b}\u{202e}\u{200b}"), "{}", other.err);
    let standing = copy.mirror(served.address(), "L\u{9b}\u{202e}\u{200b}", &["--status"]).with(0).last();
    assert_eq!(standing["title"], "L\u{9b}\u{202e}\u{200b}");
}
