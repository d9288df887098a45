//! The state file.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{run, saved, state};

#[test]
fn a_limit_and_an_overlap_together_come_to_the_end() {
    let (_folder, path) = state();
    let first = run(&["tail", "sim:?changes=150", "--state", &path, "--overlap", "30d"]).with(0).changes();
    let whole = run(&["tail", "sim:?changes=200"]).with(0).changes();
    let mut told = first.len();
    for runs in 1.. {
        let args = ["tail", "sim:?changes=200", "--state", &path, "--overlap", "30d", "--max", "5"];
        let ended = run(&args);
        // What was printed comes again, and five that are new with it.
        assert_eq!(ended.changes(), whole[..ended.changes().len()]);
        let more = ended.changes().len() - told;
        told += more;
        if ended.code == Some(0) {
            break;
        }
        assert_eq!((ended.with(3).last()["type"].clone(), more), ("limit".into(), 5), "run {runs}");
    }
    assert_eq!(told, whole.len());
}

#[test]
fn a_second_run_prints_what_is_new_and_nothing_else() {
    let (_folder, path) = state();
    let first = run(&["tail", "sim:?changes=100", "--state", &path]).with(0);
    let second = run(&["tail", "sim:?changes=150", "--state", &path]).with(0);
    let whole = run(&["tail", "sim:?changes=150"]).with(0);
    assert!(!second.changes().is_empty());
    assert_eq!([first.changes(), second.changes()].concat(), whole.changes());
    let third = run(&["tail", "sim:?changes=150", "--state", &path]).with(0);
    assert!(third.changes().is_empty());
    assert_eq!(saved(&path)["checkpoint"], third.last()["checkpoint"]);
}

#[test]
fn a_limit_ends_at_a_row_and_the_rest_comes_exactly_once() {
    let (_folder, path) = state();
    let whole = run(&["tail", "sim:"]).with(0);
    let mut printed = Vec::new();
    loop {
        let ended = run(&["tail", "sim:", "--state", &path, "--max", "37", "--page-size", "10"]);
        printed.extend(ended.changes());
        assert_eq!(saved(&path)["checkpoint"], ended.last()["checkpoint"]);
        if ended.code == Some(0) {
            break;
        }
        assert_eq!(ended.changes().len(), 37);
        assert_eq!(ended.with(3).last()["type"], "limit");
    }
    assert_eq!(printed, whole.changes());
}

#[test]
fn a_state_that_begins_now_brings_what_happens_later() {
    let (_folder, path) = state();
    let args = |address| ["tail", address, "--state", &path, "--since", "now"];
    assert!(run(&args("sim:?changes=100")).with(0).changes().is_empty());
    assert!(!run(&args("sim:?changes=150")).with(0).changes().is_empty(), "the state goes before --since");
}

#[test]
fn a_checkpoint_from_elsewhere_is_kept_only_if_it_fits() {
    let (_folder, path) = state();
    let of_web = run(&["tail", "sim:?changes=100"]).with(0).last()["checkpoint"].clone();
    let of_web = of_web.as_str().unwrap();
    run(&["tail", "sim:", "--scope", "site", "--since", of_web, "--state", &path]).with(2);
    assert!(!fs::exists(&path).unwrap());
    let ended = run(&["tail", "sim:?changes=150", "--since", of_web, "--state", &path]).with(0);
    assert!(!ended.changes().is_empty());
    assert_eq!(saved(&path)["checkpoint"], ended.last()["checkpoint"]);
}

#[test]
fn a_state_of_another_scope_query_or_address_is_refused() {
    let (_folder, path) = state();
    run(&["tail", "sim:", "--state", &path]).with(0);
    let before = fs::read(&path).unwrap();
    for (args, says) in [
        (&["sim:", "--scope", "site"][..], "belongs to the scope"),
        (&["sim:", "--list", "Documents"], "belongs to the scope"),
        (&["sim:", "--only", "everything"], "asks for more"),
        (&["sim:?seed=2"], "belongs to sim:?seed=1"),
        (&["https://fabrikam.sharepoint.com/sites/ops"], "belongs to sim:?seed=1"),
    ] {
        let ended = run(&[&["tail"], args, &["--state", &path]].concat()).with(7);
        assert!(ended.err.contains(says) && ended.out.is_empty(), "{args:?}: {}", ended.err);
        assert_eq!(fs::read(&path).unwrap(), before, "{args:?}");
    }
    run(&["tail", "sim:", "--state", &path, "--only", "items"]).with(0);
}

