//! `simulate`, and `tail` over HTTP against it.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Stdio},
};

use serde_json::{Value, json};

use crate::{Ended, command, run, saved, state};

/// A simulated site that is being served; ended with its test.
pub(crate) struct Served {
    child: Child,
    pub(crate) first: Value,
}

impl Served {
    pub(crate) fn start(args: &[&str]) -> Served {
        let args = [&["simulate", "--quiet"], args].concat();
        let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Served { child, first: serde_json::from_str(&line).unwrap() }
    }

    pub(crate) fn address(&self) -> &str {
        self.first["address"].as_str().unwrap()
    }

    pub(crate) fn port(&self) -> String {
        let host = self.address().strip_prefix("http://127.0.0.1:").unwrap();
        host.split('/').next().unwrap().to_owned()
    }

    fn tail(&self, args: &[&str]) -> Ended {
        run(&[&["tail", self.address()], args].concat())
    }

    /// Asks the control path to do something.
    pub(crate) fn control(&self, command: &Value) -> Value {
        self.try_control(command).unwrap_or_else(|answer| panic!("{command}: {answer}"))
    }

    /// The same, where it may be impossible; the error is the whole answer.
    pub(crate) fn try_control(&self, command: &Value) -> Result<Value, String> {
        let host = self.address().strip_prefix("http://").unwrap().split('/').next().unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let body = command.to_string();
        let length = body.len();
        write!(stream, "POST /_control HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        if !head.starts_with("HTTP/1.1 200") {
            return Err(answer);
        }
        Ok(serde_json::from_str(body).unwrap())
    }

    /// Ends it at once, so that another one may have its port.
    pub(crate) fn end(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }

    pub(crate) fn interrupt(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn the_first_line_tells_the_address_the_lists_and_the_tokens_and_sigint_ends_it_well() {
    let served = Served::start(&[]);
    let first = &served.first;
    assert_eq!((&first["v"], &first["type"]), (&1.into(), &"serving".into()));
    assert!(served.address().starts_with("http://127.0.0.1:") && served.address().ends_with("/sites/ops"));
    let lists = first["lists"].as_array().unwrap();
    let bids = lists.iter().find(|list| list["title"] == "Q1 Bids").unwrap();
    assert!(bids["path"] == "/sites/ops/Lists/Q1 Bids" && bids["id"].is_string());
    let now = run(&["token", "now", served.address(), "--list", "Q1 Bids"]).with(0).last();
    assert_eq!((&now["token"], &now["id"]), (&bids["token"], &bids["id"]));
    let web = run(&["token", "now", served.address()]).with(0).last();
    assert_eq!((&web["token"], &web["id"]), (&first["web"]["token"], &first["web"]["id"]));
    assert_eq!(served.interrupt().code(), Some(0));
}

#[test]
fn over_http_the_same_changes_come_as_from_the_embedded_site() {
    let served = Served::start(&["--seed", "5", "--changes", "150"]);
    let embedded = run(&["tail", "sim:?seed=5&changes=150"]).with(0);
    let (_folder, path) = state();
    let first =
        served.tail(&["--since", "beginning", "--state", &path, "--max", "40", "--page-size", "15"]).with(3);
    let second = served.tail(&["--state", &path]).with(0);
    assert_eq!([first.changes(), second.changes()].concat(), embedded.changes());
    assert!(served.tail(&["--state", &path]).with(0).changes().is_empty());
    assert!(
        served.tail(&[]).with(0).changes().is_empty(),
        "a real site's log begins now, unless told otherwise"
    );
}

#[test]
fn what_is_done_on_the_control_path_arrives() {
    let served = Served::start(&[]);
    let (_folder, path) = state();
    served.tail(&["--list", "Tasks", "--state", &path]).with(0);
    let id =
        served.control(&json!({"do": "add-item", "list": "Tasks", "values": {"Title": "x"}}))["id"].clone();
    served.control(&json!({"do": "delete", "list": "Tasks", "id": id}));
    let lines = served.tail(&["--list", "Tasks", "--state", &path]).with(0).lines();
    let told: Vec<_> = lines.iter().map(|line| (line["op"].as_str(), line["item_id"].clone())).collect();
    assert_eq!(told[..2], [(Some("add"), id.clone()), (Some("delete"), id)]);
}

#[test]
fn a_copy_of_the_site_at_its_address_is_refused_by_state_and_copy() {
    let served = Served::start(&[]);
    let (folder, path) = state();
    let copy = folder.path().join("copy.sqlite").to_str().unwrap().to_owned();
    let tail = || served.tail(&["--list", "Tasks", "--state", &path]);
    let mirror = || run(&["mirror", served.address(), "--list", "Tasks", "--into", &copy]);
    tail().with(0);
    mirror().with(0);
    let held = saved(&path);
    let before = run(&["token", "now", served.address(), "--scope", "site"]).with(0).last()["id"].clone();
    let id = served.control(&json!({"do": "replace-by-copy"}))["id"].clone();
    served.control(&json!({"do": "add-item", "list": "Tasks", "values": {"Title": "x"}}));
    for ended in [tail(), mirror()] {
        let ended = ended.with(7);
        let says = |id: &Value| ended.err.contains(&format!("site collection {}", id.as_str().unwrap()));
        assert!(says(&before) && says(&id) && ended.out.is_empty(), "{} {}", ended.out, ended.err);
        assert!(
            ended.err.contains("what to do: Use the address of the site it was made at"),
            "{}",
            ended.err
        );
    }
    assert_eq!(saved(&path), held);
    // Anew it is another log, and bound to it.
    run(&["mirror", served.address(), "--list", "Tasks", "--into", &copy, "--full"]).with(0);
    mirror().with(0);
}

#[test]
fn a_guarded_site_is_entered_with_a_token_that_is_renewed() {
    let served = Served::start(&["--auth", "bearer:second"]);
    served.tail(&[]).with(4);
    let (folder, _) = state();
    // The first token is refused; the command is run again and gives another one.
    let mark = folder.path().join("asked");
    let mark = mark.to_str().unwrap();
    let renewing = format!("if test -e '{mark}'; then echo second; else touch '{mark}'; echo first; fi");
    let ended = served.tail(&["--since", "beginning", "--bearer-command", &renewing]).with(0);
    assert!(!ended.changes().is_empty());
    let refused = served.tail(&["--bearer-command", "echo first"]).with(4);
    assert!(refused.err.contains("class unauthorized") && !refused.err.contains("first"), "{}", refused.err);
}

#[test]
fn an_answer_that_is_cut_on_the_way_is_asked_for_again() {
    let served = Served::start(&["--fault", "cut@3"]);
    let ended = served.tail(&["--since", "beginning", "--page-size", "60"]).with(0);
    assert_eq!(ended.changes(), run(&["tail", "sim:"]).with(0).changes());
}

#[test]
fn a_living_office_is_followed() {
    let served = Served::start(&["--follow-activity=5ms"]);
    let ended = served.tail(&["--follow", "--every", "50ms", "--max", "12"]).with(3);
    assert_eq!(ended.changes().len(), 12);
}

#[test]
fn switches_that_do_not_exist_are_refused_and_help_lists_those_that_do() {
    for args in
        [&["--dialect", "colour=red"][..], &["--fault", "rain"], &["--lie", "white"], &["--auth", "x"]]
    {
        let ended = run(&[&["simulate"], args].concat()).with(2);
        assert!(ended.out.is_empty() && !ended.err.is_empty(), "{args:?}");
    }
    let help = run(&["simulate", "--help"]).with(0).out;
    assert!(help.contains("folder-delete=one") && help.contains("one, each"), "{help}");
}
