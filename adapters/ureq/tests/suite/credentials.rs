//! Whom the credential is asked of, when, and where it goes.

use std::sync::{Arc, Mutex};

use sharepoint_changes::Host;
use sharepoint_changes_ureq::{Ask, Credential, Transport, TransportError};

use crate::{
    fatal, fetch, get, post,
    server::{Reply, Server, answer},
    told,
};

/// A transport whose n-th credential is `token-n`, and what its closure was asked.
fn rotating(site: &str) -> (Transport, Arc<Mutex<Vec<Ask>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let transport = Transport::new(site, move |ask| {
        let mut log = log.lock().unwrap();
        log.push(ask);
        Ok(Credential::Bearer(format!("token-{}", log.len())))
    });
    (transport.unwrap(), asked)
}

fn shown(server: &Server) -> Vec<String> {
    server
        .received()
        .iter()
        .map(|request| request.header("authorization").unwrap_or("none").to_owned())
        .collect()
}

#[test]
fn the_closure_is_asked_before_every_request() {
    let server = Server::always(answer("200 OK", "", "{}"));
    let (mut transport, asked) = rotating(&server.url("/sites/ops"));
    for _ in 0..3 {
        fetch(&mut transport, &server);
    }
    assert_eq!(*asked.lock().unwrap(), [Ask::First; 3]);
    assert_eq!(shown(&server), ["Bearer token-1", "Bearer token-2", "Bearer token-3"]);
}

