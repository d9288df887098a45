//! A session and the hand that answers it: a clock that only moves when told, and answers written out.

use std::time::Duration;

use http::{Request, Response};
use sharepoint_changes::{
    Action, ChangeQuery, ChangeToken, Checkpoint, Done, Error, ListRef, Machine, Page, Preset, ResyncReason,
    Scope, Session, Settings, Site, Start, Wait, WaitReason, jiff::Timestamp, uuid::Uuid,
};

pub(crate) const LIST: Uuid = Uuid::from_u128(0x3e9b7d52_6c18_4f0d_a2e4_90c17b5d8f66);
pub(crate) const OTHER: Uuid = Uuid::from_u128(0x5c1f0c1e_7a53_4c7e_9d0a_2f6c3a1b9e10);
/// The site collection that the list lies in.
pub(crate) const SITE: Uuid = Uuid::from_u128(0x0d5b3f7e_42c1_4e0a_8b6f_71c2a9d4e35b);
pub(crate) const MINUTE: i64 = 60;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

/// A time of the server, in seconds after the start of the story.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_618_400 + seconds).unwrap()
}

/// The list's token of the change with this number, written at this time.
pub(crate) fn token(number: i64, seconds: i64) -> ChangeToken {
    token_of("3", LIST, number, seconds)
}

pub(crate) fn token_of(scope: &str, id: Uuid, number: i64, seconds: i64) -> ChangeToken {
    let ticks = at(seconds).as_millisecond() * 10_000 + 621_355_968_000_000_000;
    format!("1;{scope};{id};{ticks};{number}").parse().unwrap()
}

pub(crate) fn site() -> Site {
    Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap()
}

pub(crate) fn by_id() -> Scope {
    Scope::List(ListRef::Id(LIST))
}

pub(crate) fn query() -> ChangeQuery {
    ChangeQuery::preset(by_id(), Preset::Items)
}

pub(crate) struct Script {
    pub(crate) session: Session,
    pub(crate) now: Duration,
    /// The server's time, as its answers tell it; `None` for a server that sends no `Date`.
    pub(crate) date: Option<i64>,
    /// The server's time at the first poll: the caller's clock goes as fast as the server's.
    began: Option<i64>,
    /// Whether the run was told whose log it reads.
    pub(crate) told_whose: bool,
    /// How the run ended, where [`fence_behind`](Self::fence_behind) saw its end.
    pub(crate) last_error: Option<Error>,
}

impl Script {
    pub(crate) fn new(start: Start) -> Script {
        Script::with(query(), start, Settings::default())
    }

    pub(crate) fn with(query: ChangeQuery, start: Start, settings: Settings) -> Script {
        Script::of(Session::new(site(), query, start, settings).unwrap())
    }

    pub(crate) fn of(session: Session) -> Script {
        Script {
            session,
            now: Duration::ZERO,
            date: Some(0),
            began: None,
            told_whose: false,
            last_error: None,
        }
    }

    /// From the text of a checkpoint, with the server's time at this many seconds.
    pub(crate) fn resumed(checkpoint: &Checkpoint, date: i64) -> Script {
        let mut script = Script::new(Start::Checkpoint(kept(checkpoint)));
        script.date = Some(date);
        script
    }

    pub(crate) fn poll(&mut self) -> Result<Action<Page, Done>, Error> {
        if let Some(date) = self.date {
            let began = *self.began.get_or_insert(date);
            self.now = self.now.max(Duration::from_secs(u64::try_from(date - began).unwrap_or(0)));
        }
        self.session.poll(self.now)
    }

    pub(crate) fn request(&mut self) -> Request<Vec<u8>> {
        loop {
            match self.poll().unwrap() {
                Action::Send(request) => return request,
                Action::Wait(wait) if wait.reason == WaitReason::Lagging => self.now += wait.at_least,
                other => panic!("no request but {other:?}"),
            }
        }
    }

    pub(crate) fn wait(&mut self) -> Wait {
        match self.poll().unwrap() {
            Action::Wait(wait) => wait,
            other => panic!("no wait but {other:?}"),
        }
    }

    /// Lets the wait that is asked for pass, to the moment.
    pub(crate) fn rest(&mut self) {
        let wait = self.wait();
        self.now += wait.at_least;
    }

    pub(crate) fn page(&mut self) -> Page {
        match self.poll().unwrap() {
            Action::Page(page) => page,
            other => panic!("no page but {other:?}"),
        }
    }

    pub(crate) fn done(&mut self) -> Done {
        match self.poll().unwrap() {
            Action::Done(done) => done,
            other => panic!("no end but {other:?}"),
        }
    }

    /// The end of a run that asks for the time once more before it says that something is too old.
    pub(crate) fn done_at(&mut self, fence: &ChangeToken) -> Done {
        match self.poll().unwrap() {
            Action::Done(done) => done,
            Action::Send(_) => {
                self.fence(fence);
                self.done()
            }
            other => panic!("no end but {other:?}"),
        }
    }

    /// The end, which must be up to date.
    pub(crate) fn up_to_date(&mut self) -> Checkpoint {
        match self.done() {
            Done::UpToDate { checkpoint, .. } => checkpoint,
            other => panic!("not up to date but {other:?}"),
        }
    }

