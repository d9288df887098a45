//! The transport against a real socket on this machine: what it brings back, what it refuses, what it never tells.

#![allow(clippy::unwrap_used, reason = "a helper of a test that fails is a test that fails")]

mod answers;
mod bounds;
mod credentials;
mod losses;
mod requests;
mod rests;
mod secrets;
mod server;
mod tls;

use sharepoint_changes::{Host, SendError};
use sharepoint_changes_ureq::{Credential, Transport, TransportError};

use server::Server;

/// A transport that needs no credential.
fn anonymous(server: &Server) -> Transport {
    Transport::new(&server.url("/sites/ops"), |_| Ok(Credential::None)).unwrap()
}

fn get(url: &str) -> http::Request<Vec<u8>> {
    http::Request::get(url).body(Vec::new()).unwrap()
}

fn post(url: &str, body: &str) -> http::Request<Vec<u8>> {
    http::Request::post(url).header("content-type", "application/json").body(body.into()).unwrap()
}

fn fetch(transport: &mut Transport, server: &Server) -> http::Response<Vec<u8>> {
    transport.send(get(&server.url("/_api/web"))).unwrap()
}

fn lost(outcome: Result<http::Response<Vec<u8>>, SendError<TransportError>>) -> TransportError {
    match outcome {
        Err(SendError::Lost(error)) => error,
        other => panic!("expected a loss, got {other:?}"),
    }
}

fn fatal(outcome: Result<http::Response<Vec<u8>>, SendError<TransportError>>) -> TransportError {
    match outcome {
        Err(SendError::Fatal(error)) => error,
        other => panic!("expected a fatal error, got {other:?}"),
    }
}

/// The whole chain, as a user would see it.
fn told(error: &TransportError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
