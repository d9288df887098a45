//! What a server says: the right shape for the question, filled at will; or a failure; or anything.

use arbitrary::{Arbitrary, Unstructured};
use sharepoint_changes::{
    ChangeToken,
    http::{Request, Response, StatusCode},
    jiff::{Timestamp, fmt::rfc2822::DateTimePrinter},
};

use super::{super::LIST, rowset};

/// An answer, as far as the server decides it.
#[derive(Arbitrary, Debug, Clone)]
pub struct Told {
    /// What happened to items; told as far as the question allows.
    pub(super) happened: Vec<Happened>,
    /// More of it is to come.
    pub(super) more: bool,
    /// The list's definition comes along, with so many columns of its own.
    #[arbitrary(with = seldom)]
    pub(super) columns: Option<u8>,
    /// Changes that were written since the last answer.
    written: u8,
    /// The answer does not say when it was written.
    #[arbitrary(with = |bytes: &mut Unstructured<'_>| bytes.ratio(1, 16))]
    timeless: bool,
    #[arbitrary(with = seldom)]
    retry_after: Option<u16>,
    #[arbitrary(with = seldom)]
    wrong: Option<Wrong>,
}

fn seldom<'a, T: Arbitrary<'a>>(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Option<T>> {
    if bytes.ratio(1, 8)? { bytes.arbitrary().map(Some) } else { Ok(None) }
}

/// Why an answer is not the right one.
#[derive(Arbitrary, Debug, Clone)]
enum Wrong {
    /// Its tokens are so much further on.
    Moved(i8),
    /// It belongs to another question.
    Other(u8),
    /// It ends after so many bytes.
    Cut(u16),
    /// It is a failure: a status, and one of the errors that are known.
    Failure(u16, u8),
    /// It is anything.
    Bytes(u16, Vec<u8>),
}

/// What happened to an item: its id, what it is called on the wire, and whether its row is there too.
#[derive(Arbitrary, Debug, Clone)]
pub(super) struct Happened {
    pub(super) id: u8,
    pub(super) kind: u8,
    pub(super) folder: bool,
    pub(super) parent: u8,
}

/// What the server knows: how far its log goes, and what time it is.
#[derive(Debug)]
pub(super) struct Server {
    end: i64,
    time: i64,
    /// The changes up to this number were written by this time.
    written: Vec<(i64, i64)>,
}

impl Default for Server {
    fn default() -> Self {
        Server { end: 912_004_511, time: 1_772_619_330, written: Vec::new() }
    }
}

impl Server {
    pub(super) fn pass(&mut self, seconds: u64) {
        self.time = self.time.saturating_add_unsigned(seconds);
    }

    pub(super) fn write(&mut self, changes: u8) {
        self.end += i64::from(changes);
        self.written.push((self.end, self.time));
    }

    /// The end of the log.
    pub(super) fn token(&self) -> ChangeToken {
        self.at(self.end)
    }

    fn at(&self, number: i64) -> ChangeToken {
        let written = self.written.iter().find(|(end, _)| *end >= number);
        let seconds = written.map_or(self.time, |(_, time)| *time) - 1_772_619_330;
        let ticks = 639_082_161_300_000_000 + seconds * 10_000_000 + number % 1_000;
        format!("1;3;{LIST};{ticks};{number}").parse().expect("a token")
    }

    pub(super) fn answer(&mut self, request: Option<&Request<Vec<u8>>>, told: &Told) -> Response<Vec<u8>> {
        self.write(told.written);
        let right = Question::of(request);
        let asked = request.map_or("", |request| std::str::from_utf8(request.body()).unwrap_or_default());
        let body = |question, moved| self.body(question, asked, told, moved).into_bytes();
        let (status, body) = match &told.wrong {
            None => (200, body(right, 0)),
            Some(Wrong::Moved(moved)) => (200, body(right, i64::from(*moved))),
            Some(Wrong::Other(other)) => (200, body(Question::ALL[usize::from(*other % 4)], 0)),
            Some(Wrong::Cut(length)) => {
                let mut body = body(right, 0);
                body.truncate(usize::from(*length));
                (200, body)
            }
            Some(Wrong::Failure(status, error)) => {
                (200 + status % 400, FAILURES[usize::from(*error) % FAILURES.len()].into())
            }
            Some(Wrong::Bytes(status, bytes)) => (200 + status % 400, bytes.clone()),
        };
        let mut answer = Response::new(body);
        *answer.status_mut() = StatusCode::from_u16(status).expect("three digits");
        let date = Timestamp::from_second(self.time).ok().filter(|_| !told.timeless);
        if let Some(date) = date {
            let date =
                DateTimePrinter::new().timestamp_to_rfc9110_string(&date).expect("a year of four digits");
            answer.headers_mut().insert("date", date.parse().expect("a header"));
        }
        if let Some(seconds) = told.retry_after {
            answer.headers_mut().insert("retry-after", seconds.into());
        }
        answer
    }

    /// The answer to a question, its tokens moved.
    fn body(&self, question: Question, asked: &str, told: &Told, moved: i64) -> String {
        let start =
            number_behind(asked, "ChangeTokenStart").or_else(|| number_behind(asked, "\"ChangeToken\""));
        let end = number_behind(asked, "ChangeTokenEnd").unwrap_or(self.end) + moved;
        match question {
            Question::Fence => format!(r#"{{"CurrentChangeToken":{{"StringValue":"{}"}}}}"#, self.at(end)),
            Question::Digest => r#"{"FormDigestValue":"0x4F1A","FormDigestTimeoutSeconds":1800}"#.to_owned(),
            Question::Changes => {
                let numbers = start.unwrap_or(912_004_000) + moved + 1..=end;
                let rows = numbers.zip(&told.happened).map(|(number, what)| self.change(number, what));
                format!(r#"{{"d":{{"results":[{}]}}}}"#, rows.collect::<Vec<_>>().join(","))
            }
            Question::Items => {
                let passed = i64::try_from(told.happened.len()).unwrap_or(0);
                let last = start.map_or(end, |start| end.min(start + 1 + passed));
                rowset::write(&self.at(last), asked, start.is_some(), told)
            }
        }
    }

    fn change(&self, number: i64, what: &Happened) -> String {
        format!(
            r#"{{"__metadata":{{"type":"SP.ChangeItem"}},"ChangeToken":{{"StringValue":"{}"}},"ChangeType":{},
            "SiteId":"{LIST}","Time":"2026-03-04T10:15:31Z","ItemId":{},"ListId":"{LIST}","WebId":"{LIST}"}}"#,
            self.at(number),
            what.kind % 24,
            what.id
        )
    }
}

/// The number of the token that stands behind a name in a body.
fn number_behind(body: &str, name: &str) -> Option<i64> {
    let token = &body[body.find(name)?..];
    let token = &token[token.find("1;3;")?..];
    token[..token.find('"')?].rsplit(';').next()?.parse().ok()
}

/// What a request asks.
#[derive(Clone, Copy)]
enum Question {
    Fence,
    Digest,
    Changes,
    Items,
}

impl Question {
    const ALL: [Question; 4] = [Question::Fence, Question::Digest, Question::Changes, Question::Items];

    fn of(request: Option<&Request<Vec<u8>>>) -> Self {
        let path = request.map_or("", |request| request.uri().path());
        match path.rsplit('/').next() {
            Some("contextinfo") => Question::Digest,
            Some("GetChanges") => Question::Changes,
            Some("GetListItemChangesSinceToken") => Question::Items,
            _ => Question::Fence,
        }
    }
}

const FAILURES: [&str; 9] = [
    "",
    r#"{"error":{"code":"-2130575251, Microsoft.SharePoint.SPException","message":{"value":"digest"}}}"#,
    r#"{"error":{"code":"-2130575172, Microsoft.SharePoint.SPInvalidChangeTokenException","message":{"value":"old"}}}"#,
    r#"{"error":{"code":"-2130575173, Microsoft.SharePoint.SPException","message":{"value":"other"}}}"#,
    r#"{"error":{"code":"-1, System.FormatException","message":{"value":"malformed"}}}"#,
    r#"{"error":{"code":"-2147024860, Microsoft.SharePoint.SPQueryThrottledException","message":{"value":"threshold"}}}"#,
    r#"{"error":{"code":"-2130575338, System.ArgumentException","message":{"value":"gone"}}}"#,
    r#"{"odata.error":{"code":"-2146232832, Microsoft.SharePoint.SPException","message":{"value":"?"}}}"#,
    "<html><title>Sign in</title></html>",
];
