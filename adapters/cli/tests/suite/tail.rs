//! `tail` on the embedded site.

use crate::{run, state};

#[test]
fn the_first_command_prints_typed_changes_and_ends_caught_up() {
    let ended = run(&["tail", "sim:"]).with(0);
    let lines = ended.lines();
    assert!(lines.len() > 50 && ended.err.is_empty(), "{}", ended.err);
    assert!(lines.iter().all(|line| line["v"] == 1));
    let (last, changes) = lines.split_last().unwrap();
    assert!(changes.iter().all(|line| line["type"] == "change" && line["raw"].is_object()));
    assert!(changes.iter().all(|line| line["kind"] != "unknown" && line["op"] != "unknown"));
    let ops: std::collections::HashSet<_> = changes.iter().map(|line| line["op"].as_str().unwrap()).collect();
    assert!(["add", "update", "delete"].iter().all(|op| ops.contains(op)), "{ops:?}");
    assert_eq!(last["type"], "caught_up");
    assert_eq!(last["changes"], changes.len());
    assert!(last["checkpoint"].as_str().unwrap().starts_with("sharepoint-changes-checkpoint/1 "));
}

#[test]
fn the_same_address_is_the_same_world_in_every_process() {
    let address = "sim:?seed=5&changes=120";
    assert_eq!(run(&["tail", address]).out, run(&["tail", address]).out);
    assert_ne!(run(&["tail", "sim:?seed=6&changes=120"]).out, run(&["tail", address]).out);
}

#[test]
fn fewer_changes_are_a_prefix_of_the_same_history() {
    let tokens =
        |address| run(&["tail", address, "--scope", "site", "--only", "everything"]).with(0).changes();
    let (fewer, more) = (tokens("sim:?changes=100"), tokens("sim:?changes=150"));
    assert!(fewer.len() < more.len());
    assert_eq!(fewer, more[..fewer.len()]);
}

#[test]
fn pages_metadata_and_server_change_no_token() {
    let tokens = |args: &[&str]| run(&[&["tail"], args].concat()).with(0).changes();
    let plain = tokens(&["sim:"]);
    assert_eq!(tokens(&["sim:", "--page-size", "7"]), plain);
    assert_eq!(tokens(&["sim:", "--metadata", "minimal"]), plain);
    assert_eq!(tokens(&["sim:", "--metadata", "none"]), plain);
    assert_eq!(tokens(&["sim:?generation=2013"]), plain);
    assert_eq!(tokens(&["sim:?trouble=30", "--page-size", "50"]), plain);
}

#[test]
fn a_scope_is_named_by_id_title_or_path_and_only_its_changes_come() {
    let list = |name: &str| run(&["tail", "sim:", "--list", name]).with(0);
    let by_title = list("Q1 Bids");
    let lines = by_title.lines();
    let id = lines.iter().find_map(|line| line["list"].as_str()).unwrap();
    assert!(lines.iter().all(|line| line["list"] == id || line["list"].is_null()));
    assert_eq!(list(id).changes(), by_title.changes());
    assert_eq!(list("/sites/ops/Lists/Q1 Bids").changes(), by_title.changes());
    assert_eq!(list(&format!("%7B{}%7D", id.to_uppercase())).changes(), by_title.changes());
    let view = "https://fabrikam.sharepoint.com/sites/ops/Lists/Q1%20Bids/AllItems.aspx?viewid=1";
    assert_eq!(list(view).changes(), by_title.changes());
    let site = run(&["tail", "sim:", "--scope", "site"]).with(0);
    assert!(site.lines().len() > lines.len());
}

#[test]
fn only_decides_what_comes() {
    let ops = |only: &str| {
        let ended = run(&["tail", "sim:?changes=900", "--scope", "site", "--only", only]).with(0);
        let ops = ended.lines().into_iter().filter_map(|line| line["op"].as_str().map(str::to_owned));
        ops.collect::<std::collections::HashSet<_>>()
    };
    assert!(ops("permissions").iter().any(|op| op.starts_with("role_assignment")));
    assert!(!ops("items,files").iter().any(|op| op.starts_with("role_")));
    let kinds = run(&["tail", "sim:?changes=900", "--only", "schema"]).with(0);
    assert!(kinds.lines().iter().any(|line| line["kind"] == "field"));
}

#[test]
fn a_run_begins_where_it_is_told_to() {
    let all = run(&["tail", "sim:"]).with(0);
    let rest = run(&["tail", "sim:", "--since", &all.changes()[9]]).with(0);
    assert_eq!(rest.changes(), all.changes()[10..]);
    assert!(run(&["tail", "sim:", "--since", "now"]).with(0).changes().is_empty());
    assert_eq!(run(&["tail", "sim:", "--since", "-30d"]).with(0).changes(), all.changes());
    let time = run(&["tail", "sim:", "--since", "2026-03-02T08:30Z"]).with(0);
    assert!(!time.changes().is_empty() && time.changes().len() < all.changes().len());
    assert_eq!(time.changes(), all.changes()[all.changes().len() - time.changes().len()..]);
    let checkpoint = all.last()["checkpoint"].as_str().unwrap().to_owned();
    let more = run(&["tail", "sim:?changes=250", "--since", &checkpoint]).with(0);
    let whole = run(&["tail", "sim:?changes=250"]).with(0);
    assert_eq!(more.changes(), whole.changes()[all.changes().len()..]);
}

