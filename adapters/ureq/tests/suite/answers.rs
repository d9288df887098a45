//! Every answer is brought back as it came.

use sharepoint_changes::Host;

use crate::{
    anonymous, fetch, get,
    server::{Reply, Server, answer, chunked, gzip},
};

#[test]
fn throttling_arrives_with_its_headers_and_its_body() {
    let server = Server::always(answer(
        "429 Too Many Requests",
        "Retry-After: 31\r\nRateLimit-Limit: 1250\r\nRateLimit-Remaining: 0\r\nRateLimit-Reset: 31\r\n",
        "<h1>slow down</h1>",
    ));
    let answer = fetch(&mut anonymous(&server), &server);
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "31");
    assert_eq!(answer.headers()["ratelimit-reset"], "31");
    assert_eq!(answer.body(), b"<h1>slow down</h1>");
    assert_eq!(server.received().len(), 1, "the transport tried again by itself");
}

#[test]
fn a_fault_of_any_status_is_an_answer() {
    for status in
        ["400 Bad Request", "403 Forbidden", "404 Not Found", "500 Internal Server Error", "503 Busy"]
    {
        let server = Server::always(answer(status, "SPRequestGuid: 90d66da0\r\n", "{\"odata.error\":{}}"));
        let answer = fetch(&mut anonymous(&server), &server);
        assert!(status.starts_with(answer.status().as_str()));
        assert_eq!(answer.headers()["sprequestguid"], "90d66da0");
        assert_eq!(answer.body(), b"{\"odata.error\":{}}");
    }
}

#[test]
fn a_redirect_is_handed_back_and_its_target_never_asked() {
    let sign_in = Server::always(answer("200 OK", "", "<form>"));
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = sign_in.url("/_forms/default.aspx?ReturnUrl=%2f");
        let server = Server::always(answer(status, &format!("Location: {location}\r\n"), "moved"));
        let answer = fetch(&mut anonymous(&server), &server);
        assert!(status.starts_with(answer.status().as_str()));
        assert_eq!(answer.headers()["location"], location.as_str());
        assert_eq!(answer.body(), b"moved");
        assert_eq!(server.received().len(), 1);
    }
    assert!(sign_in.received().is_empty());
}

#[test]
fn every_header_arrives_repeated_and_unreadable_ones_too() {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Odd: caf\xe9\r\nSet-Cookie: b=2\r\nDate: Wed, 04 Mar 2026 \
        10:15:30 GMT\r\nX-Empty:\r\nContent-Length: 2\r\n\r\n"
            .to_vec();
    bytes.extend_from_slice(b"{}");
    let server = Server::always(bytes);
    let answer = fetch(&mut anonymous(&server), &server);
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(answer.headers()["x-odd"].as_bytes(), b"caf\xe9");
    assert_eq!(answer.headers()["date"], "Wed, 04 Mar 2026 10:15:30 GMT");
    assert_eq!(answer.headers()["x-empty"], "");
    assert_eq!(answer.headers()["content-length"], "2");
    assert_eq!(answer.headers().len(), 6);
}

#[test]
fn a_compressed_body_arrives_plain_without_the_two_headers_that_no_longer_fit() {
    let text = "{\"value\":[]}".repeat(10_000);
    let packed = gzip(text.as_bytes());
    for bytes in [
        answer("200 OK", "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n", &packed),
        chunked("200 OK", "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n", &packed),
    ] {
        let server = Server::always(bytes);
        let answer = fetch(&mut anonymous(&server), &server);
        assert_eq!(answer.body(), text.as_bytes());
        assert!(!answer.headers().contains_key("content-encoding"));
        assert!(!answer.headers().contains_key("content-length"));
        assert_eq!(answer.headers()["vary"], "Accept-Encoding");
        assert_eq!(server.received()[0].header("accept-encoding"), Some("gzip"));
    }
}

#[test]
fn compression_can_be_turned_off() {
    let server = Server::always(answer("200 OK", "", "{}"));
    let mut transport = anonymous(&server).accept_gzip(false);
    assert_eq!(fetch(&mut transport, &server).body(), b"{}");
    assert_eq!(server.received()[0].header("accept-encoding"), Some("identity"));
}

