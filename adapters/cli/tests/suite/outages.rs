//! Servers that are not there: from the beginning, or for a while.

use std::net::TcpListener;

use crate::{copy::Copy, run, state};

/// An address on this machine where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/sites/ops", listener.local_addr().unwrap())
}

#[test]
fn where_nobody_ever_answered_three_tries_are_enough() {
    let (_folder, path) = state();
    let copy = Copy::new();
    let address = nobody();
    for args in [
        &["tail", &address][..],
        &["tail", &address, "--state", &path, "--follow"],
        &["tail", &address, "--since", "-7d"],
        &["token", "now", &address],
        &["mirror", &address, "--list", "Tasks", "--into", &copy.path, "--follow"],
    ] {
        let ended = run(&[&["-v"], args].concat()).with(5);
        assert!(ended.out.is_empty(), "{args:?}: {}", ended.out);
        assert_eq!(ended.err.matches("GET ").count(), 3, "{args:?}: {}", ended.err);
        let says = format!("error: no server answers at {address}: ");
        assert!(ended.err.contains(&says) && ended.err.contains("refused"), "{args:?}: {}", ended.err);
    }
}