#[test]
fn following_goes_on_after_the_end_and_tells_it_after_news() {
    let args = ["tail", "sim:?live=10ms", "--follow", "--every", "50ms", "--since", "now", "--max", "20"];
    let ended = run(&args).with(3);
    assert_eq!(ended.changes().len(), 20);
    let lines = ended.lines();
    assert_eq!(lines[0]["type"], "caught_up");
    assert_eq!(lines[0]["changes"], 0);
    assert_eq!((&ended.last()["type"], &ended.last()["reason"]), (&"limit".into(), &"max".into()));
}

#[test]
fn an_error_is_on_stderr_with_what_to_do_and_nothing_is_on_stdout() {
    for (args, code, says) in [
        (&["tail", "sim:", "--list", "Nope"][..], 1, "class not_found, exit code 1"),
        (&["tail", "sim:?fault=unauthorized"], 4, "unauthorized"),
        (&["tail", "sim:?fault=redirect"], 4, "signed_out"),
        (&["tail", "sim:?auth=bearer:x"], 4, "unauthorized"),
        (&["tail", "sim:?fault=throttled:7200"], 5, "try again in 7200 seconds"),
        (&["tail", "sim:?fault=lost"], 5, "no complete answer came"),
        (&["tail", "sim:?lie=same-token"], 8, "contradicts the protocol"),
        (&["tail", "sim:?lie=no-collection"], 8, "cannot be read"),
        (&["tail", "sim:", "--since", "2031-01-01"], 2, "lies beyond the end"),
        (
            &["tail", "sim:", "--since", "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;9"],
            2,
            "another list",
        ),
        (&["tail", "sim:", "--commit", "manual"], 2, "needs --state"),
        (&["tail", "sim:", "--scope", "list"], 2, "needs --list"),
        (&["tail", "sim:?colour=red"], 2, "colour=red"),
        (&["tail", "fabrikam"], 2, "https://"),
        (&["tail"], 2, "Usage"),
    ] {
        let ended = run(args);
        assert!(ended.out.is_empty(), "{args:?}: {}", ended.out);
        assert!(ended.err.contains(says), "{args:?}: {}", ended.err);
        ended.with(code);
    }
}

#[test]
fn quiet_is_quiet_and_verbose_tells_each_request() {
    assert!(run(&["tail", "sim:?fault=throttled:60@1", "--quiet"]).with(0).err.is_empty());
    assert!(run(&["tail", "sim:?fault=throttled:60@1"]).with(0).err.contains("waiting 60 s"));
    let verbose = run(&["-v", "tail", "sim:"]).with(0);
    assert!(
        verbose.err.contains(
            "GET https://fabrikam.sharepoint.com/sites/ops/_api/web?$select=CurrentChangeToken: 200"
        )
    );
}

#[test]
fn a_table_is_for_people_and_ends_with_the_same_news() {
    let ended = run(&["tail", "sim:", "--output", "text"]).with(0);
    let first = ended.out.lines().next().unwrap();
    assert!(first.starts_with("TIME (UTC)") && first.contains("CHANGE"));
    assert!(ended.out.lines().last().unwrap().starts_with("caught up: "));
    let changes = run(&["tail", "sim:"]).with(0).changes().len();
    assert_eq!(ended.out.lines().count(), changes + 2);
}

#[test]
fn help_holds_the_table_of_exit_codes() {
    for args in [&["--help"][..], &["tail", "--help"], &["read", "--help"]] {
        let help = run(args).with(0).out;
        assert!(help.contains("130/143") && help.contains("token_expired"), "{help}");
    }
}

#[test]
fn silence_after_an_expired_token_is_a_resync_and_never_caught_up() {
    let (_folder, path) = state();
    run(&["tail", "sim:?changes=60", "--state", &path]).with(0);
    // Ten weeks of an office, answered with nothing: the rows are purged and the server does not say so.
    let later = "sim:?changes=20000&expired=empty&retention=5d&purge-every=1d";
    let args = ["tail", later, "--state", &path, "--retention", "4d"];
    let ended = run(&args).with(6);
    let last = ended.last();
    assert_eq!((&last["type"], &last["reason"]), (&"resync_required".into(), &"expired".into()));
    assert!(last["age_days"].as_i64().unwrap() >= 4 && last["accepted"] == false);
    // The state keeps the checkpoint that was taken then, and gives it again until it is accepted.
    let again = run(&args).with(6);
    assert_eq!(again.last()["checkpoint"], last["checkpoint"]);
    let accepted = run(&[&args[..], &["--accept-gap"]].concat()).with(0);
    assert_eq!(accepted.lines()[0]["accepted"], true);
    assert_eq!(accepted.last()["type"], "caught_up");
    assert!(run(&args).with(0).changes().is_empty());
}

#[test]
fn an_accepted_gap_is_told_and_the_same_run_goes_on() {
    let first = run(&["tail", "sim:?changes=60"]).with(0);
    let token = first.last()["token"].as_str().unwrap().to_owned();
    let later = "sim:?changes=20000&retention=5d&purge-every=1d";
    let args = ["tail", later, "--since", &token, "--retention", "4d", "--accept-gap"];
    let ended = run(&args).with(0);
    assert_eq!(ended.lines()[0]["type"], "resync_required");
    assert_eq!(ended.last()["type"], "caught_up");
}

#[test]
fn a_stretch_that_the_log_no_longer_holds_is_a_line_of_its_own() {
    let address = "sim:?changes=20000&expired=empty&retention=3d&purge-every=1d";
    let ended = run(&["tail", address, "--since", "2026-03-02", "--retention", "2d"]).with(0);
    let first = &ended.lines()[0];
    assert_eq!((&first["type"], &first["after"]), (&"gap".into(), &"2026-03-02T00:00:00Z".into()));
    assert!(first["until"].as_str().unwrap() > "2026-03-03" && !ended.changes().is_empty());
}