#[test]
fn after_a_401_the_closure_is_asked_once_more_and_the_same_request_sent_again() {
    let server = Server::new(|_, request| {
        Reply::Keep(match request.header("authorization") {
            Some("Bearer token-2") => answer("200 OK", "", "{}"),
            _ => answer("401 Unauthorized", "WWW-Authenticate: Bearer realm=\"x\"\r\n", ""),
        })
    });
    let (mut transport, asked) = rotating(&server.url("/sites/ops"));
    let answer = transport.send(post(&server.url("/_api/web/GetChanges"), "{\"query\":{}}")).unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(*asked.lock().unwrap(), [Ask::First, Ask::Refused]);
    assert_eq!(shown(&server), ["Bearer token-1", "Bearer token-2"]);
    let received = server.received();
    assert_eq!(received[0].head[0], received[1].head[0]);
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_second_401_is_handed_back() {
    let server = Server::always(answer("401 Unauthorized", "x-ms-diagnostics: 3000003\r\n", "no"));
    let (mut transport, asked) = rotating(&server.url("/sites/ops"));
    let answer = fetch(&mut transport, &server);
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["x-ms-diagnostics"], "3000003");
    assert_eq!(answer.body(), b"no");
    assert_eq!(*asked.lock().unwrap(), [Ask::First, Ask::Refused]);
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_credential_that_was_just_refused_is_not_sent_again() {
    for credential in [Credential::Bearer("same".into()), Credential::None] {
        let server = Server::always(answer("401 Unauthorized", "", ""));
        let mut transport = Transport::new(&server.url("/"), move |_| Ok(credential.clone())).unwrap();
        assert_eq!(fetch(&mut transport, &server).status(), 401);
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn no_other_status_asks_for_a_new_credential() {
    for status in ["200 OK", "302 Found", "403 Forbidden", "429 Slow", "500 Oops"] {
        let server = Server::always(answer(status, "", ""));
        let (mut transport, asked) = rotating(&server.url("/"));
        fetch(&mut transport, &server);
        assert_eq!(*asked.lock().unwrap(), [Ask::First], "{status}");
    }
}

#[test]
fn a_closure_without_a_credential_ends_the_run_before_anything_is_sent() {
    let server = Server::always(answer("200 OK", "", "{}"));
    let mut transport = Transport::new(&server.url("/"), |_| Err("the agent is locked".into())).unwrap();
    let error = fatal(transport.send(get(&server.url("/"))));
    assert_eq!(told(&error), "there is no credential: the agent is locked");
    assert!(server.received().is_empty());
}

#[test]
fn a_closure_without_a_second_credential_ends_the_run_and_says_that_the_first_was_refused() {
    let server = Server::always(answer("401 Unauthorized", "", ""));
    let mut transport = Transport::new(&server.url("/"), |ask| match ask {
        Ask::First => Ok(Credential::Bearer("old".into())),
        Ask::Refused => Err("sign in again".into()),
    })
    .unwrap();
    let error = fatal(transport.send(get(&server.url("/"))));
    assert_eq!(
        told(&error),
        "there is no credential in place of the one the server refused (401): sign in again"
    );
}

#[test]
fn a_cookie_session_sends_its_cookie_and_declines_the_sign_in_form() {
    let server = Server::always(answer("200 OK", "", "{}"));
    let mut transport =
        Transport::new(&server.url("/"), |_| Ok(Credential::Cookie("FedAuth=a; rtFa=b".into()))).unwrap();
    fetch(&mut transport, &server);
    let request = &server.received()[0];
    assert_eq!(request.header("cookie"), Some("FedAuth=a; rtFa=b"));
    assert_eq!(request.header("x-forms_based_auth_accepted"), Some("f"));
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn no_request_goes_to_another_origin_and_the_closure_is_not_even_asked() {
    let elsewhere = Server::always(answer("200 OK", "", "{}"));
    let site = Server::always(answer("200 OK", "", "{}"));
    let (mut transport, asked) = rotating(&site.url("/sites/ops"));
    for url in [
        elsewhere.url("/sites/ops"),
        format!("http://localhost:{}/", site.port()),
        format!("https://127.0.0.1:{}/", site.port()),
        format!("http://127.0.0.1:{}@127.0.0.1:{}/", site.port(), elsewhere.port()),
    ] {
        let error = fatal(transport.send(get(&url)));
        let refused = matches!(error, TransportError::OtherOrigin { .. } | TransportError::Address(_));
        assert!(refused, "{url}: {error:?}");
    }
    fatal(transport.send(get("/sites/ops")));
    assert!(elsewhere.received().is_empty() && site.received().is_empty());
    assert!(asked.lock().unwrap().is_empty());
}

#[test]
fn a_redirect_to_another_host_gets_no_credential() {
    let elsewhere = Server::always(answer("200 OK", "", "{}"));
    let site = Server::always(answer("302 Found", &format!("Location: {}\r\n", elsewhere.url("/")), ""));
    let (mut transport, _) = rotating(&site.url("/"));
    assert_eq!(fetch(&mut transport, &site).status(), 302);
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_credential_goes_to_another_machine_only_encrypted_unless_that_is_allowed() {
    // The proxy stands for the other machine; the name is one that never exists (RFC 6761).
    let proxy = Server::always(answer("200 OK", "", ""));
    let site = "http://farm.invalid/sites/ops";
    let through_proxy = || rotating(site).0.proxy(Some(&proxy.url(""))).unwrap();

    let error = fatal(through_proxy().send(get(site)));
    assert!(matches!(error, TransportError::Cleartext(_)));
    assert!(error.to_string().contains("http://farm.invalid") && error.to_string().contains("`cleartext`"));
    assert!(proxy.received().is_empty());

    assert_eq!(through_proxy().cleartext(true).send(get(site)).unwrap().status(), 200);
    let heads: Vec<_> = proxy.received().iter().map(|request| request.head[0].clone()).collect();
    assert_eq!(heads, ["CONNECT farm.invalid:80 HTTP/1.1", "GET /sites/ops HTTP/1.1"]);
    assert_eq!(shown(&proxy), ["none", "Bearer token-1"]);
}

#[test]
fn an_anonymous_request_may_go_unencrypted() {
    let proxy = Server::always(answer("200 OK", "", ""));
    let site = "http://farm.invalid/sites/ops";
    let transport = Transport::new(site, |_| Ok(Credential::None)).unwrap();
    let answer = transport.proxy(Some(&proxy.url(""))).unwrap().send(get(site)).unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn a_proxy_that_wants_a_password_ends_the_run_and_is_named() {
    let head = "Proxy-Authenticate: Basic realm=\"a\"\r\n";
    let proxy = Server::always(answer("407 Proxy Authentication Required", head, ""));
    let site = "https://farm.invalid/sites/ops";
    let (transport, _) = rotating(site);
    let error = fatal(transport.proxy(Some(&proxy.url(""))).unwrap().send(get(site)));
    assert!(matches!(error, TransportError::ProxyCredential), "{error}");
    assert!(error.to_string().contains("the proxy wants"), "{error}");
}
