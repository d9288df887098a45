//! `mirror` against a served site: the worst day, a second writer, following, signals.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{command, copy::Copy, run, served::Served};

/// A copy that is being followed.
struct Following {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Following {
    fn start(args: &[&str]) -> Following {
        let args = [args, &["--follow", "--every", "50ms"]].concat();
        let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Following { child, out }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_list_is_followed_a_second_writer_is_kept_out_and_a_signal_ends_it() {
    let served = Served::start(&[]);
    let copy = Copy::new();
    let args = copy.args(served.address(), "Tasks", &[]);
    let mut following = Following::start(&args);
    let rows = following.line()["rows"].as_u64().unwrap();

    let refused = run(&args).with(7);
    assert!(refused.err.contains("another process is writing"), "{}", refused.err);
    run(&["mirror", "--into", &copy.path, "--status"]).with(0);

    served.control(&json!({"do": "add-item", "list": "Tasks", "values": {"Title": "later"}}));
    let news = following.line();
    assert_eq!((news["rows"].as_u64(), &news["loads"]), (Some(rows + 1), &0.into()), "{news}");
    assert_eq!(copy.number("SELECT count(*) FROM Tasks WHERE Title = 'later'"), 1);

    let id = following.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let last = following.line();
    assert_eq!((&last["type"], &last["signal"]), (&"interrupted".into(), &15.into()), "{last}");
    assert_eq!(following.child.wait().unwrap().code(), Some(143));
    run(&args).with(0);
}

#[test]
fn rows_that_are_only_not_seen_any_more_are_not_removed_unless_somebody_says_so() {
    let served = Served::start(&["--changes", "600"]);
    let copy = Copy::new();
    copy.mirror(served.address(), "Tasks", &[]).with(0);
    let before = copy.dump();
    let ids = |n: usize| copy.number(&format!("SELECT id FROM Tasks ORDER BY id DESC LIMIT 1 OFFSET {n}"));
    for n in 0..3 {
        let id = ids(n);
        served.control(&json!({"do": "show", "list": "Tasks", "id": id, "visible": false}));
    }
    let ended = copy.mirror(served.address(), "Tasks", &["--full", "--max-delete", "2"]).with(10);
    let record = ended.last();
    assert_eq!(
        (&record["type"], &record["rows"], &record["allowed"]),
        (&"held_back".into(), &3.into(), &2.into())
    );
    assert_eq!(record["names"].as_array().unwrap().len(), 3, "{record}");
    assert!(ended.err.contains("--allow-delete 3"), "{}", ended.err);
    assert_eq!(copy.dump(), before, "nothing moved");
    let status = run(&["mirror", "--into", &copy.path, "--status"]).with(0).last();
    assert_eq!(status["held_back"]["rows"], 3, "{status}");

    let willing = ["--full", "--max-delete", "2", "--allow-delete", "3", "--tombstones"];
    let done = copy.mirror(served.address(), "Tasks", &willing).with(0).last();
    assert_eq!(
        (&done["removed"]["absent"], done["rows"].as_u64()),
        (&3.into(), Some(before.len() as u64 - 3))
    );
    assert_eq!(copy.number("SELECT count(*) FROM _tombstones WHERE reason = 'swept'"), 3);
    let status = run(&["mirror", "--into", &copy.path, "--status"]).with(0).last();
    assert!(status["held_back"].is_null() && status["tombstones"] == 3, "{status}");
}

#[test]
fn a_list_that_was_just_read_anew_is_not_read_anew_again_unless_somebody_says_so() {
    let served = Served::start(&[]);
    let copy = Copy::new();
    copy.mirror(served.address(), "Tasks", &[]).with(0);
    served.control(&json!({"do": "set-permissions", "list": "Tasks", "mask": "1b03c4312ef"}));
    let again = copy.mirror(served.address(), "Tasks", &[]).with(0).last();
    assert_eq!((&again["reloaded"], &again["loads"]), (&"permissions_changed".into(), &1.into()), "{again}");
    served.control(&json!({"do": "set-permissions", "list": "Tasks", "mask": "7fffffffffffffff"}));
    let ended = copy.mirror(served.address(), "Tasks", &[]).with(6);
    let record = ended.last();
    assert_eq!(
        (&record["type"], &record["reason"]),
        (&"resync_required".into(), &"permissions_changed".into()),
        "{record}"
    );
    assert!(ended.err.contains("--full"), "{}", ended.err);
    copy.mirror(served.address(), "Tasks", &["--full"]).with(0);
    copy.mirror(served.address(), "Tasks", &["--verify"]).with(0);
}
