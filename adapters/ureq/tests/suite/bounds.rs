//! How much is read, and where reading ends.

use sharepoint_changes::Host;
use sharepoint_changes_ureq::TransportError;

use crate::{
    anonymous, fatal, fetch, get,
    server::{Reply, Server, answer, chunked, gzip},
};

#[test]
fn a_body_of_twelve_megabytes_arrives_whole() {
    let body: Vec<u8> = (0..12_000_000_u32).map(|at| (at % 251) as u8).collect();
    for bytes in [answer("200 OK", "", &body), chunked("200 OK", "", &body)] {
        let server = Server::always(bytes);
        let answer = fetch(&mut anonymous(&server), &server);
        assert!(*answer.body() == body, "{} bytes came", answer.body().len());
    }
}

#[test]
fn a_body_at_the_cap_is_taken_and_one_above_it_ends_the_run() {
    for (size, taken) in [(999, true), (1000, true), (1001, false), (500_000, false)] {
        let body = vec![b'x'; size];
        for bytes in [answer("200 OK", "", &body), chunked("200 OK", "", &body)] {
            let server = Server::always(bytes);
            let outcome = anonymous(&server).max_body(1000).send(get(&server.url("/")));
            if taken {
                assert_eq!(outcome.unwrap().body().len(), size);
            } else {
                let error = fatal(outcome);
                assert!(matches!(error, TransportError::TooLarge { max: 1000 }));
                assert_eq!(
                    error.to_string(),
                    "the answer's body is larger than 1000 bytes (setting `max_body`)"
                );
            }
        }
    }
}

#[test]
fn the_cap_counts_decompressed_bytes() {
    let bomb = gzip(&vec![0; 20_000_000]);
    assert!(bomb.len() < 100_000);
    let server = Server::always(answer("200 OK", "Content-Encoding: gzip\r\n", &bomb));
    let error = fatal(anonymous(&server).max_body(1_000_000).send(get(&server.url("/"))));
    assert!(matches!(error, TransportError::TooLarge { max: 1_000_000 }));
}

#[test]
fn a_length_that_is_a_lie_sets_no_memory_aside_beyond_the_cap() {
    let server = Server::new(|_, _| {
        Reply::Close(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\n{}".to_vec())
    });
    let outcome = anonymous(&server).send(get(&server.url("/")));
    assert!(matches!(crate::lost(outcome), TransportError::Broken(_)));
}

#[test]
fn after_an_answer_above_the_cap_the_next_one_is_whole() {
    let server = Server::new(|number, _| {
        Reply::Keep(answer("200 OK", "", if number == 0 { "x".repeat(100_000) } else { "{}".to_owned() }))
    });
    let mut transport = anonymous(&server).max_body(10);
    fatal(transport.send(get(&server.url("/"))));
    assert_eq!(fetch(&mut transport, &server).body(), b"{}");
}

#[test]
fn a_header_that_does_not_end_ends_the_run() {
    let server = Server::new(|_, _| {
        Reply::Close(format!("HTTP/1.1 200 OK\r\nX-Long: {}", "x".repeat(200_000)).into_bytes())
    });
    let error = fatal(anonymous(&server).send(get(&server.url("/"))));
    assert!(matches!(error, TransportError::HeaderTooLarge(_)), "{error:?}");
}
