//! `drive`: the loop with every effect a parameter; and `drive_ahead`, which reads while it commits.

mod ahead;
pub(crate) mod far_ahead;

use std::{collections::VecDeque, ops::ControlFlow, time::Duration};

use sharepoint_changes::{
    ChangeToken, Checkpoint, DriveError, Host, SendError, Session, Settings, Start, Wait,
    http::{Request, Response},
};

use crate::session::script::{MINUTE, SITE, page_of, query, site, token, token_of};

type Answer = Result<Response<Vec<u8>>, SendError<&'static str>>;

/// A host whose answers are written out, and whose clock moves only while it waits. It tells by itself whose log it is,
/// and counts that with nothing.
struct Canned {
    answers: VecDeque<Answer>,
    now: Duration,
    /// When each request was sent.
    sent: Vec<Duration>,
    waits: Vec<Duration>,
    stops: bool,
    /// How many bodies came back.
    reclaimed: usize,
}

impl Canned {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Canned {
        let answers = answers.into_iter().collect();
        Canned {
            answers,
            now: Duration::ZERO,
            sent: Vec::new(),
            waits: Vec::new(),
            stops: false,
            reclaimed: 0,
        }
    }
}

impl Host for Canned {
    type Error = &'static str;

    fn send(&mut self, request: Request<Vec<u8>>) -> Answer {
        if asks_whose(&request) {
            return end_of(&token_of("1", SITE, 1, 0));
        }
        self.sent.push(self.now);
        self.answers.pop_front().expect("no further request")
    }

    fn reclaim(&mut self, _: Vec<u8>) {
        self.reclaimed += 1;
    }

    fn now(&mut self) -> Duration {
        self.now
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        self.waits.push(wait.at_least);
        self.now += wait.at_least;
        if self.stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn asks_whose(request: &Request<Vec<u8>>) -> bool {
    request.uri().path().ends_with("/_api/site")
}

fn fence(number: i64) -> Answer {
    end_of(&token(number, 0))
}

fn end_of(token: &ChangeToken) -> Answer {
    let body = format!(r#"{{"CurrentChangeToken":{{"StringValue":"{token}"}}}}"#);
    Ok(Response::new(body.into_bytes()))
}

fn rows(numbers: &[i64]) -> Answer {
    let tokens: Vec<_> = numbers.iter().map(|number| token(*number, -30)).collect();
    Ok(Response::new(page_of(&tokens).into_bytes()))
}

fn throttled(seconds: u64) -> Answer {
    let answer = Response::builder().status(429).header("retry-after", seconds);
    Ok(answer.body(Vec::new()).unwrap())
}

/// Drives a session from token 100 on; what was committed, and how it ended.
fn drive(host: &mut Canned) -> (Vec<Checkpoint>, Result<Checkpoint, DriveError<&'static str, &'static str>>) {
    let mut committed = Vec::new();
    let end = drive_with(host, |checkpoint| {
        committed.push(checkpoint);
        Ok(())
    });
    (committed, end)
}

fn drive_with(
    host: &mut Canned,
    mut commit: impl FnMut(Checkpoint) -> Result<(), &'static str>,
) -> Result<Checkpoint, DriveError<&'static str, &'static str>> {
    let start = Start::Token(token(100, -MINUTE));
    let mut session = Session::new(site(), query(), start, Settings::default()).unwrap();
    let done = sharepoint_changes::drive(&mut session, host, |page| commit(page.checkpoint))?;
    Ok(done.checkpoint().clone())
}

#[test]
fn it_sends_commits_each_page_and_ends() {
    let mut host = Canned::new([fence(110), rows(&[103]), rows(&[104, 105]), rows(&[])]);
    let (committed, end) = drive(&mut host);
    let tokens: Vec<_> = committed.iter().map(|checkpoint| checkpoint.token().unwrap().number()).collect();
    assert_eq!(tokens, [103, 105]);
    // Each body comes back once it was read.
    assert_eq!(host.reclaimed, 5);
    assert_eq!(end.unwrap().token().unwrap().number(), 105);
    assert_eq!(host.sent.len(), 4);
}

#[test]
fn the_first_failed_commit_ends_it_without_another_poll() {
    let mut host = Canned::new([fence(110), rows(&[103]), rows(&[104])]);
    let mut commits = 0;
    let end = drive_with(&mut host, |_| {
        commits += 1;
        Err("disk full")
    });
    assert!(matches!(end, Err(DriveError::Commit("disk full"))), "{end:?}");
    assert_eq!((commits, host.sent.len(), host.answers.len()), (1, 2, 1));
}

#[test]
fn a_lost_answer_is_asked_for_again_after_a_wait() {
    let lost = Err(SendError::Lost("cut"));
    let mut host = Canned::new([fence(110), lost, rows(&[])]);
    assert!(drive(&mut host).1.is_ok());
    assert_eq!((host.sent.len(), host.waits), (3, vec![Duration::from_secs(2)]));
}

#[test]
fn it_sends_nothing_before_the_wait_is_over() {
    let mut host = Canned::new([fence(110), throttled(31), throttled(7), rows(&[])]);
    assert!(drive(&mut host).1.is_ok());
    assert_eq!(host.sent, [0, 0, 31, 38].map(Duration::from_secs));
}

#[test]
fn an_answer_that_cannot_come_ends_it() {
    let mut host = Canned::new([fence(110), Err(SendError::Fatal("no credential"))]);
    let (committed, end) = drive(&mut host);
    assert!(matches!(end, Err(DriveError::Transport("no credential"))), "{end:?}");
    assert!(committed.is_empty());
}

#[test]
fn a_wait_that_is_broken_off_ends_it_as_stopped() {
    let mut host = Canned::new([fence(110), throttled(31)]);
    host.stops = true;
    let end = drive(&mut host).1;
    assert!(matches!(end, Err(DriveError::Stopped)), "{end:?}");
    assert_eq!(host.sent.len(), 2);
}

#[test]
fn the_machines_error_ends_it() {
    let mut host = Canned::new([fence(110), Ok(Response::new(b"[]".to_vec()))]);
    let end = drive(&mut host).1;
    assert!(matches!(end, Err(DriveError::Machine(_))), "{end:?}");
}

#[test]
fn killed_at_any_commit_the_next_run_brings_the_rest() {
    let log = [103, 104, 107, 109];
    for kept in 0..log.len() {
        let mut host = Canned::new([fence(110)].into_iter().chain(log.map(|number| rows(&[number]))));
        let mut checkpoints = Vec::new();
        let end = drive_with(&mut host, |checkpoint| {
            if checkpoints.len() == kept {
                return Err("killed");
            }
            checkpoints.push(checkpoint);
            Ok(())
        });
        assert!(matches!(end, Err(DriveError::Commit("killed"))));
        let start = checkpoints.pop().map_or(Start::Token(token(100, -MINUTE)), Start::Checkpoint);
        let mut session = Session::new(site(), query(), start, Settings::default()).unwrap();
        let mut host = Canned::new([fence(112), rows(&log[kept..]), rows(&[])]);
        let mut brought = Vec::new();
        let done = sharepoint_changes::drive(&mut session, &mut host, |page| {
            brought.extend(page.changes.iter().map(|change| change.token.number()));
            Ok::<(), ()>(())
        });
        assert_eq!(brought, log[kept..]);
        assert_eq!(done.unwrap().checkpoint().token().unwrap().number(), 109);
    }
}
