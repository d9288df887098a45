//! How fast the simulator serves a log of 1,000,000 rows, beside the rate of the client that reads it.
//!
//! `cargo bench -p sharepoint-simulator --features http --bench changes` prints what one change costs, in verbose pages
//! of 1,000:
//! - "in process": `Server::handle`, from the request to the written answer.
//! - "over HTTP": the same served by `Serving` in a process of its own, to a reader that takes the bytes and looks at
//!   nothing but their number; the way through the loopback is in it.
//! - the client: a session over `sharepoint-changes-ureq`, from the first request to the end of the log. Its server, in
//!   another process, repeats answers of the simulator that were made before.
//!
//! The sides take turns, and the median of the ratios counts. `-- --rows N --rounds N` asks for other numbers. Without
//! the `--bench` that `cargo bench` hands over, as in `cargo test --benches`, it is one round of few rows. Nothing timed
//! fails anything.

#![allow(clippy::print_stdout, reason = "it measures, and tells what")]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sharepoint_changes::{ChangeQuery, Metadata, Preset, Scope, Session, Settings, Site, Start, drive};
use sharepoint_changes_ureq::{Credential, Transport};
use sharepoint_simulator::{Activity, Server, Serving, World, world};

const HOST: &str = "https://fabrikam.sharepoint.com";
const CALL: &str = "/sites/ops/_api/site/getchanges";

fn main() {
    let timed = std::env::args().any(|argument| argument == "--bench");
    let rows = number("--rows").unwrap_or(if timed { 1_000_000 } else { 5_000 });
    match argument("--role").as_deref() {
        Some("serving") => return serving(rows),
        Some(_) => return repeating(rows),
        None => {}
    }
    let begin = Instant::now();
    let world = office(rows);
    println!("a world of {rows} rows: made in {:.1} s{}", begin.elapsed().as_secs_f64(), resident());
    let (serving, repeating) = (Other::start("serving", rows), Other::start("repeating", rows));
    let mut server = Server::new(world);
    let pages = in_process(&mut server).0;
    over_http(&serving, &pages);
    client(&repeating);

    let mut rounds = Vec::new();
    for _ in 0..number("--rounds").unwrap_or(if timed { 7 } else { 1 }) {
        let (_, handled) = in_process(&mut server);
        let sent = over_http(&serving, &pages);
        rounds.push([handled, sent, client(&repeating)]);
    }
    println!("| what | this | reference | ratio | goal |");
    println!("|---|---|---|---:|---:|");
    let log = format!("verbose pages of 1,000 from a log of {rows} rows");
    row(&format!("simulator in process, {log}"), "Server::handle", &rounds, 0, "≥ 3");
    row(&format!("simulator over HTTP, {log}"), "Serving, read and not looked at", &rounds, 1, "");
}

/// One row of the table: what a change costs each side, and the median of the ratios.
fn row(what: &str, this: &str, rounds: &[[f64; 3]], side: usize, goal: &str) {
    let simulator = median(rounds.iter().map(|round| round[side]));
    let client = median(rounds.iter().map(|round| round[2]));
    let ratio = median(rounds.iter().map(|round| round[2] / round[side]));
    println!(
        "| {what} | {this}: {simulator:.0} ns a change | session over ureq: {client:.0} ns a change | {ratio:.2} | {goal} |"
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|given| given != name).nth(1)
}

fn number(name: &str) -> Option<u64> {
    argument(name).map(|number| number.parse().unwrap())
}

fn office(rows: u64) -> World {
    let (mut world, mut activity) =
        Activity::office(world::Settings { seed: 1, ..world::Settings::default() });
    activity.play(&mut world, rows);
    world
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).map(str::trim);
    line.map_or(String::new(), |memory| format!(", {memory} resident"))
}

/// What a page of the log asks for, as the client would.
fn body(after: Option<&str>) -> String {
    let start = after.map(|token| {
        format!(
            ",\"ChangeTokenStart\":{{\"__metadata\":{{\"type\":\"SP.ChangeToken\"}},\"StringValue\":\"{token}\"}}"
        )
    });
    format!(
        "{{\"query\":{{\"__metadata\":{{\"type\":\"SP.ChangeQuery\"}},\"Item\":true,\"Add\":true,\"Update\":true,\
         \"DeleteObject\":true,\"Rename\":true,\"Move\":true,\"Restore\":true,\"SystemUpdate\":true,\
         \"FetchLimit\":\"1000\"{}}}}}",
        start.unwrap_or_default()
    )
}

