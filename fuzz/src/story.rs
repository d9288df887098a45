//! Session operations in any order, against a server that tells the truth, half of it, or anything.

mod rowset;
mod told;

use std::{fmt::Debug, time::Duration};

use arbitrary::{Arbitrary, Unstructured};
use sharepoint_changes::{
    Action, ChangeQuery, Checkpoint, DigestMode, Done, Error, Followed, ItemPage, ItemQuery, Kinds, Machine,
    Objects, Page, Reload, Scope, Session, Settings, Start, http::Request,
};

use self::told::Server;
pub use self::told::Told;
use super::{list, site};

/// What happens to a program that keeps itself up to date.
#[derive(Arbitrary, Debug, Clone)]
pub struct Story {
    start: u8,
    cookies: bool,
    overlap: bool,
    refuses_reloads: bool,
    #[arbitrary(with = mostly_exchanges)]
    ops: Vec<Op>,
}

/// Three quarters of what happens in a run is what should.
fn mostly_exchanges(bytes: &mut Unstructured<'_>) -> arbitrary::Result<Vec<Op>> {
    let mut ops = Vec::new();
    while !bytes.is_empty() {
        let usual = bytes.ratio(3, 4)?;
        ops.push(if usual { Op::Exchange(bytes.arbitrary()?) } else { bytes.arbitrary()? });
    }
    Ok(ops)
}

/// One operation.
#[derive(Arbitrary, Debug, Clone)]
pub enum Op {
    /// Asks what to do.
    Poll,
    /// Asks what to do, and answers if something is to be sent; where the run is over, in a new one.
    Exchange(Told),
    /// Answers, whether or not something was asked.
    Answer(Told),
    /// Says that no answer came, whether or not something was asked.
    Fail,
    /// Lets seconds pass.
    Pass(u16),
    /// Lets hours pass.
    Sleep(u8),
    /// Begins a new run from the last checkpoint that was committed, or from the start.
    Resume,
    /// The same, from the one before: the last commit was lost.
    Crash,
}

/// Operations on a session over changes, in any order, end in no panic; what is promised of polls, pages and ends
/// holds, and a position never goes back. Returns how often the log's end was reached.
pub fn session_changes(story: &Story) -> u32 {
    let objects = Objects::ITEM | Objects::LIST;
    let query = ChangeQuery::new(Scope::List(list()), objects, Kinds::EVERYTHING);
    Reader::<ChangeQuery>::new(query, story).run(&story.ops)
}

/// The same of a session over a list's items; and an end leaves nothing behind that was only pointed at.
pub fn session_items(story: &Story) -> u32 {
    Reader::<ItemQuery>::new(ItemQuery::new(list()), story).run(&story.ops)
}

/// A program and its store.
struct Reader<Q: Followed> {
    query: Q,
    settings: Settings,
    start: Start,
    site: sharepoint_changes::Site,
    session: Session<Q>,
    server: Server,
    now: Duration,
    open: Option<Request<Vec<u8>>>,
    /// The rest that the last poll asked for.
    wait: Option<Duration>,
    /// Checkpoints as they were committed.
    committed: Vec<String>,
    /// What the session must follow next.
    follows: Option<String>,
    end: Option<End>,
    /// Successful answers that this run got.
    successes: u32,
    /// Ends of the log that were reached.
    ends: u32,
}

/// A run that is over.
#[derive(Debug, PartialEq)]
enum End {
    Done(Done),
    Broken,
}

/// What both feeds' pages have.
pub trait Handed: Debug {
    fn checkpoint(&self) -> &Checkpoint;
    fn follows(&self) -> Option<&str>;
}

impl Handed for Page {
    fn checkpoint(&self) -> &Checkpoint {
        assert!(self.gap.is_some() || !self.changes.is_empty());
        for (index, change) in self.changes.iter().enumerate() {
            // Further on where an overlap is delivered again.
            let after = self.checkpoint_after(index);
            let order = after.token().and_then(|token| token.order(&change.token));
            assert!(order.is_some_and(|order| order.is_ge()), "{after} {change:?}");
        }
        &self.checkpoint
    }

    fn follows(&self) -> Option<&str> {
        self.follows.as_deref()
    }
}

impl Handed for ItemPage {
    fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    fn follows(&self) -> Option<&str> {
        self.follows.as_deref()
    }
}

