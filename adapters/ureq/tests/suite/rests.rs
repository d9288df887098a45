//! The clock and the waits.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use sharepoint_changes::{Host, Wait, WaitReason};
use sharepoint_changes_ureq::{Credential, Transport};

fn transport() -> Transport {
    Transport::new("https://farm.invalid/", |_| Ok(Credential::None)).unwrap()
}

fn throttled(at_least: Duration) -> Wait {
    Wait { at_least, reason: WaitReason::Throttled }
}

#[test]
fn the_clock_counts_up_from_the_transports_making() {
    let mut transport = transport();
    let first = transport.now();
    assert!(first < Duration::from_secs(60));
    assert!(transport.now() >= first);
}

#[test]
fn a_wait_is_never_shorter_than_asked() {
    let mut transport = transport();
    let before = transport.now();
    assert_eq!(transport.wait(&throttled(Duration::from_millis(30))), ControlFlow::Continue(()));
    assert!(transport.now() - before >= Duration::from_millis(30));
}

#[test]
fn a_raised_flag_ends_a_wait_of_an_hour() {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = Arc::new(AtomicU32::new(0));
    let (theirs, count) = (Arc::clone(&flag), Arc::clone(&seen));
    let mut transport = transport().stop_when(move || {
        // As a signal would: the flag goes up while the wait is under way.
        if count.fetch_add(1, Ordering::SeqCst) == 1 {
            theirs.store(true, Ordering::SeqCst);
        }
        theirs.load(Ordering::SeqCst)
    });
    assert_eq!(transport.wait(&throttled(Duration::from_secs(3600))), ControlFlow::Break(()));
    assert_eq!(seen.load(Ordering::SeqCst), 2);
    assert_eq!(transport.wait(&throttled(Duration::ZERO)), ControlFlow::Break(()));
}

#[test]
fn a_transport_can_be_made_here_and_used_in_another_thread() {
    let mut transport = transport();
    let end = std::thread::spawn(move || transport.wait(&throttled(Duration::ZERO))).join().unwrap();
    assert_eq!(end, ControlFlow::Continue(()));
}
