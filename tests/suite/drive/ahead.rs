//! `drive_ahead`: what it promises beside what `drive` does.

use std::{
    iter,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use sharepoint_changes_ureq::drive_ahead;

use super::{far_ahead::drive_far_ahead, *};

/// What happened on both sides, in the order in which it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Time,
    /// A request was answered, counted from 1; the first one is for the end of the log.
    Sent(usize),
    Rest(Duration),
    Committed,
}

/// A host that tells what it does, on a clock that commits can move.
struct Telling<'a> {
    host: Canned,
    tell: Sender<Event>,
    seconds: &'a AtomicU64,
}

impl Host for Telling<'_> {
    type Error = &'static str;

    fn send(&mut self, request: Request<Vec<u8>>) -> Answer {
        let is_counted = !asks_whose(&request);
        let answer = self.host.send(request);
        if !is_counted {
            return answer;
        }
        let _ = self.tell.send(Event::Sent(self.host.sent.len()));
        answer
    }

    fn now(&mut self) -> Duration {
        let now = Duration::from_secs(self.seconds.load(Ordering::SeqCst));
        let _ = self.tell.send(Event::Time);
        self.host.now() + now
    }

    fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
        let _ = self.tell.send(Event::Rest(wait.at_least));
        self.host.wait(wait)
    }
}

/// The caller's side of a run.
struct Side<'a> {
    events: Receiver<Event>,
    tell: Sender<Event>,
    seen: Vec<Event>,
    committed: Vec<i64>,
    seconds: &'a AtomicU64,
}

impl Side<'_> {
    /// Waits until the other side has come to this; fails where it never does.
    fn until(&mut self, event: Event) {
        while self.seen.last() != Some(&event) {
            let next = self.events.recv_timeout(Duration::from_secs(20));
            self.seen.push(next.unwrap_or_else(|_| panic!("no {event:?}, only {:?}", self.seen)));
        }
    }

    fn commit(&mut self, checkpoint: &Checkpoint) -> Result<(), &'static str> {
        self.committed.push(checkpoint.token().unwrap().number());
        self.tell.send(Event::Committed).unwrap();
        Ok(())
    }
}

struct Ran {
    end: Result<Checkpoint, DriveError<&'static str, &'static str>>,
    committed: Vec<i64>,
    /// Without the readings of the clock.
    events: Vec<Event>,
    answers_left: usize,
}

