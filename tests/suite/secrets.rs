//! The one secret the core holds is the form digest: it goes into requests and into nothing that can be printed.

use std::{error::Error as StdError, fmt::Debug};

use sharepoint_changes::{
    Action, DigestMode, DriveError, Machine, Session, Settings, Site, Start, digest, http::Response,
};

use crate::session::script::{MINUTE, Script, page_of, query, site, token};

const SECRET: &str = "0x4F1A9C30HUNTER2";

#[track_caller]
fn silent(what: &impl Debug) {
    let text = format!("{what:?} {what:#?}");
    assert!(!text.contains("HUNTER2"), "{text}");
}

/// An error, and every one behind it, in all words it has.
#[track_caller]
fn silent_error(error: impl StdError + 'static) {
    silent(&error);
    let mut next: Option<&dyn StdError> = Some(&error);
    while let Some(error) = next {
        assert!(!error.to_string().contains("HUNTER2"), "{error}");
        next = error.source();
    }
}

fn digest_of(value: &str, seconds: &str) -> String {
    format!(r#"{{"FormDigestValue":"{value}","FormDigestTimeoutSeconds":{seconds}}}"#)
}

/// A session that was just given the digest.
fn with_digest() -> Script {
    let site = site().digest(DigestMode::Required);
    let start = Start::Token(token(100, -MINUTE));
    let mut script = Script::of(Session::new(site, query(), start, Settings::default()).unwrap());
    script.fence(&token(110, 0));
    script.request();
    script.answer(200, &[], &digest_of(SECRET, "1800"));
    script
}

#[test]
fn a_digest_is_in_the_request_and_in_no_debug_text_of_a_run() {
    let mut script = with_digest();
    silent(&script.session);
    let request = script.request();
    assert_eq!(request.headers()["x-requestdigest"], SECRET);
    silent(&request);
    silent(&script.session);
    script.answer(200, &[], &page_of(&[token(105, -30)]));
    silent(&script.session);
    let page = script.page();
    silent(&page);
    assert!(!page.checkpoint.as_str().contains("HUNTER2"));
    script.rows(&[]);
    let done = script.done();
    silent(&done);
    assert!(!done.checkpoint().as_str().contains("HUNTER2"));
}

#[test]
fn no_error_of_a_run_repeats_the_digest_it_was_sent_with() {
    let stale =
        r#"{"error":{"code":"-2130575251, Microsoft.SharePoint.SPException","message":{"value":"x"}}}"#;
    for (status, body) in [(403, stale), (401, ""), (404, "{}"), (200, "<html>"), (429, ""), (500, "")] {
        let mut script = with_digest();
        let error = loop {
            match script.poll() {
                Ok(Action::Send(request)) if request.uri().path().ends_with("contextinfo") => {
                    script.answer(200, &[], &digest_of(SECRET, "1800"));
                }
                Ok(Action::Send(_)) => script.answer(status, &[], body),
                Ok(Action::Wait(wait)) => script.now += wait.at_least,
                Ok(other) => panic!("{other:?}"),
                Err(error) => break error,
            }
        };
        silent_error(DriveError::<std::io::Error, std::io::Error>::Machine(error));
        silent(&script.session);
        silent_error(script.session.poll(script.now).unwrap_err());
    }
}

#[test]
fn a_digest_that_cannot_be_read_is_not_repeated_by_the_error() {
    let bodies = [
        digest_of(SECRET, "-1"),
        digest_of(SECRET, &format!("\"{SECRET}\"")),
        digest_of(&format!("{SECRET}\\n"), "1800"),
        digest_of(SECRET, "1800")[..40].to_owned(),
        format!(r#"["{SECRET}"]"#),
        format!("<d><FormDigestValue>{SECRET}</FormDigestValue></d>"),
        format!("<d><FormDigestValue>{SECRET}"),
    ];
    for body in bodies {
        silent_error(digest::read(&Response::new(body)).unwrap_err());
    }
}

#[test]
fn an_address_with_a_password_is_refused_and_not_repeated() {
    silent_error(Site::new("https://ana:HUNTER2@fabrikam.sharepoint.com/sites/ops").unwrap_err());
    silent_error(Site::new("https://fabrikam.sharepoint.com/sites/ops?code=HUNTER2").unwrap_err());
}