#[test]
fn a_file_that_is_no_state_is_refused_and_kept() {
    let (_folder, path) = state();
    let good = json!({"v": 1, "address": "sim:?seed=1"});
    let mut newer = good.clone();
    newer["v"] = 2.into();
    let mut damaged = good.clone();
    damaged["checkpoint"] = "sharepoint-changes-checkpoint/1 {} 00000000".into();
    for text in [String::new(), "hello".into(), "[]".into(), newer.to_string(), damaged.to_string()] {
        fs::write(&path, &text).unwrap();
        let ended = run(&["tail", "sim:", "--state", &path]).with(7);
        assert!(ended.err.contains(&path) && ended.out.is_empty(), "{text}: {}", ended.err);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, good.to_string()).unwrap();
    run(&["tail", "sim:", "--state", &path]).with(0);
}

#[test]
fn a_second_process_is_kept_out() {
    let (_folder, path) = state();
    let lock = fs::File::create(format!("{path}.lock")).unwrap();
    lock.lock().unwrap();
    let ended = run(&["tail", "sim:", "--state", &path]).with(7);
    assert!(ended.err.contains("another process") && ended.out.is_empty(), "{}", ended.err);
    drop(lock);
    run(&["tail", "sim:", "--state", &path]).with(0);
}

#[test]
fn a_server_that_wants_to_be_left_alone_is_not_asked_earlier() {
    let (_folder, path) = state();
    run(&["tail", "sim:?changes=60", "--state", &path]).with(0);
    let checkpoint = saved(&path)["checkpoint"].clone();
    run(&["tail", "sim:?fault=throttled:7200", "--state", &path]).with(5);
    let held = saved(&path);
    assert_eq!(held["checkpoint"], checkpoint, "a throttle moves nothing");
    let until: Timestamp = held["not_before"].as_str().unwrap().parse().unwrap();
    let rest = until.duration_since(Timestamp::now());
    assert!(rest > SignedDuration::from_mins(115) && rest <= SignedDuration::from_mins(120), "{rest}");
    // The next run does not ask, although the server would answer.
    let ended = run(&["-v", "tail", "sim:", "--state", &path]).with(5);
    assert!(ended.err.contains("left alone until") && !ended.err.contains("GET"), "{}", ended.err);
    // Once the time has come it does, and the time is forgotten.
    let mut held = held;
    held["not_before"] = "2026-01-01T00:00:00Z".into();
    fs::write(&path, held.to_string()).unwrap();
    assert!(!run(&["tail", "sim:", "--state", &path]).with(0).changes().is_empty());
    assert!(saved(&path).get("not_before").is_none());
}

#[test]
fn who_says_now_asks_although_the_server_wants_to_be_left_alone() {
    let (_folder, path) = state();
    run(&["tail", "sim:?changes=60", "--state", &path]).with(0);
    run(&["tail", "sim:?fault=throttled:7200", "--state", &path]).with(5);
    let err = run(&["tail", "sim:", "--state", &path]).with(5).err;
    assert!(err.contains("left alone until") && err.contains("--now"), "{err}");
    assert!(!run(&["tail", "sim:", "--state", &path, "--now"]).with(0).changes().is_empty());
    assert!(saved(&path).get("not_before").is_none());
}

#[test]
fn what_no_server_means_is_an_error_and_keeps_nobody_out() {
    let (_folder, path) = state();
    run(&["tail", "sim:?changes=60", "--state", &path]).with(0);
    let err = run(&["tail", "sim:?fault=throttled:31536000", "--state", &path]).with(5).err;
    assert!(err.contains("31536000 seconds (365 days), which no server means"), "{err}");
    assert!(saved(&path).get("not_before").is_none());
    // Kept by whoever it was.
    let mut held = saved(&path);
    held["not_before"] = "2099-01-01T00:00:00Z".into();
    fs::write(&path, held.to_string()).unwrap();
    let ended = run(&["tail", "sim:", "--state", &path]).with(0);
    assert!(ended.err.contains("until 2099-01-01T00:00:00Z") && ended.err.contains("not believed"));
    assert!(!ended.changes().is_empty() && saved(&path).get("not_before").is_none());
}

