//! A content database that is restored from a backup: what a run found out about it is kept, however the run ends.
#![cfg(unix)]

use std::io::pipe;

use serde_json::{Value, json};

use crate::{Ended, command, copy::Copy, following::Following, run, saved, served::Served, state};

/// A site whose database is restored again and again from the one backup there is.
struct Farm {
    served: Served,
    /// How long after the backup it is.
    hours: u32,
    files: u32,
}

impl Farm {
    fn new() -> Farm {
        Farm { served: Served::start(BACKUP), hours: 0, files: 0 }
    }

    /// What was done since the backup is gone, and the log ends where it did then. The clock goes on.
    fn restore(&mut self) {
        self.restore_at(self.hours);
    }

    /// The same, with a clock that shows so many hours after the backup.
    fn restore_at(&mut self, hours: u32) {
        let port = self.served.port();
        // One after the other, for they have the same port.
        self.served.end();
        self.served = Served::start(&[BACKUP, &["--port", &port]].concat());
        self.hours = hours;
        self.advance(hours);
    }

    fn pass(&mut self, hours: u32) {
        self.hours += hours;
        self.advance(hours);
    }

    fn advance(&self, hours: u32) {
        self.served.control(&json!({"do": "advance", "time": format!("{hours}h")}));
    }

    /// Adds files that were never there before.
    fn work(&mut self, files: u32) {
        for _ in 0..files {
            self.files += 1;
            let name = format!("new {}.docx", self.files);
            self.served.control(&json!({"do": "upload", "list": "Documents", "name": name, "size": 7}));
        }
    }

    /// Who may not rest does not wait for a copy of the log that lags behind.
    fn mirror(&self, copy: &Copy, more: &[&str]) -> Ended {
        copy.mirror(self.served.address(), "Documents", &[&["--max-rest", "0s"], more].concat())
    }

    fn tail<'a>(&'a self, path: &'a str) -> Vec<&'a str> {
        vec!["tail", self.served.address(), "--since", "beginning", "--state", path, "--max-rest", "0s"]
    }
}

#[test]
fn a_copy_that_is_wrong_after_a_second_restore_stays_so_until_it_is_read_anew() {
    let (mut farm, copy) = (Farm::new(), Copy::new());
    farm.pass(2);
    farm.work(3);
    farm.mirror(&copy, &[]).with(0);
    farm.restore();
    farm.pass(2);
    let reloaded = farm.mirror(&copy, &[]).with(0).last();
    assert_eq!((&reloaded["reloaded"], &reloaded["loads"]), (&"log_restarted".into(), &1.into()));
    farm.work(5);
    farm.mirror(&copy, &[]).with(0);
    farm.restore();
    farm.pass(2);
    // The restore shows now, but the last load is two hours old.
    let refused = farm.mirror(&copy, &[]).with(6);
    assert_eq!(refused.last()["reason"], "log_restarted", "{}", refused.out);
    // By now it does not show any more: the log is longer than what was read of the one before.
    farm.work(9);
    let wrong = copy.dump();
    for more in [&[][..], &["--verify"], &["--repair"]] {
        let refused = farm.mirror(&copy, more).with(6);
        assert_eq!(refused.last()["type"], "resync_required", "{}", refused.out);
        assert_eq!(copy.dump(), wrong);
    }
    let status = run(&["mirror", "--into", &copy.path, "--status"]).with(0).last();
    assert!(status["loading"] == true, "{status}");
    farm.pass(5);
    assert_eq!(farm.mirror(&copy, &[]).with(0).last()["loads"], 1);
    farm.mirror(&copy, &["--verify"]).with(0);
    let anew = Copy::new();
    farm.mirror(&anew, &[]).with(0);
    assert_eq!(copy.dump(), anew.dump());
    assert_ne!(copy.dump(), wrong);
}

/// A state that was read behind the backup, of a site that was restored since.
fn outrun() -> (Farm, (tempfile::TempDir, String)) {
    let (mut farm, state) = (Farm::new(), state());
    farm.pass(2);
    farm.work(3);
    run(&farm.tail(&state.1)).with(0);
    farm.restore();
    farm.pass(2);
    (farm, state)
}

/// What the next runs say once the log has come past what was read.
fn still_says_so(farm: &mut Farm, path: &str) {
    assert_eq!(saved(path)["resync"]["reason"], "log_restarted");
    farm.work(9);
    let ended = run(&farm.tail(path)).with(6);
    assert_eq!(ended.last()["type"], "resync_required", "{}", ended.out);
    let accepted = run(&[&farm.tail(path)[..], &["--accept-gap"]].concat()).with(0);
    assert_eq!(accepted.lines()[0]["reason"], "log_restarted", "{}", accepted.out);
    assert!(saved(path).get("resync").is_none());
    run(&farm.tail(path)).with(0);
}