    pub(crate) fn error(&mut self) -> Error {
        self.poll().map(|action| panic!("no error but {action:?}")).unwrap_err()
    }

    pub(crate) fn answer(&mut self, status: u16, headers: &[(&str, &str)], body: &str) {
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        if let Some(date) = self.date {
            answer = answer.header("date", http_date(at(date)));
        }
        self.session.receive(answer.body(body).unwrap());
    }

    /// An answer with this body and a `Date` of its own.
    pub(crate) fn answer_at(&mut self, date: i64, body: &str) {
        let date = http_date(at(date));
        self.session.receive(Response::builder().header("date", date).body(body).unwrap());
    }

    /// Answers the question for the end of the log, and the first time that for whose it is.
    pub(crate) fn fence(&mut self, fence: &ChangeToken) {
        self.end(fence);
        if !std::mem::replace(&mut self.told_whose, true) {
            self.whose(SITE);
        }
    }

    /// Answers the question for the end of the log under another date, and that for whose it is under the script's.
    pub(crate) fn fence_dated(&mut self, date: i64, fence: &ChangeToken) {
        let date = self.date.replace(date);
        self.end(fence);
        self.date = date;
        if !std::mem::replace(&mut self.told_whose, true) {
            self.whose(SITE);
        }
    }

    /// Answers the question whose log it is.
    pub(crate) fn whose(&mut self, site: Uuid) {
        let uri = self.request().uri().clone();
        assert!(uri.path().ends_with("/_api/site"), "{uri}");
        self.end(&token_of("1", site, 1, 0));
    }

    /// Answers the question for the end of a log.
    pub(crate) fn end(&mut self, fence: &ChangeToken) {
        let request = self.request();
        assert_eq!(request.uri().query().unwrap().split('&').next_back(), Some("$select=CurrentChangeToken"));
        self.answer(200, &[], &format!(r#"{{"CurrentChangeToken":{{"StringValue":"{fence}"}}}}"#));
    }

    /// Answers the question for the end of the log for as long as it is asked: by a copy that stays behind.
    pub(crate) fn fence_behind(&mut self, fence: &ChangeToken) {
        loop {
            match self.poll() {
                Ok(Action::Send(_)) => self.fence(fence),
                Ok(Action::Wait(wait)) => self.now += wait.at_least,
                Ok(_) => return,
                Err(error) => {
                    self.last_error = Some(error);
                    return;
                }
            }
        }
    }

    /// Whether the run ended because the log is another one.
    pub(crate) fn restarted(&mut self) -> bool {
        matches!(self.poll(), Ok(Action::Done(Done::Resync { reason: ResyncReason::LogRestarted, .. })))
    }

    /// Answers the question for a page with rows of these tokens; returns the start and end that were asked for.
    pub(crate) fn rows(&mut self, tokens: &[ChangeToken]) -> (Option<String>, Option<String>) {
        let bounds = self.bounds();
        self.answer(200, &[], &page_of(tokens));
        bounds
    }

    /// The bounds of the page that is asked for now.
    pub(crate) fn bounds(&mut self) -> (Option<String>, Option<String>) {
        let request = self.request();
        assert!(request.uri().path().ends_with("/GetChanges"), "{}", request.uri());
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let bound = |name: &str| body["query"][name]["StringValue"].as_str().map(str::to_owned);
        (bound("ChangeTokenStart"), bound("ChangeTokenEnd"))
    }

    pub(crate) fn start(&mut self) -> Option<String> {
        self.bounds().0
    }
}

/// A checkpoint as it comes back: callers keep its text.
pub(crate) fn kept(checkpoint: &Checkpoint) -> Checkpoint {
    checkpoint.to_string().parse().unwrap()
}

pub(crate) fn http_date(time: Timestamp) -> String {
    sharepoint_changes::jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap()
}

pub(crate) fn page_of(tokens: &[ChangeToken]) -> String {
    let row = |token: &ChangeToken| {
        format!(
            r#"{{"__metadata":{{"type":"SP.ChangeItem"}},"ChangeToken":{{"StringValue":"{token}"}},"ChangeType":2,
            "SiteId":"{OTHER}","Time":"2026-03-04T10:15:31Z","ItemId":{},"ListId":"{LIST}","WebId":"{OTHER}"}}"#,
            token.number() % 1000
        )
    };
    format!(r#"{{"d":{{"results":[{}]}}}}"#, tokens.iter().map(row).collect::<Vec<_>>().join(","))
}

pub(crate) const EXPIRED: &str = r#"{"error":{"code":"-2130575172, Microsoft.SharePoint.SPInvalidChangeTokenException","message":{"lang":"nl-NL","value":"x"}}}"#;

/// A session from a token, drained over one page with one row; its last checkpoint, and the one of its end.
pub(crate) fn first_run() -> (Checkpoint, Checkpoint) {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(110, 0));
    script.rows(&[token(105, -30)]);
    let page = script.page();
    script.rows(&[]);
    (page.checkpoint, script.up_to_date())
}