impl<Q: Followed + Clone> Reader<Q>
where
    Session<Q>: Machine<Done = Done>,
    <Session<Q> as Machine>::Page: Handed,
{
    fn new(query: Q, story: &Story) -> Self {
        let mut server = Server::default();
        let start = match story.start % 4 {
            0 => Start::Beginning,
            1 => Start::Now,
            2 => Start::Bootstrap,
            _ => Start::Token(server.token()),
        };
        server.write(u8::from(story.start > 127));
        let mut settings = Settings::default();
        settings.overlap = story.overlap.then_some(Duration::from_secs(3_600));
        settings.reload = if story.refuses_reloads { Reload::Refused } else { Reload::Allowed };
        let mode = if story.cookies { DigestMode::Required } else { DigestMode::NotNeeded };
        let site = site().digest(mode);
        let session = Session::new(site.clone(), query.clone(), start.clone(), settings.clone())
            .expect("a start of the list's");
        Reader {
            query,
            settings,
            start,
            site,
            session,
            server,
            now: Duration::ZERO,
            open: None,
            wait: None,
            committed: Vec::new(),
            follows: None,
            end: None,
            successes: 0,
            ends: 0,
        }
    }

    fn run(mut self, ops: &[Op]) -> u32 {
        for op in ops {
            match op {
                Op::Poll => self.poll(),
                Op::Exchange(told) => {
                    if self.end.is_some() {
                        self.resume();
                    }
                    self.poll();
                    if let Some(wait) = self.wait {
                        self.pass(wait.as_secs() + 1);
                        self.poll();
                    }
                    if self.open.is_some() {
                        self.answer(told);
                    }
                }
                Op::Answer(told) => self.answer(told),
                Op::Fail => {
                    self.misused();
                    self.session.fail();
                }
                Op::Pass(seconds) => self.pass(u64::from(*seconds)),
                Op::Sleep(hours) => self.pass(u64::from(*hours) * 60 * 60),
                Op::Resume => self.resume(),
                Op::Crash => {
                    self.committed.pop();
                    self.resume();
                }
            }
        }
        self.ends
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.server.pass(seconds);
    }

    /// An answer that nobody asked for ends the run.
    fn misused(&mut self) {
        if self.open.take().is_none() {
            self.end = Some(End::Broken);
        }
    }

    fn answer(&mut self, told: &Told) {
        let request = self.open.clone();
        self.misused();
        let answer = self.server.answer(request.as_ref(), told);
        self.successes += u32::from(answer.status().is_success());
        self.session.receive(answer);
    }

    fn resume(&mut self) {
        let start = match self.committed.last() {
            Some(text) => {
                let checkpoint: Checkpoint = text.parse().expect("it was handed out");
                assert_eq!(checkpoint.as_str(), text);
                Start::Checkpoint(checkpoint)
            }
            None => self.start.clone(),
        };
        let (site, query, settings) = (self.site.clone(), self.query.clone(), self.settings.clone());
        self.session =
            Session::new(site, query, start, settings).expect("it goes on from what it said itself");
        self.follows = self.committed.last().cloned();
        (self.open, self.end, self.successes) = (None, None, 0);
    }

    fn commit(&mut self, checkpoint: &Checkpoint, follows: Option<&str>) {
        assert_eq!(follows, self.follows.as_deref());
        self.follows = Some(checkpoint.to_string());
        self.committed.push(checkpoint.to_string());
    }

    fn poll(&mut self) {
        self.wait = None;
        let said = self.session.poll(self.now);
        match (&self.end, &said) {
            (None, _) => {}
            (Some(End::Done(done)), Ok(Action::Done(again))) => return assert_eq!(done, again),
            // The first poll after a misuse says so.
            (Some(End::Broken), Err(_)) => return,
            (Some(end), said) => panic!("{end:?}, and then {said:?}"),
        }
        match said {
            Ok(Action::Send(request)) => {
                assert_eq!(request.uri().host(), Some("fabrikam.sharepoint.com"));
                let again = self.session.poll(self.now);
                assert!(matches!(again, Ok(Action::Send(again)) if shown(&again) == shown(&request)));
                self.open = Some(request);
            }
            Ok(Action::Wait(wait)) => {
                assert!(!wait.at_least.is_zero());
                let half = wait.at_least / 2;
                let later = self.session.poll(self.now + half);
                assert!(matches!(later, Ok(Action::Wait(rest)) if rest.at_least == wait.at_least - half));
                self.wait = Some(wait.at_least);
            }
            Ok(Action::Page(page)) => {
                let (checkpoint, before) = (page.checkpoint(), self.position());
                if let (Some(before), Some(after)) = (before, checkpoint.token()) {
                    assert!(after.order(&before).is_none_or(|order| order.is_ge()), "{before} {after}");
                }
                self.commit(&checkpoint.clone(), page.follows());
            }
            Ok(Action::Done(done)) => {
                assert!(self.successes > 0, "nothing was ever answered");
                self.commit(done.checkpoint(), done.follows());
                if let Done::UpToDate { checkpoint, .. } = &done {
                    self.ends += 1;
                    assert_eq!((checkpoint.pending(), checkpoint.is_loading()), ((0, 0), false));
                }
                self.end = Some(End::Done(done));
            }
            Err(error) => {
                assert!(!matches!(error, Error::Broken), "the first error says more");
                assert!(matches!(self.session.poll(self.now), Err(Error::Broken)));
                self.end = Some(End::Broken);
            }
        }
    }

    /// The token of the last commit.
    fn position(&self) -> Option<sharepoint_changes::ChangeToken> {
        self.committed.last()?.parse::<Checkpoint>().ok()?.token().cloned()
    }
}

fn shown(request: &Request<Vec<u8>>) -> String {
    format!("{request:?}")
}
