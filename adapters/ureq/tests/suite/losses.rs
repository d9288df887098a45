//! Where no whole answer came, another try may help, and the reason is told.

use std::{error::Error, io::ErrorKind, time::Duration};

use sharepoint_changes::Host;
use sharepoint_changes_ureq::{Credential, Transport, TransportError};

use crate::{
    anonymous, fetch, get, lost,
    server::{Reply, Server, answer, chunked, gzip},
};

#[test]
fn a_server_that_does_not_answer_in_time_is_a_loss() {
    for bytes in ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"va"] {
        let server = Server::new(move |_, _| Reply::Stall(bytes.as_bytes().to_vec()));
        let mut transport = anonymous(&server).timeout(Duration::from_millis(80));
        let error = lost(transport.send(get(&server.url("/"))));
        assert_eq!(error.to_string(), "no complete answer within 80 ms (setting `timeout`)", "{bytes:?}");
    }
}

#[test]
fn a_connection_that_is_dropped_is_a_loss() {
    let plain = answer("200 OK", "", "{\"value\":[]}");
    let packed = answer("200 OK", "Content-Encoding: gzip\r\n", gzip(&[b'x'; 50_000]));
    let pieces = chunked("200 OK", "", &[b'x'; 10_000]);
    for (whole, kept) in [
        (&plain, 0),
        (&plain, 12),
        (&plain, plain.len() - 1),
        (&packed, packed.len() - 1),
        (&packed, packed.len() - 20),
        (&pieces, pieces.len() - 300),
        (&pieces, pieces.len() - 5),
    ] {
        let cut = whole[..kept].to_vec();
        let server = Server::new(move |_, _| Reply::Close(cut.clone()));
        let error = lost(anonymous(&server).send(get(&server.url("/"))));
        assert!(matches!(error, TransportError::Broken(_)), "{kept} of {}: {error:?}", whole.len());
    }
}

#[test]
fn a_body_that_does_not_decompress_is_a_loss() {
    let mut packed = gzip(&[b'x'; 50_000]);
    let middle = packed.len() / 2;
    packed[middle] ^= 0x55;
    for body in [packed.as_slice(), b"{\"value\":[]}", &gzip(b"{}")[..15], b""] {
        let server = Server::always(answer("200 OK", "Content-Encoding: gzip\r\n", body));
        let error = lost(anonymous(&server).send(get(&server.url("/"))));
        assert!(matches!(error, TransportError::Broken(_)), "{error:?}");
    }
}

#[test]
fn an_error_whose_compressed_body_is_cut_is_a_loss() {
    let packed = gzip(&[b'x'; 50_000]);
    let server =
        Server::always(answer("503 Busy", "Content-Encoding: gzip\r\n", &packed[..packed.len() - 20]));
    lost(anonymous(&server).send(get(&server.url("/"))));
}

#[test]
fn what_is_not_http_is_a_loss() {
    let server = Server::new(|_, _| Reply::Close(b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec()));
    lost(anonymous(&server).send(get(&server.url("/"))));
}

#[test]
fn a_server_that_is_not_there_is_a_loss_whose_cause_can_be_walked_to() {
    // Port 1 (tcpmux) is one that nobody listens on.
    let site = "http://127.0.0.1:1/";
    let mut transport = Transport::new(site, |_| Ok(Credential::None)).unwrap();
    let error = lost(transport.send(get(site)));
    assert_eq!(error.to_string(), "the exchange with the server broke off");
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    assert_eq!(cause.map(std::io::Error::kind), Some(ErrorKind::ConnectionRefused));
}

#[test]
fn the_reason_of_a_loss_is_kept_until_the_next_answer() {
    let server = Server::new(|number, _| match number {
        0 => Reply::Close(Vec::new()),
        _ => Reply::Keep(answer("503 Busy", "", "")),
    });
    let mut transport = anonymous(&server);
    assert!(transport.last_loss().is_none());
    lost(transport.send(get(&server.url("/"))));
    assert!(matches!(transport.last_loss(), Some(TransportError::Broken(_))));
    fetch(&mut transport, &server);
    assert!(transport.last_loss().is_none());
}