/// Reads the whole log, and tells what was sent for each page and what a change cost.
fn in_process(server: &mut Server) -> (Vec<(String, usize)>, f64) {
    let (mut pages, mut after, mut took) = (Vec::new(), None::<String>, Duration::ZERO);
    loop {
        let sent = body(after.as_deref());
        let request = http::Request::post(format!("{HOST}{CALL}"))
            .header("Accept", "application/json;odata=verbose")
            .header("Content-Type", "application/json;odata=verbose")
            .body(sent.clone())
            .unwrap();
        let begin = Instant::now();
        let answer = server.handle(Duration::ZERO, &request);
        took += begin.elapsed();
        let answer = String::from_utf8(answer.into_body()).unwrap();
        let Some((_, last)) = answer.rsplit_once("\"StringValue\":\"") else { break };
        after = last.split_once('"').map(|(token, _)| token.to_owned());
        pages.push((sent, answer.matches("\"ChangeType\"").count()));
    }
    let changes = changes(&pages);
    (pages, took.as_nanos() as f64 / changes)
}

fn changes(pages: &[(String, usize)]) -> f64 {
    pages.iter().map(|(_, changes)| *changes).sum::<usize>() as f64
}

/// Takes every page as bytes.
fn over_http(other: &Other, pages: &[(String, usize)]) -> f64 {
    let stream = TcpStream::connect(&other.address).unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut reader, mut writer) = (BufReader::with_capacity(128 << 10, &stream), &stream);
    let mut bytes = Vec::new();
    let begin = Instant::now();
    for (sent, _) in pages {
        let head = format!(
            "POST {CALL} HTTP/1.1\r\nHost: {}\r\nAccept: application/json;odata=verbose\r\nContent-Type: \
             application/json;odata=verbose\r\nContent-Length: {}\r\n\r\n{sent}",
            other.address,
            sent.len()
        );
        writer.write_all(head.as_bytes()).unwrap();
        let (first, length) = head_of(&mut reader).unwrap();
        assert!(first.starts_with("HTTP/1.1 200"), "{first}");
        bytes.resize(length, 0);
        reader.read_exact(&mut bytes).unwrap();
    }
    begin.elapsed().as_nanos() as f64 / changes(pages)
}

/// The first line of a message, and the length of its body.
fn head_of(reader: &mut impl BufRead) -> Option<(String, usize)> {
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Some((first, length)) };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
}

/// Reads the log with the client.
fn client(other: &Other) -> f64 {
    let base = format!("http://{}", other.address);
    let site = Site::new(&format!("{base}/sites/ops")).unwrap().metadata(Metadata::Verbose);
    let query = ChangeQuery::preset(Scope::Site, Preset::Items);
    let mut transport = Transport::new(&base, |_| Ok(Credential::None)).unwrap().accept_gzip(false);
    let begin = Instant::now();
    let mut session = Session::new(site, query, Start::Beginning, Settings::default()).unwrap();
    let mut changes = 0;
    drive(&mut session, &mut transport, |page| {
        changes += page.changes.len();
        Ok::<(), std::convert::Infallible>(())
    })
    .unwrap();
    begin.elapsed().as_nanos() as f64 / changes as f64
}

/// A server in another process, which ends with this value.
struct Other {
    child: Child,
    address: String,
}

impl Other {
    fn start(role: &str, rows: u64) -> Other {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--role", role, "--rows", &rows.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Other { child, address: line.trim().to_owned() }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The simulator as it is.
fn serving(rows: u64) {
    let serving = Serving::start(Server::new(office(rows)), "127.0.0.1:0".parse().unwrap()).unwrap();
    println!("{}", serving.address());
    // Until it is killed.
    loop {
        std::thread::park();
    }
}

/// The simulator's answers, each made once.
fn repeating(rows: u64) {
    let mut server = Server::new(office(rows));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let mut made: HashMap<String, Vec<u8>> = HashMap::new();
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut reader, mut writer) = (BufReader::new(&stream), &stream);
        while let Some((first, length)) = head_of(&mut reader) {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let key = format!("{first}{}", String::from_utf8(body.clone()).unwrap());
            let answer = made.entry(key).or_insert_with(|| make(&mut server, &first, body));
            if writer.write_all(answer).is_err() {
                break;
            }
        }
    }
}

/// An answer of the simulator as it goes over the wire.
fn make(server: &mut Server, first: &str, body: Vec<u8>) -> Vec<u8> {
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let request = http::Request::builder()
        .method(method)
        .uri(format!("{HOST}{path}"))
        .header("Accept", "application/json;odata=verbose")
        .header("Content-Type", "application/json;odata=verbose")
        .body(body)
        .unwrap();
    let answer = server.handle(Duration::ZERO, &request);
    assert!(answer.status().is_success(), "{first}: {}", String::from_utf8_lossy(answer.body()));
    let mut wire = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in answer.headers() {
        wire.extend_from_slice(name.as_str().as_bytes());
        wire.extend_from_slice(b": ");
        wire.extend_from_slice(value.as_bytes());
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(format!("content-length: {}\r\n\r\n", answer.body().len()).as_bytes());
    wire.extend_from_slice(answer.body());
    wire
}
