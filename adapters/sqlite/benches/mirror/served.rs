//! The server, in a process of its own: this same binary, which writes answers that were made before.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
};

use crate::list;

/// Tells the binary to serve a list of this many items.
const VARIABLE: &str = "MIRROR_SERVES";

pub(crate) fn asked_to_serve() -> Option<u64> {
    std::env::var(VARIABLE).ok().map(|items| items.parse().unwrap())
}

/// A server that ends with this value.
#[derive(Debug)]
pub(crate) struct Served {
    child: Child,
    port: u16,
}

impl Served {
    pub(crate) fn start(items: u64) -> Served {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(VARIABLE, items.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Served { port: line.trim().parse().unwrap(), child }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answers, whole.
struct Answers {
    token: Vec<u8>,
    definition: Vec<u8>,
    nothing: Vec<u8>,
    pages: Vec<Vec<u8>>,
}

/// Serves until it is killed.
pub(crate) fn serve(items: u64) {
    let xml = |body: Vec<u8>| whole("application/xml", &body);
    let answers = Arc::new(Answers {
        token: whole(
            "application/json;odata=nometadata",
            format!("{{\"CurrentChangeToken\":{{\"StringValue\":\"{}\"}}}}", list::token()).as_bytes(),
        ),
        definition: xml(list::definition(items)),
        nothing: xml(list::nothing()),
        pages: (0..items.div_ceil(list::ROWS_A_PAGE))
            .map(|n| xml(list::page(n * list::ROWS_A_PAGE, items)))
            .collect(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    for stream in listener.incoming() {
        let answers = Arc::clone(&answers);
        let stream = stream.unwrap();
        thread::spawn(move || converse(&stream, &answers));
    }
}

fn whole(kind: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind};charset=utf-8\r\nDate: Tue, 03 Mar 2026 08:51:12 \
         GMT\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// Answers until the other side goes away.
fn converse(stream: &TcpStream, answers: &Answers) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some((line, body)) = request(&mut reader) {
        let answer = match place(&body) {
            _ if line.starts_with("GET ") => &answers.token,
            _ if body.contains("\"RowLimit\":\"1\"") => &answers.definition,
            _ if body.contains("\"ChangeToken\"") => &answers.nothing,
            Some(after) => &answers.pages[usize::try_from(after / list::ROWS_A_PAGE).unwrap()],
            None => &answers.pages[0],
        };
        if writer.write_all(answer).is_err() {
            return;
        }
    }
}

/// The item after which a page is asked for.
fn place(body: &str) -> Option<u64> {
    let (_, rest) = body.split_once("p_ID=")?;
    let end = rest.find(|char: char| !char.is_ascii_digit())?;
    rest[..end].parse().ok()
}

/// The first line of a request, and its body; `None` where there is no other one.
fn request(reader: &mut BufReader<&TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, String::from_utf8(body).unwrap()))
}
