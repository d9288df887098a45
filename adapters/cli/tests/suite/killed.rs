//! `mirror`, killed at any moment.
#![cfg(unix)]

use std::{
    os::unix::process::ExitStatusExt,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use fastrand::Rng;
use serde_json::json;

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
