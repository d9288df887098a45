//! Over a real socket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sharepoint_simulator::{Fault, Server, Serving};

use crate::ask::EVERYTHING;
use crate::verbs::office;

fn served() -> Serving {
    Serving::start(Server::new(office().world), "127.0.0.1:0".parse().unwrap()).unwrap()
}

/// One connection, spoken to in plain HTTP.
struct Line {
    stream: BufReader<TcpStream>,
}

impl Line {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, Vec<u8>), String> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json;odata=nometadata\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).map_err(|error| error.to_string())?;
        let (mut status, mut length) = (0, 0);
        for line in 0.. {
            let mut text = String::new();
            if self.stream.read_line(&mut text).map_err(|error| error.to_string())? == 0 {
                return Err("the connection ended".to_owned());
            }
            let text = text.trim_end();
            if line == 0 {
                status = text.split(' ').nth(1).unwrap().parse().unwrap();
            } else if text.is_empty() {
                break;
            } else if let Some(value) = text.to_lowercase().strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).map_err(|error| error.to_string())?;
        Ok((status, body))
    }

    fn control(&mut self, command: &Value) -> Value {
        let (status, body) = self.ask("POST", "/_control", &command.to_string()).unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        assert_eq!(status, 200, "{command}: {body}");
        body
    }

    fn changes(&mut self) -> Result<(u16, Vec<u8>), String> {
        let body = format!("{{\"query\":{{{EVERYTHING}}}}}");
        self.ask("POST", "/sites/ops/_api/web/getchanges", &body)
    }
}

#[test]
fn many_connections_are_kept_alive_and_see_one_world() {
    let serving = served();
    let mut lines: Vec<Line> = (0..20).map(|_| Line::open(serving.address())).collect();
    for round in 1..=3 {
        for line in &mut lines {
            let (status, body) = line.changes().unwrap();
            assert_eq!((status, body.starts_with(b"{\"value\":[{")), (200, true), "round {round}");
        }
    }
    assert_eq!(serving.server().stats().requests, 60);
    let server = serving.stop().unwrap();
    assert_eq!(server.stats().calls["getchanges"], 60);
}

#[test]
fn a_page_in_a_browser_moves_nothing_on_the_control_path() {
    let serving = served();
    let before = serving.describe();
    let body = r#"{"do":"delete-list","list":"Q1 Bids"}"#;
    let port = serving.address().port();
    for head in [
        "Host: localhost\r\nOrigin: https://elsewhere.example".to_owned(),
        "Host: localhost\r\nOrigin: null".to_owned(),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}"),
        "Host: localhost\r\nSec-Fetch-Site: cross-site".to_owned(),
        format!("Host: rebound.example:{port}"),
        "Host: rebound.example".to_owned(),
    ] {
        for method in ["POST", "GET", "OPTIONS"] {
            let mut stream = TcpStream::connect(serving.address()).unwrap();
            let length = body.len();
            write!(stream, "{method} /_control HTTP/1.1\r\n{head}\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 403"), "{method} {head}: {answer}");
            assert!(
                !answer.contains("Q1 Bids") && !answer.to_lowercase().contains("access-control"),
                "{answer}"
            );
        }
    }
    assert_eq!(serving.describe()["sites"], before["sites"]);
}

#[test]
fn a_list_is_filled_up_to_a_bound() {
    let serving = served();
    let mut line = Line::open(serving.address());
    line.control(&json!({"do":"fill","list":"Documents","count":5}));
    for count in [4_000_000_000_u32, 1_000_000] {
        let fill = json!({"do":"fill","list":"Documents","count":count}).to_string();
        let (status, body) = line.ask("POST", "/_control", &fill).unwrap();
        let error = String::from_utf8(body).unwrap();
        assert!(status == 400 && error.contains("up to 1000000 items, 5 are there"), "{error}");
    }
}

