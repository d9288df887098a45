//! Nobody but the site itself is spoken to.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use sharepoint_changes::Host;
use sharepoint_changes_ureq::{Credential, Transport, TransportError, Trust};

use crate::{fatal, get, lost, server::answer, told};

/// Serves one connection over TLS with a certificate nobody has signed; gives back the request it was sent, if any.
fn serve_once(name: &str) -> (String, String, JoinHandle<Vec<u8>>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::Stream::new(&mut tls, &mut socket);
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) => request.push(byte[0]),
                _ => return request,
            }
        }
        stream.write_all(&answer("200 OK", "Connection: close\r\n", "{}")).unwrap();
        tls.send_close_notify();
        let _ = tls.complete_io(&mut socket);
        request
    });
    (site, made.cert.pem(), thread)
}

fn transport(site: &str, trust: Trust) -> Transport {
    Transport::new(site, |_| Ok(Credential::Bearer("secret".into()))).unwrap().trust(trust)
}

#[test]
fn a_certificate_that_nobody_trusts_ends_the_run_before_the_credential_is_sent() {
    for trust in [Trust::mozilla(), Trust::pem(stranger().as_bytes()).unwrap()] {
        let (site, _, server) = serve_once("127.0.0.1");
        let error = fatal(transport(&site, trust).send(get(&site)));
        assert!(matches!(error, TransportError::Untrusted(_)), "{}", told(&error));
        assert!(error.to_string().contains("`trust`"));
        assert!(server.join().unwrap().is_empty());
    }
}

#[test]
fn a_certificate_for_another_name_ends_the_run() {
    let (site, pem, server) = serve_once("farm.invalid");
    let error = fatal(transport(&site, Trust::pem(pem.as_bytes()).unwrap()).send(get(&site)));
    assert!(matches!(error, TransportError::Untrusted(_)), "{}", told(&error));
    assert!(server.join().unwrap().is_empty());
}

#[test]
fn a_certificate_that_is_trusted_carries_the_request() {
    let (site, pem, server) = serve_once("127.0.0.1");
    let answer = transport(&site, Trust::pem(pem.as_bytes()).unwrap()).send(get(&site)).unwrap();
    assert_eq!(answer.body(), b"{}");
    let request = String::from_utf8(server.join().unwrap()).unwrap();
    assert!(request.to_ascii_lowercase().contains("authorization: bearer secret"), "{request}");
}

#[test]
fn a_handshake_that_does_not_come_to_its_end_is_a_lost_connection() {
    // The system takes the connection for the listener; nobody ever reads from it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let mut transport = transport(&site, Trust::mozilla()).connect_timeout(Duration::from_millis(80));
    let error = lost(transport.send(get(&site)));
    assert_eq!(error.to_string(), "no connection within 80 ms (setting `connect_timeout`)");
}

/// A certificate that signs nothing here.
fn stranger() -> String {
    rcgen::generate_simple_self_signed(["other.invalid".to_owned()]).unwrap().cert.pem()
}