#[test]
fn a_body_in_an_encoding_that_was_not_asked_for_arrives_as_it_is_with_its_label() {
    let server = Server::always(answer("200 OK", "Content-Encoding: br\r\n", b"\x0b\x01\x80{}\x03"));
    let answer = fetch(&mut anonymous(&server), &server);
    assert_eq!(answer.headers()["content-encoding"], "br");
    assert_eq!(answer.body(), b"\x0b\x01\x80{}\x03");
}

#[test]
fn an_error_without_a_body_that_claims_compression_keeps_its_retry_after() {
    let headers = "Content-Encoding: gzip\r\nRetry-After: 7\r\n";
    for bytes in [answer("503 Busy", headers, ""), chunked("503 Busy", headers, b"")] {
        let server = Server::always(bytes);
        let answer = fetch(&mut anonymous(&server), &server);
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "7");
        assert!(answer.body().is_empty());
    }
}

#[test]
fn a_body_that_ends_with_its_connection_arrives_whole() {
    let server = Server::new(|_, _| {
        Reply::Close(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"value\":[]}".to_vec())
    });
    assert_eq!(fetch(&mut anonymous(&server), &server).body(), b"{\"value\":[]}");
}

#[test]
fn one_connection_serves_request_after_request() {
    let server = Server::new(|number, _| {
        Reply::Keep(match number % 3 {
            0 => answer("200 OK", "", "{}"),
            1 => chunked("429 Too Many Requests", "", b"later"),
            _ => answer("200 OK", "Content-Encoding: gzip\r\n", gzip(b"{}")),
        })
    });
    let mut transport = anonymous(&server);
    for _ in 0..12 {
        fetch(&mut transport, &server);
    }
    assert_eq!((server.received().len(), server.connections()), (12, 1));
}

#[test]
fn a_lent_answer_is_the_one_that_is_given_away() {
    let server = Server::new(|number, _| {
        Reply::Keep(answer("200 OK", "", format!("{{\"page\":{number}}}").repeat(4 - number)))
    });
    let mut transport = anonymous(&server);
    for number in 0..3 {
        let answer = transport.exchange(&get(&server.url("/_api/web"))).unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(*answer.body(), format!("{{\"page\":{number}}}").repeat(4 - number).as_bytes());
    }
    let given = transport.send(get(&server.url("/_api/web"))).unwrap();
    assert_eq!(given.body(), b"{\"page\":3}");
}

#[test]
fn an_answer_that_is_given_back_makes_room_for_the_next_and_nothing_of_it_is_left() {
    let pages = ["x".repeat(300_000), "y".repeat(299_000), String::new(), "z".repeat(301_000)];
    let bytes = pages.clone();
    for chunks in [false, true] {
        let bytes = bytes.clone();
        let server = Server::new(move |number, _| {
            let body = bytes[number].as_bytes();
            Reply::Keep(if chunks { chunked("200 OK", "", body) } else { answer("200 OK", "", body) })
        });
        let mut transport = anonymous(&server);
        let mut places = Vec::new();
        for page in &pages {
            let body = fetch(&mut transport, &server).into_body();
            assert!(body == page.as_bytes(), "{} bytes came", body.len());
            places.push(body.as_ptr());
            transport.reclaim(body);
        }
        assert_eq!((places[1], places[2]), (places[0], places[0]));
    }
}

#[test]
fn an_answer_that_is_not_given_back_is_left_alone() {
    let server = Server::new(|number, _| Reply::Keep(answer("200 OK", "", number.to_string().repeat(9))));
    let mut transport = anonymous(&server);
    let (first, second) = (fetch(&mut transport, &server), fetch(&mut transport, &server));
    assert_eq!((&first.body()[..], &second.body()[..]), (&b"000000000"[..], &b"111111111"[..]));
}

#[test]
fn a_buffer_much_larger_than_a_page_is_not_kept() {
    let server = Server::always(answer("200 OK", "", "x"));
    let mut transport = anonymous(&server);
    let mut large = Vec::with_capacity(64 << 20);
    large.push(b'y');
    transport.reclaim(large);
    assert!(fetch(&mut transport, &server).into_body().capacity() < 1 << 20);
}