/// Drives a session ahead from token 100 on.
fn run(
    answers: impl IntoIterator<Item = Answer>,
    mut commit: impl FnMut(&mut Side<'_>, Checkpoint) -> Result<(), &'static str>,
) -> Ran {
    run_on(Canned::new(answers), &mut commit)
}

fn run_on(
    host: Canned,
    commit: &mut dyn FnMut(&mut Side<'_>, Checkpoint) -> Result<(), &'static str>,
) -> Ran {
    let seconds = AtomicU64::new(0);
    let (tell, events) = channel();
    let mut host = Telling { host, tell: tell.clone(), seconds: &seconds };
    let mut side = Side { events, tell, seen: Vec::new(), committed: Vec::new(), seconds: &seconds };
    let mut session = session();
    let end = drive_ahead(&mut session, &mut host, |page| commit(&mut side, page.checkpoint));
    let mut events = side.seen;
    events.extend(side.events.try_iter());
    events.retain(|event| *event != Event::Time);
    let end = end.map(|done| done.checkpoint().clone());
    Ran { end, committed: side.committed, events, answers_left: host.host.answers.len() }
}

fn session() -> Session {
    Session::new(site(), query(), Start::Token(token(100, -MINUTE)), Settings::default()).unwrap()
}

#[test]
fn pages_are_committed_in_order_and_all_of_them_before_the_end_is_told() {
    let pages = (101..=160).map(|number| rows(&[number]));
    let answers = iter::once(fence(200)).chain(pages).chain([rows(&[])]);
    let ran = run(answers, |side, checkpoint| side.commit(&checkpoint));
    assert_eq!(ran.committed, (101..=160).collect::<Vec<_>>());
    assert_eq!(ran.end.unwrap().token().unwrap().number(), 160);
}

#[test]
fn the_next_page_is_asked_for_while_one_is_committed() {
    let answers = [fence(110), rows(&[103]), rows(&[104]), rows(&[])];
    let ran = run(answers, |side, checkpoint| {
        // The requests are for the end of the log, this page, and the one behind it.
        side.until(Event::Sent(3 + side.committed.len()));
        side.commit(&checkpoint)
    });
    assert_eq!((ran.committed, ran.end.is_ok()), (vec![103, 104], true));
}

#[test]
fn never_more_than_one_page_is_read_ahead() {
    let pages = (101..=300).map(|number| rows(&[number]));
    let answers = iter::once(fence(300)).chain(pages).chain([rows(&[])]);
    let ran = run(answers, |side, checkpoint| {
        let behind = side.committed.len() + 3;
        side.until(Event::Sent(behind));
        // Time for a reader that runs too far.
        (0..20).for_each(|_| thread::yield_now());
        let too_far = |event| matches!(event, Event::Sent(sent) if sent > behind);
        assert!(!side.events.try_iter().any(too_far), "{behind}");
        side.commit(&checkpoint)
    });
    assert_eq!((ran.committed.len(), ran.end.is_ok()), (200, true));
}

#[test]
fn the_first_failed_commit_drops_the_page_in_flight_and_nothing_more_is_asked_for() {
    let answers = [fence(110), rows(&[103]), rows(&[104]), rows(&[105]), rows(&[])];
    let mut commits = 0;
    let ran = run(answers, |side, _| {
        commits += 1;
        side.until(Event::Sent(3));
        Err("disk full")
    });
    assert!(matches!(ran.end, Err(DriveError::Commit("disk full"))), "{:?}", ran.end);
    assert_eq!((commits, ran.answers_left), (1, 2));
}

#[test]
fn a_rest_begins_only_when_everything_handed_over_is_committed_and_the_commits_time_counts() {
    let answers = [fence(110), rows(&[103]), throttled(31), rows(&[])];
    let ran = run(answers, |side, checkpoint| {
        side.until(Event::Sent(3));
        side.until(Event::Time);
        side.seconds.fetch_add(20, Ordering::SeqCst);
        side.commit(&checkpoint)
    });
    let rest = Event::Rest(Duration::from_secs(11));
    assert_eq!(ran.events[2..], [Event::Sent(3), Event::Committed, rest, Event::Sent(4)]);
    assert!(ran.end.is_ok(), "{:?}", ran.end);
}

#[test]
fn a_failed_commit_is_told_after_the_rest_that_the_server_asked_for() {
    for stops in [false, true] {
        let mut host = Canned::new([fence(110), rows(&[103]), throttled(31), rows(&[])]);
        host.stops = stops;
        let ran = run_on(host, &mut |side, _| {
            side.until(Event::Sent(3));
            Err("disk full")
        });
        assert!(matches!(ran.end, Err(DriveError::Commit("disk full"))), "{:?}", ran.end);
        assert_eq!(ran.events[2..], [Event::Sent(3), Event::Rest(Duration::from_secs(31))]);
    }
}

#[test]
fn what_ends_the_reading_is_told_after_the_pages_before_it() {
    let unreadable = || Ok(Response::new(b"[]".to_vec()));
    let fatal = || Err(SendError::Fatal("no credential"));
    for ends in [unreadable as fn() -> Answer, fatal] {
        let mut commit = |side: &mut Side<'_>, checkpoint: Checkpoint| {
            side.until(Event::Sent(3));
            side.commit(&checkpoint)
        };
        let ran = run([fence(110), rows(&[103]), ends()], &mut commit);
        assert_eq!(ran.committed, [103]);
        assert!(matches!(ran.end, Err(DriveError::Machine(_) | DriveError::Transport("no credential"))));
        // A commit that failed came first.
        let ran = run([fence(110), rows(&[103]), ends()], |side, _| {
            side.until(Event::Sent(3));
            Err("disk full")
        });
        assert!(matches!(ran.end, Err(DriveError::Commit("disk full"))), "{:?}", ran.end);
    }
}

#[test]
fn a_wish_to_stop_ends_it_after_the_pages_before_it() {
    let mut host = Canned::new([fence(110), rows(&[103]), throttled(31)]);
    host.stops = true;
    let ran = run_on(host, &mut |side, checkpoint| side.commit(&checkpoint));
    assert!(matches!(ran.end, Err(DriveError::Stopped)), "{:?}", ran.end);
    assert_eq!(ran.committed, [103]);
}

#[test]
fn a_panic_goes_on_to_the_caller_from_either_side() {
    let mut host = Canned::new([fence(110), rows(&[103]), throttled(31)]);
    let in_commit = catch_unwind(AssertUnwindSafe(|| {
        drive_far_ahead(&mut session(), &mut host, |_| -> Result<(), ()> { panic_any("in the commit") })
    }));
    assert_eq!(in_commit.unwrap_err().downcast_ref(), Some(&"in the commit"));
    // It takes no rest.
    assert_eq!((host.sent.len(), host.waits.len()), (3, 0));

    /// Answers the end of the log and one page.
    struct Falling(Canned);
    impl Host for Falling {
        type Error = &'static str;
        fn send(&mut self, request: Request<Vec<u8>>) -> Answer {
            if self.0.answers.is_empty() {
                panic_any("in the host");
            }
            self.0.send(request)
        }
        fn now(&mut self) -> Duration {
            self.0.now()
        }
        fn wait(&mut self, wait: &Wait) -> ControlFlow<()> {
            self.0.wait(wait)
        }
    }
    let mut committed = 0;
    let in_host = catch_unwind(AssertUnwindSafe(|| {
        let mut host = Falling(Canned::new([fence(110), rows(&[103])]));
        drive_ahead(&mut session(), &mut host, |_| {
            committed += 1;
            Ok::<_, ()>(())
        })
    }));
    assert_eq!(in_host.unwrap_err().downcast_ref(), Some(&"in the host"));
    assert_eq!(committed, 1);
}
