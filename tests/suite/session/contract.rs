//! The contract between a machine and its caller, sentence by sentence.

use std::time::Duration;

use sharepoint_changes::{Action, Error, Machine, Start};

use super::script::{MINUTE, Script, page_of, token};

fn drained() -> Script {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(110, 0));
    script
}

#[test]
fn poll_says_the_same_send_again_until_it_is_answered() {
    let mut script = drained();
    let first = script.request();
    let second = script.request();
    assert_eq!((first.uri(), first.body()), (second.uri(), second.body()));
    assert_eq!(first.headers(), second.headers());
}

#[test]
fn a_page_is_handed_out_once_and_polling_on_means_it_is_safe() {
    let mut script = drained();
    script.rows(&[token(105, -30)]);
    assert_eq!(script.page().changes.len(), 1);
    assert_eq!(script.start(), Some(token(105, -30).to_string()));
}

#[test]
fn done_is_said_for_ever() {
    let mut script = drained();
    script.rows(&[]);
    let done = script.done();
    assert_eq!(script.done(), done);
    script.now += Duration::from_secs(1_000_000);
    assert_eq!(script.done(), done);
}

#[test]
fn a_wait_shrinks_with_time_and_ends() {
    let mut script = drained();
    script.request();
    script.answer(429, &[("retry-after", "31")], "");
    assert_eq!(script.wait().at_least, Duration::from_secs(31));
    script.now += Duration::from_secs(30);
    assert_eq!(script.wait().at_least, Duration::from_secs(1));
    script.now += Duration::from_millis(999);
    assert_eq!(script.wait().at_least, Duration::from_millis(1));
    script.now += Duration::from_millis(1);
    assert_eq!(script.start(), Some(token(100, -MINUTE).to_string()));
}

#[test]
fn receive_never_fails_the_next_poll_returns_the_error_and_later_ones_broken() {
    let mut script = drained();
    script.request();
    script.answer(200, &[], "[]");
    assert!(matches!(script.error(), Error::Decode(_)));
    assert!(matches!(script.error(), Error::Broken));
    assert!(matches!(script.error(), Error::Broken));
}

#[test]
fn receive_or_fail_without_an_open_send_is_misuse() {
    let mut script = drained();
    script.answer(200, &[], &page_of(&[]));
    assert!(matches!(script.error(), Error::Misuse(_)));
    let mut script = drained();
    script.session.fail();
    assert!(matches!(script.error(), Error::Misuse(_)));
    // A request that was answered is not open any more, and neither is one before its wait is over.
    let mut script = drained();
    script.rows(&[token(105, -30)]);
    script.answer(200, &[], &page_of(&[]));
    assert!(matches!(script.error(), Error::Misuse(_)));
    let mut script = drained();
    script.request();
    script.session.fail();
    script.wait();
    script.session.fail();
    assert!(matches!(script.error(), Error::Misuse(_)));
}

#[test]
fn a_finished_or_broken_machine_can_be_misused_without_harm() {
    let mut script = drained();
    script.rows(&[]);
    script.done();
    script.session.fail();
    assert!(matches!(script.error(), Error::Misuse(_)));
    script.session.fail();
    assert!(script.poll().is_err());
}

#[test]
fn the_origin_of_the_callers_clock_does_not_matter() {
    let run = |origin: Duration| {
        let mut script = Script::new(Start::Token(token(100, -MINUTE)));
        script.now = origin;
        script.fence(&token(110, 0));
        script.rows(&[token(105, -30)]);
        script.page();
        script.now += Duration::from_secs(5);
        script.rows(&[]);
        script.up_to_date()
    };
    assert_eq!(run(Duration::ZERO), run(Duration::from_secs(56 * 24 * 3600)));
}

#[test]
fn the_first_poll_asks_for_the_end_of_the_log_and_nothing_else() {
    let mut script = Script::new(Start::Beginning);
    let Action::Send(request) = script.poll().unwrap() else { panic!() };
    assert_eq!(request.method(), "GET");
    assert_eq!(request.uri().query(), Some("$select=CurrentChangeToken"));
}
