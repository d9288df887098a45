//! What a run leaves behind holds no secret: what it prints, its state, its copy and the files beside them; and no
//! other host is sent anything.
#![cfg(unix)]

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Output,
    sync::{Arc, Mutex},
    thread,
};

use crate::{command, served::Served};

const SECRET: &str = "hunter2-eyJhbGciOi";

/// Passes everything on to a served site and keeps it, so that the digests on the wire are known.
struct Relay {
    port: u16,
    passed: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    fn before(served: &Served) -> Relay {
        let site = served.address().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let passed = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&passed);
        // Ends with the process that runs the tests.
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, site) = (client.unwrap(), TcpStream::connect(&site).unwrap());
                pass(client.try_clone().unwrap(), site.try_clone().unwrap(), Arc::clone(&kept));
                pass(site, client, Arc::clone(&kept));
            }
        });
        Relay { port, passed }
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}/sites/ops", self.port)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.passed.lock().unwrap()).into_owned()
    }

    /// The digests that were sent, without the time behind them.
    fn digests(&self) -> Vec<String> {
        let text = self.text();
        let sent = text.lines().filter_map(|line| line.split_once(": "));
        let sent = sent.filter(|(name, _)| name.eq_ignore_ascii_case("x-requestdigest"));
        sent.map(|(_, value)| value.split(',').next().unwrap().to_owned()).collect()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, kept: Arc<Mutex<Vec<u8>>>) {
    thread::spawn(move || {
        let mut bytes = [0; 8_192];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            kept.lock().unwrap().extend_from_slice(&bytes[..read]);
            if to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        // The other side may have gone first.
        to.shutdown(std::net::Shutdown::Both).unwrap_or_default();
    });
}

/// Runs the command in a folder, with the secret in a variable.
fn run(folder: &Path, variable: &str, value: &str, args: &[&str]) -> Output {
    command(args).current_dir(folder).env(variable, value).output().unwrap()
}

#[track_caller]
fn ended(output: &Output, code: i32) {
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{}\n{err}", String::from_utf8_lossy(&output.stdout));
}

/// Greps all that was printed and every file of a folder.
#[track_caller]
fn silent(folder: &Path, outputs: &[Output], secrets: &[String]) {
    let printed = outputs.iter().flat_map(|output| [output.stdout.clone(), output.stderr.clone()]);
    let printed = printed.map(|bytes| ("printed".to_owned(), bytes));
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.map(|path| (path.display().to_string(), fs::read(&path).unwrap()));
    for (place, bytes) in printed.chain(files) {
        let text = String::from_utf8_lossy(&bytes);
        let leaked = secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert!(leaked.is_none(), "{leaked:?} in {place}: {text}");
    }
}

const TAIL: [&str; 8] = ["-v", "tail", "--since", "beginning", "--page-size", "60", "--state", "state.json"];
const MIRROR: [&str; 6] = ["-v", "mirror", "--list", "Documents", "--into", "copy.sqlite"];

#[test]
fn no_cookie_and_no_digest_is_left_behind_by_a_run_through_faults() {
    let auth = format!("cookie:{SECRET}");
    let faults = ["--fault", "throttled:1@3", "--fault", "stale-digest@5", "--fault", "cut@8"];
    let served = Served::start(&[&["--auth", &auth][..], &faults].concat());
    let relay = Relay::before(&served);
    let folder = tempfile::tempdir().unwrap();
    let cookie = format!("FedAuth={SECRET}");
    let address = relay.address();
    let runs =
        [&TAIL[..], &MIRROR, &["-v", "mirror", "--list", "Documents", "--into", "copy.sqlite", "--verify"]];
    let outputs =
        runs.map(|args| run(folder.path(), "SPCHANGES_COOKIE", &cookie, &[args, &[&address]].concat()));
    outputs.iter().for_each(|output| ended(output, 0));
    assert!(!outputs[0].stdout.is_empty() && folder.path().join("state.json").exists());
    let digests = relay.digests();
    assert!(digests.len() > 3 && digests.iter().all(|digest| digest.starts_with("0x") && digest.len() > 20));
    // What is looked for is what was sent.
    assert!(relay.text().contains(SECRET));
    silent(folder.path(), &outputs, &[digests, vec![SECRET.to_owned()]].concat());
}

#[test]
fn no_token_is_left_behind_by_a_run_that_is_let_in_or_refused() {
    for (good, code) in [(SECRET, 0), ("another", 4)] {
        let served = Served::start(&["--auth", &format!("bearer:{good}")]);
        let folder = tempfile::tempdir().unwrap();
        let runs = [&TAIL[..], &MIRROR];
        let outputs = runs
            .map(|args| run(folder.path(), "SPCHANGES_TOKEN", SECRET, &[args, &[served.address()]].concat()));
        outputs.iter().for_each(|output| ended(output, code));
        silent(folder.path(), &outputs, &[SECRET.to_owned()]);
    }
}

#[test]
fn a_site_that_sends_elsewhere_is_not_followed_and_its_name_is_all_that_is_told() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    let site = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/sites/ops", site.local_addr().unwrap());
    thread::spawn(move || {
        for client in site.incoming() {
            let mut client = client.unwrap();
            let mut bytes = [0; 8_192];
            // A client may look and go.
            let Ok(1..) = client.read(&mut bytes) else { continue };
            let location = format!("http://ana:{SECRET}@127.0.0.1:{port}/?code={SECRET}#{SECRET}");
            let head = "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0";
            write!(client, "{head}\r\nLocation: {location}\r\n\r\n").unwrap_or_default();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut outputs = Vec::new();
    for (variable, value) in [("SPCHANGES_TOKEN", SECRET), ("SPCHANGES_COOKIE", &format!("FedAuth={SECRET}"))]
    {
        for args in [&TAIL[..], &MIRROR] {
            outputs.push(run(folder.path(), variable, value, &[args, &[&address]].concat()));
        }
    }
    for output in &outputs {
        ended(output, 2);
        assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("127.0.0.1:{port}")));
    }
    silent(folder.path(), &outputs, &[SECRET.to_owned()]);
    assert_eq!(elsewhere.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn an_address_that_cannot_be_used_is_repeated_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    for address in [format!("https://ana:{SECRET}@127.0.0.1/sites/ops"), format!("http://[?code={SECRET}")] {
        let runs = [&["tail", &address][..], &["mirror", "--list", "a", "--into", "a.sqlite", &address]];
        let outputs = runs.map(|args| run(folder.path(), "SPCHANGES_TOKEN", "", args));
        for output in &outputs {
            ended(output, 2);
            assert!(String::from_utf8_lossy(&output.stderr).contains("http"));
        }
        silent(folder.path(), &outputs, &[SECRET.to_owned()]);
    }
}