#[test]
fn tail_says_it_until_somebody_accepts_it() {
    let (mut farm, (_folder, path)) = outrun();
    run(&farm.tail(&path)).with(6);
    still_says_so(&mut farm, &path);
}

#[test]
fn a_reader_that_went_away_does_not_take_it_along() {
    for accept in [&[][..], &["--accept-gap"]] {
        let (mut farm, (_folder, path)) = outrun();
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let status = command(&[&farm.tail(&path)[..], accept].concat()).stdout(writer).status().unwrap();
        assert_eq!(status.code(), Some(141));
        still_says_so(&mut farm, &path);
    }
}

#[test]
fn acks_that_never_come_do_not_take_it_along() {
    for (accept, code) in [(&[][..], 6), (&["--accept-gap"], 3)] {
        for killed in [true, false] {
            let (mut farm, (_folder, path)) = (Farm::new(), state());
            farm.pass(2);
            farm.work(3);
            let manual = ["--commit", "manual", "--follow", "--every", "10ms"];
            let mut tail = Following::start(&[&farm.tail(&path)[..], &manual, accept].concat());
            let first = tail.until("change");
            tail.until("caught_up");
            farm.restore();
            farm.pass(2);
            tail.until("resync_required");
            if killed {
                tail.kill();
            } else {
                // What was done until then moves the state, and does not say that the resync was accepted.
                tail.say(&format!("ack {}", first["token"].as_str().unwrap()));
                assert_eq!(tail.end(), Some(code));
                assert!(saved(&path)["checkpoint"].is_string());
            }
            still_says_so(&mut farm, &path);
        }
    }
}

/// The record that says that a stored time lay ahead, if there is one, and what stands on the line before the last.
fn told(ended: &Ended) -> Option<Value> {
    let notices: Vec<Value> = ended.lines().into_iter().filter(|line| line["type"] == "notice").collect();
    assert!(notices.len() < 2, "{}", ended.out);
    let notice = notices.into_iter().next()?;
    assert_eq!((&notice["notice"], &notice["v"]), (&"moment_ahead".into(), &1.into()), "{notice}");
    assert!(notice["moment"].as_str() > notice["now"].as_str(), "{notice}");
    assert_ne!(ended.last(), notice, "the last line says how the run ended");
    Some(notice)
}

#[test]
fn a_position_kept_under_a_clock_that_was_fast_is_set_right_and_told_once() {
    let (mut farm, copy, (_folder, path)) = (Farm::new(), Copy::new(), state());
    farm.pass(48);
    assert!(told(&farm.mirror(&copy, &[]).with(0)).is_none());
    assert!(told(&run(&farm.tail(&path)).with(0)).is_none());
    farm.restore_at(2);
    let (mirror, tail) = (farm.mirror(&copy, &[]).with(0), run(&farm.tail(&path)).with(0));
    assert!(told(&mirror).is_some_and(|notice| notice["into"] == copy.path));
    assert!(told(&tail).is_some() && tail.changes().is_empty());
    assert!(told(&farm.mirror(&copy, &[]).with(0)).is_none());
    assert!(told(&run(&farm.tail(&path)).with(0)).is_none());
    // As people read it, with a row that is new.
    farm.pass(48);
    farm.mirror(&copy, &[]).with(0);
    run(&farm.tail(&path)).with(0);
    farm.restore_at(3);
    farm.work(1);
    for ended in [
        farm.mirror(&copy, &["--output", "text"]),
        run(&[&farm.tail(&path)[..], &["--output", "text"]].concat()),
    ] {
        let out = ended.with(0).out;
        assert!(out.contains("has not come yet by the server's clock"), "{out}");
    }
}

#[test]
fn a_resync_that_comes_with_a_wrong_clock_tells_of_the_clock_too() {
    let (mut farm, copy, (_folder, path)) = (Farm::new(), Copy::new(), state());
    farm.work(1);
    farm.pass(2);
    farm.mirror(&copy, &[]).with(0);
    farm.restore();
    farm.pass(2);
    farm.mirror(&copy, &[]).with(0);
    farm.work(3);
    farm.pass(48);
    farm.mirror(&copy, &[]).with(0);
    run(&farm.tail(&path)).with(0);
    // Back behind the load, and the clock with it.
    farm.restore_at(6);
    let (mirror, tail) = (farm.mirror(&copy, &[]).with(6), run(&farm.tail(&path)).with(6));
    for ended in [mirror, tail] {
        assert!(told(&ended).is_some() && ended.last()["type"] == "resync_required", "{}", ended.out);
    }
}

const BACKUP: &[&str] = &["--changes", "300"];
