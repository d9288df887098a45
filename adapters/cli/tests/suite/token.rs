//! `token`: taken apart, and asked for.

use crate::run;

const TOKEN: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";

#[test]
fn a_token_is_taken_apart_and_its_days_are_counted() {
    let token = run(&["token", "show", TOKEN]).with(0).last();
    for (name, value) in [
        ("type", "token"),
        ("token", TOKEN),
        ("scope", "list"),
        ("id", "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66"),
        ("time", "2026-03-04T10:15:30.447Z"),
    ] {
        assert_eq!(token[name], value, "{name}");
    }
    assert_eq!((token["number"].as_i64(), token["synthetic"].as_bool()), (Some(912_004_511), Some(false)));
    let days = |name: &str| token[name].as_f64().unwrap();
    assert!((days("age_days") + days("days_left") - 55.0).abs() < 0.01, "{token}");
    let text = run(&["token", "show", TOKEN, "--output", "text"]).with(0).out;
    assert!(text.contains("list 3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66") && text.contains("days left"));
}

#[test]
fn a_malformed_token_is_a_usage_error_that_names_the_part() {
    let ended = run(&["token", "show", "1;3;nonsense;1;1"]).with(2);
    assert!(ended.err.contains("scope id") && ended.out.is_empty(), "{}", ended.err);
}

#[test]
fn the_current_token_is_where_a_tail_ends() {
    let now = |args: &[&str]| {
        run(&[&["token", "now", "sim:"], args].concat()).with(0).last()["token"].as_str().unwrap().to_owned()
    };
    assert!(now(&[]).starts_with("1;2;") && now(&["--scope", "site"]).starts_with("1;1;"));
    assert!(now(&["--list", "Documents"]).starts_with("1;3;"));
    assert!(run(&["tail", "sim:", "--since", &now(&[])]).with(0).changes().is_empty());
}
