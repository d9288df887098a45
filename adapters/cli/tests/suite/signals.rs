//! SIGINT, SIGTERM, SIGHUP and a reader that goes away.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{command, run, saved, state};

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn tokens(lines: &[String]) -> Vec<Value> {
    let parse = |line: &String| serde_json::from_str::<Value>(line).unwrap();
    lines
        .iter()
        .map(parse)
        .filter(|line| line["type"] == "change")
        .map(|line| line["token"].clone())
        .collect()
}

/// The reader stops reading, so that the run is caught in the midst of its pages.
#[test]
fn a_signal_ends_at_the_border_of_a_page_and_the_rest_comes_exactly_once() {
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let (_folder, path) = state();
        let address = "sim:?changes=2000";
        let args = ["tail", address, "--state", &path, "--page-size", "3"];
        let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        signal(&child, name);
        let mut lines = vec![first.trim_end().to_owned()];
        lines.extend(out.lines().map(Result::unwrap));
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        assert_eq!(last["type"], "interrupted");
        assert_eq!(saved(&path)["checkpoint"], last["checkpoint"]);
        let before = tokens(&lines);
        assert_eq!(before.len() % 3, 0, "whole pages");
        let lines =
            |args: &[&str]| -> Vec<String> { run(args).with(0).out.lines().map(str::to_owned).collect() };
        let after = tokens(&lines(&["tail", address, "--state", &path]));
        assert!(!after.is_empty());
        assert_eq!([before, after].concat(), tokens(&lines(&["tail", address])));
    }
}

/// Killed outright, the state stands behind what was printed or before it, and never ahead.
#[test]
fn a_kill_loses_nothing() {
    let (_folder, path) = state();
    let address = "sim:?changes=2000";
    let args = ["tail", address, "--state", &path, "--page-size", "3"];
    let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    let mut lines = Vec::new();
    while lines.len() < 200 {
        line.clear();
        out.read_line(&mut line).unwrap();
        lines.push(line.trim_end().to_owned());
    }
    signal(&child, "KILL");
    let rest: Vec<String> = out.lines().map(Result::unwrap).collect();
    // The last line may be cut: the kill does not wait for it.
    lines.extend(rest.into_iter().filter(|line| line.ends_with('}')));
    child.wait().unwrap();
    let before = tokens(&lines);
    let whole = run(&["tail", address]).with(0).changes();
    let after = run(&["tail", address, "--state", &path]).with(0).changes();
    let repeated = (before.len() + after.len()).checked_sub(whole.len()).expect("no row is lost");
    assert!(repeated <= 3, "at most the last page comes again, not {repeated} rows");
    assert_eq!(before, whole[..before.len()]);
    assert_eq!(after, whole[whole.len() - after.len()..]);
}

#[test]
fn a_signal_ends_the_rest_between_two_looks() {
    let (_folder, path) = state();
    let args = ["tail", "sim:", "--state", &path, "--follow", "--every", "1h"];
    let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("caught_up") {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0);
    }
    let caught_up: Value = serde_json::from_str(&line).unwrap();
    signal(&child, "INT");
    line.clear();
    out.read_line(&mut line).unwrap();
    let last: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&last["type"], &last["checkpoint"]), (&"interrupted".into(), &caught_up["checkpoint"]));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(saved(&path)["checkpoint"], last["checkpoint"]);
}

/// Whether a process is gone, as it soon must be; what is only an entry in the table is.
fn ends(id: &str) -> bool {
    (0..500).any(|_| {
        let state = Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap().stdout;
        state.is_empty() || state.starts_with(b"Z")
    })
}

#[test]
fn whatever_ends_the_process_ends_the_command_for_the_token_and_all_it_began() {
    for (name, code) in [("TERM", Some(143)), ("INT", Some(130)), ("HUP", Some(129)), ("KILL", None)] {
        let (folder, _) = state();
        let ids = folder.path().join("ids");
        let print = format!("sleep 1000 & echo $! $$ > '{0}.new'; mv '{0}.new' '{0}'; wait", ids.display());
        for address in ["http://127.0.0.1:9/sites/ops", "sim:"] {
            let args = ["tail", address, "--bearer-command", &print];
            let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            while !ids.exists() {
                std::thread::yield_now();
            }
            let sent = Instant::now();
            signal(&child, name);
            assert_eq!(child.wait().unwrap().code(), code, "{name}");
            assert!(sent.elapsed() < Duration::from_secs(2), "{name}: {:?}", sent.elapsed());
            for id in std::fs::read_to_string(&ids).unwrap().split_whitespace() {
                assert!(ends(id), "{name} {address}: {id}");
            }
            std::fs::remove_file(&ids).unwrap();
        }
    }
}

/// What `nohup` begins goes on when its terminal is closed.
#[cfg(target_os = "linux")]
#[test]
fn a_hangup_that_was_to_be_ignored_is() {
    let script = r#"trap "" HUP; exec "$0" tail sim: --follow --every 1h"#;
    let args = ["-c", script, env!("CARGO_BIN_EXE_spchanges")];
    let mut child = Command::new("sh").args(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains("caught_up")).unwrap();
    signal(&child, "HUP");
    signal(&child, "TERM");
    let last: Value = serde_json::from_str(&lines.last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["signal"]), (&"interrupted".into(), &15.into()));
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let (_folder, path) = state();
    let args = ["tail", "sim:?changes=2000", "--state", &path, "--page-size", "3"];
    let mut child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), &*err), (Some(141), ""));
}
