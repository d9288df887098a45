//! Servers that are not there: from the beginning, or for a while.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::{Ended, copy::Copy, following::Following, run, saved, served::Served, state};

/// An address on this machine where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/sites/ops", listener.local_addr().unwrap())
}

#[test]
fn where_nobody_ever_answered_three_tries_are_enough() {
    let (_folder, path) = state();
    let copy = Copy::new();
    let address = nobody();
    for args in [
        &["tail", &address][..],
        &["tail", &address, "--state", &path, "--follow"],
        &["tail", &address, "--since", "-7d"],
        &["token", "now", &address],
        &["mirror", &address, "--list", "Tasks", "--into", &copy.path, "--follow"],
    ] {
        let ended = run(&[&["-v"], args].concat()).with(5);
        assert!(ended.out.is_empty(), "{args:?}: {}", ended.out);
        assert_eq!(ended.err.matches("GET ").count(), 3, "{args:?}: {}", ended.err);
        let says = format!("error: no server answers at {address}: ");
        assert!(ended.err.contains(&says) && ended.err.contains("refused"), "{args:?}: {}", ended.err);
    }
}

/// The records of this type.
fn records(ended: &Ended, name: &str) -> Vec<Value> {
    ended.lines().into_iter().filter(|line| line["type"] == name).collect()
}

#[test]
fn who_follows_goes_on_after_an_outage_and_tells_it() {
    let (_folder, path) = state();
    // Three sessions fail, each of them nine times.
    let address = "sim:?changes=300&fault=server-error@3*27";
    let args = ["tail", address, "--state", &path, "--page-size", "20", "--follow", "--every", "20ms"];
    let ended = run(&[&args[..], &["--max", "100"]].concat()).with(3);
    assert_eq!(ended.changes(), run(&["tail", "sim:?changes=300", "--max", "100"]).with(3).changes());
    let waiting = records(&ended, "waiting");
    let tries: Vec<_> = waiting.iter().map(|line| line["try"].as_u64().unwrap()).collect();
    assert_eq!(tries, [1, 2, 3]);
    assert_eq!(waiting[0]["reason"], "unavailable", "{}", waiting[0]);
    assert!(waiting[0]["until"].is_string() && waiting[0]["error"].is_string(), "{}", waiting[0]);
    // What the server is told to have asked for does not keep the next run out.
    assert!(saved(&path).get("not_before").is_none());
}

#[test]
fn an_outage_that_lasts_too_long_is_given_up() {
    let copy = Copy::new();
    let give_up = ["--follow", "--every", "10ms", "--give-up", "200ms"];
    let address = "sim:?changes=300&fault=lost@3*1000000";
    let tail = run(&[&["tail", address][..], &give_up].concat()).with(5);
    let mirror = copy.mirror(address, "Documents", &give_up).with(5);
    for ended in [tail, mirror] {
        let waiting = records(&ended, "waiting");
        assert!(waiting.len() > 2 && waiting[0]["reason"] == "no_answer", "{}", ended.out);
        assert_eq!(ended.last()["try"].as_u64(), Some(waiting.len() as u64));
        assert!(ended.err.contains("no complete answer came"), "{}", ended.err);
    }
    let at_once = run(&["tail", address, "--follow", "--give-up", "0s"]).with(5);
    assert!(records(&at_once, "waiting").is_empty());
}

