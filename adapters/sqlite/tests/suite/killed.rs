//! Processes that are killed: whatever the moment, the next one goes on and ends with the same rows.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use fastrand::Rng;

use crate::{
    judge::judge,
    office::{list_named, office, query, sync},
};

/// The office every process of this test makes for itself: the same one each time.
const SEED: u64 = 21;
const ROWS: u64 = 900;

/// What the killed processes do; it is a test only so that the same binary can be asked for it.
#[test]
#[ignore = "the other test runs it, in processes of its own"]
fn child() {
    let Some(path) = std::env::var_os("MIRROR_FILE").map(PathBuf::from) else { return };
    let (mut host, _) = office(SEED, ROWS);
    println!("ready");
    loop {
        let one = query("Documents").row_limit(3.try_into().unwrap());
        sync(&mut host, &path, &one).unwrap();
        // Begin again from nothing, so that there is always something to be killed in.
        let mut mirror = sharepoint_changes_sqlite::Mirror::open(&path).unwrap();
        let mut settings = crate::office::willing();
        settings.full = true;
        mirror.sync(&mut host, &crate::office::site(), &one, &settings, |_| {}).unwrap();
    }
}

#[test]
fn twenty_killed_processes_leave_a_copy_that_the_next_one_completes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.sqlite");
    let mut rng = Rng::with_seed(1);
    for _ in 0..20 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::child", "--ignored", "--nocapture"])
            .env("MIRROR_FILE", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        assert!(lines.any(|line| line.unwrap().contains("ready")));
        std::thread::sleep(Duration::from_millis(rng.u64(..120)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (mut host, _) = office(SEED, ROWS);
    let list = list_named(host.server().world(), "Documents");
    sync(&mut host, &path, &query("Documents")).unwrap();
    judge(&path, host.server().world(), list).unwrap();
}
