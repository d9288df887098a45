//! `mirror`, killed at any moment.
#![cfg(unix)]

use std::{
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use fastrand::Rng;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{command, copy::Copy, served::Served};

/// Kills a process after this time, unless it ended before; says whether it was killed.
fn kill_after(mut child: Child, time: Duration) -> bool {
    thread::sleep(time);
    child.kill().unwrap_or_default();
    child.wait().unwrap().signal() == Some(9)
}

#[test]
fn processes_that_are_killed_leave_a_copy_that_the_next_one_completes() {
    // Slow answers, so that there is always something to be killed in.
    let served = Served::start(&["--changes", "1500", "--fault", "slow:2ms"]);
    let copy = Copy::new();
    let mut rng = Rng::with_seed(7);
    let (mut killed, mut ended) = (0, 0);
    while killed < 24 {
        assert!(ended < 200, "the processes end before they are killed");
        // Loads from the beginning, loads that go on, and increments.
        let full =
            if killed % 8 == 7 { &["--full", "--rows-per-page", "1"][..] } else { &["--rows-per-page", "1"] };
        let child = command(&copy.args(served.address(), "Documents", full))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if kill_after(child, Duration::from_millis(rng.u64(5..140))) {
            killed += 1;
        } else {
            ended += 1;
        }
        let name = format!("new {killed} {ended}.docx");
        served.control(&json!({"do": "upload", "list": "Documents", "name": name, "size": 7}));
    }
    copy.mirror(served.address(), "Documents", &[]).with(0);
    copy.mirror(served.address(), "Documents", &["--verify"]).with(0);
    let anew = Copy::new();
    anew.mirror(served.address(), "Documents", &[]).with(0);
    assert_eq!(copy.dump(), anew.dump());
    assert!(copy.dump().len() > 30);
}

/// How many rows a copy holds; none while it is not made yet.
fn rows(path: &str) -> Option<i64> {
    if !Path::new(path).exists() {
        return None;
    }
    let file = Connection::open(path).ok()?;
    file.busy_timeout(Duration::from_secs(5)).ok()?;
    file.query_row("SELECT count(*) FROM Documents", [], |row| row.get(0)).ok()
}

#[test]
fn a_signal_ends_a_load_at_the_border_of_a_page_and_the_next_run_goes_on() {
    let served = Served::start(&["--changes", "1500", "--fault", "slow:20ms"]);
    let copy = Copy::new();
    let args = copy.args(served.address(), "Documents", &["--rows-per-page", "1"]);
    let child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
    while rows(&copy.path).unwrap_or(0) < 3 {
        thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let last: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&last["type"], last["rows"].as_i64()), (&"interrupted".into(), rows(&copy.path)), "{last}");
    assert_eq!(last["rows"], last["written"]);
    let status = crate::run(&["mirror", "--into", &copy.path, "--status"]).with(0).last();
    assert!(status["loading"] == true && status["synced_at"].is_null(), "{status}");

    let done = copy.mirror(served.address(), "Documents", &["--rows-per-page", "1000"]).with(0).last();
    assert_eq!(
        done["written"].as_u64(),
        Some(done["rows"].as_u64().unwrap() - last["rows"].as_u64().unwrap())
    );
    copy.mirror(served.address(), "Documents", &["--verify"]).with(0);
}