#[test]
fn a_state_is_never_half_written() {
    let (folder, path) = state();
    run(&["tail", "sim:", "--state", &path, "--page-size", "5"]).with(0);
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "the state and its lock, no temporary file: {names:?}");
    // Where the folder takes no new file, the old state stays whole, and what was printed is not counted as done.
    let ended = run(&["tail", "sim:", "--state", "/nonexistent/state.json"]);
    assert_eq!(ended.code, Some(7), "{}", ended.err);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_state_stays_a_link() {
    let (folder, path) = state();
    let link = folder.path().join("link.json");
    run(&["tail", "sim:?changes=60", "--state", &path]).with(0);
    std::os::unix::fs::symlink(&path, &link).unwrap();
    run(&["tail", "sim:", "--state", link.to_str().unwrap()]).with(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(run(&["tail", "sim:", "--state", &path]).with(0).changes().is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_refused_and_stays() {
    let (folder, path) = state();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let name = link.to_str().unwrap();
    let mut names = vec!["link".to_owned()];
    for args in [&["tail", "sim:", "--state"][..], &["mirror", "sim:", "--list", "Tasks", "--into"]] {
        let ended = run(&[args, &[name]].concat()).with(7);
        assert!(ended.err.contains("is a link to") && ended.err.contains(&path), "{}", ended.err);
        assert!(ended.out.is_empty() && fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names_in(folder.path()), names, "nothing was made");
    }
    // Once the disk is there, what it holds is gone on with.
    run(&["tail", "sim:?changes=60", "--state", &path]).with(0);
    assert!(!run(&["tail", "sim:", "--state", name]).with(0).changes().is_empty());
    names.extend(["state.json".to_owned(), "state.json.lock".to_owned()]);
    assert_eq!(names_in(folder.path()), names);
}

#[cfg(unix)]
#[test]
fn two_names_of_one_copy_share_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.sqlite");
    let link = folder.path().join("link.sqlite");
    let mirror = |into: &std::path::Path| {
        run(&["mirror", "sim:", "--list", "Tasks", "--into", into.to_str().unwrap()])
    };
    mirror(&path).with(0);
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let lock = fs::File::create(folder.path().join("copy.sqlite.lock")).unwrap();
    lock.lock().unwrap();
    assert!(mirror(&link).with(7).err.contains("another process"));
    drop(lock);
    mirror(&link).with(0);
}

#[test]
fn what_a_killed_process_left_goes_with_the_next_run_and_what_a_living_one_writes_stays() {
    let (folder, path) = state();
    let left = folder.path().join(".spchanges-state.json.tmp");
    let living = folder.path().join(".spchanges-other.json.tmp");
    for file in [&left, &living] {
        fs::write(file, "{").unwrap();
    }
    let lock = fs::File::create(format!("{path}.lock")).unwrap();
    lock.lock().unwrap();
    run(&["tail", "sim:", "--state", &path]).with(7);
    assert!(left.exists(), "who does not hold the lock removes nothing");
    drop(lock);
    // Another state lives in the folder, and what bears no name may be its.
    let nameless = folder.path().join(".spchanges-a1B2c3.tmp");
    fs::write(&nameless, "{").unwrap();
    let other = folder.path().join("other.json.lock");
    fs::write(&other, "").unwrap();
    run(&["tail", "sim:", "--state", &path]).with(0);
    assert!(!left.exists() && living.exists() && nameless.exists());
    fs::remove_file(other).unwrap();
    run(&["tail", "sim:", "--state", &path]).with(0);
    assert_eq!(names_in(folder.path()), ["state.json", "state.json.lock"]);
    assert_eq!(saved(&path)["v"], 1);
}

fn names_in(folder: &std::path::Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