#[test]
fn the_control_path_changes_the_world_while_it_is_served() {
    let serving = served();
    let mut line = Line::open(serving.address());
    let count = |line: &mut Line| {
        let body: Value = serde_json::from_slice(&line.changes().unwrap().1).unwrap();
        body["value"].as_array().unwrap().len()
    };
    let before = count(&mut line);
    let folder = line.control(&json!({"do":"add-folder","list":"Documents","name":"2026"}));
    let file = line.control(
        &json!({"do":"upload","list":"/sites/ops/Shared Documents","folder":"2026","name":"a.docx"}),
    );
    assert_eq!((&folder["id"], &file["id"]), (&json!(1), &json!(2)));
    line.control(&json!({"do":"rename","list":"Documents","path":"2026/a.docx","name":"b.docx"}));
    line.control(&json!({"do":"edit","list":"Documents","id":2,"values":{"Title":"B"}}));
    let item = line.control(&json!({"do":"add-item","list":"Q1 Bids","values":{"Title":"Depot"}}));
    line.control(&json!({"do":"share","list":"Q1 Bids","id":item["id"]}));
    let place = line.control(&json!({"do":"recycle","list":"Documents","id":1}))["place"].clone();
    line.control(&json!({"do":"restore","place":place}));
    line.control(&json!({"do":"delete","list":"Q1 Bids","id":1}));
    assert_eq!(count(&mut line), before + 11);
    let items = line.control(&json!({"do":"items","list":"Documents"}));
    assert_eq!(items["items"][1]["path"], "/sites/ops/Shared Documents/2026/b.docx");
    let rows = line.control(&json!({"do":"rows","list":"Documents"}));
    let last = rows["rows"].as_array().unwrap().last().unwrap();
    assert_eq!(last["change_type"], 7);
    let then = line.control(&json!({"do":"describe"}))["now"].as_str().unwrap().to_owned();
    line.control(&json!({"do":"advance","time":"2d"}));
    let now = line.control(&json!({"do":"describe"}))["now"].as_str().unwrap().to_owned();
    assert_eq!((&then[..10], &now[..10]), ("2026-03-02", "2026-03-04"));
    for wrong in [
        json!({"do":"upload","list":"Nothing","name":"x"}),
        json!({"do":"dance"}),
        json!({"do":"delete","list":"Documents"}),
        json!({"do":"delete","list":"Documents","id":2,"colour":"red"}),
    ] {
        let (status, body) = line.ask("POST", "/_control", &wrong.to_string()).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(status == 400 && body["error"].is_string(), "{wrong}");
    }
    let (status, body) = line.ask("GET", "/_control", "").unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &body["sites"][0]["webs"][0]["lists"][1]["title"]), (200, &json!("Documents")));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a slow answer is measured on the wall clock")]
fn lost_cut_and_slow_answers_really_happen_on_the_socket() {
    let serving = served();
    serving.server().faults.on(1, Fault::Lost);
    serving.server().faults.on(2, Fault::Cut);
    serving.server().faults.on(3, Fault::Slow(Duration::from_millis(150)));
    assert!(Line::open(serving.address()).changes().is_err(), "lost");
    let cut = Line::open(serving.address()).changes();
    assert!(cut.is_err(), "cut: {cut:?}");
    let begun = Instant::now();
    assert_eq!(Line::open(serving.address()).changes().unwrap().0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));
    assert_eq!(serving.server().stats().faults.len(), 3);
}

#[test]
fn faults_lies_and_dialects_are_set_over_the_control_path() {
    let serving = served();
    let mut line = Line::open(serving.address());
    line.control(&json!({"do":"fault","fault":"throttled:limits:31","path":"getchanges"}));
    assert_eq!(line.changes().unwrap().0, 429);
    assert_eq!(line.changes().unwrap().0, 200);
    assert_eq!(serving.server().impolite(), 1);
    line.control(&json!({"do":"lie","lie":"no-collection"}));
    assert_eq!(line.changes().unwrap().1, b"{}");
    line.control(&json!({"do":"tell-the-truth"}));
    line.control(&json!({"do":"dialect","set":"bom=yes"}));
    assert!(line.changes().unwrap().1.starts_with(b"\xEF\xBB\xBF{"));
    line.control(&json!({"do":"auth","bearer":"good"}));
    assert_eq!(line.changes().unwrap(), (401, Vec::new()));
}

#[test]
fn only_loopback_is_served() {
    let server = Server::new(office().world);
    assert!(Serving::start(server, "0.0.0.0:0".parse().unwrap()).is_err());
}
