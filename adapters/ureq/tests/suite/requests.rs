//! A request goes out as it was made.

use sharepoint_changes::Host;

use crate::{
    anonymous, get, post,
    server::{Server, answer},
};

#[test]
fn a_get_goes_out_without_a_body_and_without_a_length() {
    let server = Server::always(answer("200 OK", "", "{}"));
    anonymous(&server).send(get(&server.url("/_api/web?$select=CurrentChangeToken"))).unwrap();
    let request = &server.received()[0];
    assert_eq!(request.head[0], "GET /_api/web?$select=CurrentChangeToken HTTP/1.1");
    assert_eq!(request.header("content-length"), None);
    assert_eq!(request.header("transfer-encoding"), None);
}

#[test]
fn a_post_without_a_body_says_that_its_length_is_zero() {
    let server = Server::always(answer("200 OK", "", "{}"));
    let request = http::Request::post(server.url("/_api/contextinfo")).body(Vec::new()).unwrap();
    anonymous(&server).send(request).unwrap();
    assert_eq!(server.received()[0].header("content-length"), Some("0"));
}

#[test]
fn a_post_carries_its_headers_and_its_body_and_nothing_is_added_but_what_http_needs() {
    let server = Server::always(answer("200 OK", "", "{}"));
    let mut request =
        post(&server.url("/_api/web/GetList(@u)/GetChanges?@u='%2Fa%2FDave''s'"), "{\"query\":{}}");
    request.headers_mut().insert("accept", "application/json;odata=verbose".parse().unwrap());
    request.headers_mut().insert("user-agent", "NONISV|Fabrikam|Index/1.0".parse().unwrap());
    anonymous(&server).send(request).unwrap();
    let received = &server.received()[0];
    assert_eq!(received.head[0], "POST /_api/web/GetList(@u)/GetChanges?@u='%2Fa%2FDave''s' HTTP/1.1");
    assert_eq!(received.body, b"{\"query\":{}}");
    let mut lines: Vec<String> = received.head[1..].iter().map(|line| line.to_ascii_lowercase()).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "accept-encoding: gzip".to_owned(),
            "accept: application/json;odata=verbose".to_owned(),
            "content-length: 12".to_owned(),
            "content-type: application/json".to_owned(),
            format!("host: 127.0.0.1:{}", server.port()),
            "user-agent: nonisv|fabrikam|index/1.0".to_owned(),
        ]
    );
}

#[test]
fn a_request_without_accept_or_user_agent_gets_none() {
    let server = Server::always(answer("200 OK", "", "{}"));
    anonymous(&server).send(get(&server.url("/_api/web"))).unwrap();
    let request = &server.received()[0];
    assert_eq!((request.header("accept"), request.header("user-agent")), (None, None));
}