#[test]
fn what_needs_a_person_ends_who_follows() {
    for (address, code) in [
        ("sim:?changes=300&fault=unauthorized@3", 4),
        ("sim:?changes=300&fault=access-denied@3", 4),
        ("sim:?changes=300&lie=no-collection", 8),
    ] {
        let ended = run(&["tail", address, "--follow", "--every", "10ms"]).with(code);
        assert!(records(&ended, "waiting").is_empty(), "{address}: {}", ended.out);
        let copy = Copy::new();
        if code == 4 {
            let ended = copy.mirror(address, "Documents", &["--follow", "--every", "10ms"]).with(code);
            assert!(records(&ended, "waiting").is_empty(), "{address}: {}", ended.out);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_server_that_comes_back_is_followed_on_and_a_signal_ends_the_wait() {
    let served = Served::start(&[]);
    let port = served.port();
    let (copy, address) = (Copy::new(), served.address().to_owned());
    let patient = ["--follow", "--every", "50ms", "--max-rest", "0s"];
    let mut mirror = Following::start(&copy.args(&address, "Documents", &patient));
    let mut tail = Following::start(&[&["tail", &address][..], &patient].concat());
    mirror.until("caught_up");
    tail.until("caught_up");
    drop(served);
    assert_eq!(mirror.until("waiting")["reason"], "no_answer");
    tail.until("waiting");
    let served = Served::start(&["--port", &port]);
    mirror.until("caught_up");
    tail.until("caught_up");
    assert_eq!(mirror.interrupt(), Some(130));
    drop(served);
    tail.until("waiting");
    assert_eq!(tail.interrupt(), Some(130));
}

/// A command that prints the token as long as there is one.
#[cfg(unix)]
#[test]
fn a_bearer_command_that_fails_for_a_while_is_an_outage_too() {
    let failing = |file: &str| format!("cat '{file}'");
    let hanging = |file: &str| format!("while ! cat '{file}' 2>/dev/null; do sleep 0.02; done");
    for bearer in [&failing as &dyn Fn(&str) -> String, &hanging] {
        let (folder, _) = state();
        let token = folder.path().join("token");
        let bearer = bearer(token.to_str().unwrap());
        let served = Served::start(&["--auth", "bearer:one"]);
        let (copy, address) = (Copy::new(), served.address());
        let patient =
            ["--follow", "--every", "20ms", "--bearer-command", &bearer, "--bearer-timeout", "300ms"];
        // Nobody waits for a credential that there never was.
        let ended = run(&[&["tail", address][..], &patient].concat()).with(4);
        assert!(records(&ended, "waiting").is_empty(), "{}", ended.out);
        let ended = copy.mirror(address, "Documents", &patient).with(4);
        assert!(records(&ended, "waiting").is_empty(), "{}", ended.out);

        std::fs::write(&token, "one").unwrap();
        let mut tail = Following::start(&[&["tail", address][..], &patient].concat());
        let mut mirror = Following::start(&copy.args(address, "Documents", &patient));
        let once = Copy::new();
        let impatient = [&patient[..], &["--give-up", "1s"]].concat();
        let mut gives_up = Following::start(&once.args(address, "Documents", &impatient));
        for following in [&mut tail, &mut mirror, &mut gives_up] {
            following.until("caught_up");
        }
        std::fs::remove_file(&token).unwrap();
        served.control(&json!({"do": "auth", "bearer": "two"}));
        for following in [&mut tail, &mut mirror, &mut gives_up] {
            let waiting = following.until("waiting");
            let error = waiting["error"].as_str().unwrap();
            assert!(waiting["reason"] == "credential" && error.contains("the bearer command"), "{waiting}");
        }
        assert_eq!(gives_up.end(), Some(4));
        std::fs::write(folder.path().join("new"), "two").unwrap();
        std::fs::rename(folder.path().join("new"), &token).unwrap();
        for mut following in [tail, mirror] {
            following.until("caught_up");
            assert_eq!(following.interrupt(), Some(130));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_bearer_command_that_is_not_there_needs_a_person() {
    let served = Served::start(&[]);
    let (_folder, path) = state();
    let args = ["tail", served.address(), "--state", &path];
    run(&args).with(0);
    let missing = ["--follow", "--every", "10ms", "--bearer-command", "no-such-command-anywhere"];
    let ended = run(&[&args[..], &missing].concat()).with(4);
    assert!(records(&ended, "waiting").is_empty(), "{}", ended.out);
}
