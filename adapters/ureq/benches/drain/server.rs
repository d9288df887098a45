//! A server in a process of its own, that makes nothing but the pages asked for: the least a client can wait for.
//!
//! What stands in the log or the list is said by the site's address: `/sites/{total}` or, where each answer is to take
//! a while, `/sites/{total}-{milliseconds}`.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{self, Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};

use crate::{
    bodies::Metadata,
    pages::{self, CHANGES_A_PAGE, ChangePage, DATE, RowPage},
};

/// The server, as the process that measures sees it; it ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
}

/// What went over the wire since the last question.
pub(crate) struct Traffic {
    pub(crate) requests: u64,
    /// Bytes of answers, heads included.
    pub(crate) bytes: u64,
}

impl Server {
    pub(crate) fn start() -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        let mut child = command.arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut port = String::new();
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        BufReader::new(stdout).read_line(&mut port)?;
        Ok(Server { child, base: format!("http://127.0.0.1:{}", port.trim()) })
    }

    /// The site whose log has so many changes, and whose list so many items.
    pub(crate) fn site(&self, total: u64) -> String {
        format!("{}/sites/{total}", self.base)
    }

    /// The same, where every answer takes so long.
    pub(crate) fn slow_site(&self, total: u64, delay: Duration) -> String {
        format!("{}/sites/{total}-{}", self.base, delay.as_millis())
    }

    pub(crate) fn traffic(&self) -> Traffic {
        let text = ureq::get(format!("{}/traffic", self.base))
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string());
        let text = text.expect("the server answers");
        let (requests, bytes) = text.split_once(' ').expect("two numbers");
        Traffic { requests: requests.parse().expect("a number"), bytes: bytes.parse().expect("a number") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends by itself where its input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
}

/// Serves until the standard input ends; the port is the first line of the output.
pub(crate) fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    let counts = Arc::new(Counts::default());
    for connection in listener.incoming() {
        let (connection, counts) = (connection?, Arc::clone(&counts));
        // A client that hangs up ends its thread.
        thread::spawn(move || Connection::new(connection).and_then(|mut connection| connection.run(&counts)));
    }
    Ok(())
}

struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    verbose: ChangePage,
    minimal: ChangePage,
    none: ChangePage,
    rows: RowPage,
}

struct Asked {
    path: String,
    metadata: Metadata,
    gzip: bool,
    body: String,
}

impl Connection {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Connection {
            writer: stream.try_clone()?,
            reader: BufReader::new(stream),
            verbose: ChangePage::new(Metadata::Verbose),
            minimal: ChangePage::new(Metadata::Minimal),
            none: ChangePage::new(Metadata::None),
            rows: RowPage::new(),
        })
    }

    fn run(&mut self, counts: &Counts) -> io::Result<()> {
        while let Some(asked) = self.read()? {
            if asked.path == "/traffic" {
                let requests = counts.requests.swap(0, Ordering::SeqCst);
                let text = format!("{requests} {}", counts.bytes.swap(0, Ordering::SeqCst));
                send(&mut self.writer, text.as_bytes(), false)?;
                continue;
            }
            // `/sites/{total}-{delay}/…`
            let site = asked.path.split('/').nth(2).unwrap_or_default();
            let (total, delay) = site.split_once('-').unwrap_or((site, "0"));
            let (total, delay) = (total.parse().unwrap_or(0), delay.parse().unwrap_or(0));
            if delay > 0 {
                thread::sleep(Duration::from_millis(delay));
            }
            let bytes = self.answer(&asked, total)?;
            counts.requests.fetch_add(1, Ordering::SeqCst);
            counts.bytes.fetch_add(bytes, Ordering::SeqCst);
        }
        Ok(())
    }

    fn answer(&mut self, asked: &Asked, total: u64) -> io::Result<u64> {
        let (writer, gzip, log_end) = (&mut self.writer, asked.gzip, pages::token(total));
        if asked.path.contains("SinceToken") {
            let answer = if asked.body.contains("\"ChangeToken\"") {
                pages::no_rows(&log_end).into_bytes()
            } else if asked.body.contains("\"RowLimit\":\"1\"") {
                pages::first_row(total, &log_end).into_bytes()
            } else {
                let place = number_after(&asked.body, "p_ID=").map_or(0, pages::row_of);
                self.rows.after(place, total, &log_end)
            };
            return send(writer, &answer, gzip);
        }
        if asked.path.contains("GetChanges") {
            let start = asked.body.split_once("\"ChangeTokenStart\"").map(|(_, rest)| rest);
            let start = start.and_then(|rest| rest.split_once("\"StringValue\":\""));
            let token = start.and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
            let passed =
                token.rsplit(';').next().and_then(|text| text.parse().ok()).map_or(0, pages::change_of);
            if passed >= total {
                return send(writer, pages::no_changes(asked.metadata), gzip);
            }
            assert!(total - passed >= CHANGES_A_PAGE, "pages are whole");
            let page = match asked.metadata {
                Metadata::Verbose => &mut self.verbose,
                Metadata::Minimal => &mut self.minimal,
                Metadata::None => &mut self.none,
            };
            return send(writer, page.after(passed), gzip);
        }
        let token = format!("{{\"CurrentChangeToken\":{{\"StringValue\":\"{log_end}\"}}}}");
        send(writer, token.as_bytes(), gzip)
    }

    /// `None` where the client has gone.
    fn read(&mut self) -> io::Result<Option<Asked>> {
        let mut asked =
            Asked { path: String::new(), metadata: Metadata::Verbose, gzip: false, body: String::new() };
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            let Some((name, value)) = text.split_once(": ") else {
                asked.path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                continue;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap_or(0),
                "accept-encoding" => asked.gzip = value.contains("gzip"),
                "accept" if value.contains("minimalmetadata") => asked.metadata = Metadata::Minimal,
                "accept" if value.contains("nometadata") => asked.metadata = Metadata::None,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        asked.body = String::from_utf8(body).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Some(asked))
    }
}

/// Sends an answer; says how many bytes it took.
fn send(writer: &mut TcpStream, body: &[u8], gzip: bool) -> io::Result<u64> {
    let squeezed;
    let (body, encoding) = if gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body)?;
        squeezed = encoder.finish()?;
        (squeezed.as_slice(), "Content-Encoding: gzip\r\n")
    } else {
        (body, "")
    };
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nDate: {DATE}\r\n{encoding}Content-Length: {length}\r\n\r\n");
    writer.write_all(head.as_bytes())?;
    writer.write_all(body)?;
    Ok((head.len() + length) as u64)
}

fn number_after(text: &str, mark: &str) -> Option<u64> {
    let rest = text.split_once(mark)?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
