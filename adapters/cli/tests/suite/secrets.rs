//! Credentials are sent, and never printed.

use crate::{command, run};

const SECRET: &str = "hunter2-eyJhbGciOi";

#[test]
fn no_secret_is_in_any_output() {
    let rejected = "sim:?auth=bearer:other";
    let print = format!("echo {SECRET}");
    for args in [
        &["-v", "tail", rejected, "--bearer-command", &print][..],
        &["-v", "tail", rejected, "--cookie", SECRET],
        &["-v", "tail", "http://sharepoint.invalid/", "--bearer-command", &print],
        &["tail", "https://user:hunter2-eyJhbGciOi@fabrikam.example/"],
        &["tail", "--help"],
        &["token", "now", rejected],
    ] {
        let output =
            command(args).env("SPCHANGES_TOKEN", SECRET).env("SPCHANGES_COOKIE", SECRET).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!text.contains(SECRET), "{args:?}: {text}");
    }
}

#[test]
fn a_word_that_cannot_be_used_is_repeated_without_the_secret_in_it() {
    let long = format!("eyJ{}{SECRET}", "x".repeat(90));
    let place = format!("user:{SECRET}@fabrikam.example/sites/ops");
    let forms = [
        place.clone(),
        format!("//{place}"),
        format!("https:/{place}"),
        format!("https://{place}"),
        format!("https://user:{SECRET}%40fabrikam.example/sites/ops"),
        format!("user:{SECRET}"),
        format!("fabrikam.example/sites/ops?code={SECRET}"),
        format!("SPCHANGES_TOKEN={SECRET}"),
        format!("Bearer {long}"),
        format!("sim:?auth={SECRET}"),
        format!("sim:?auth=bearer:{SECRET}&colour=red"),
        format!("--cokie=FedAuth={SECRET}"),
        long,
    ];
    for word in &forms {
        for before in [
            &[][..],
            &["tail"],
            &["tail", "sim:"],
            &["token", "now"],
            &["token"],
            &["token", "show"],
            &["mirror", "--into", "/nonexistent/a", "--list", "a"],
            &["tail", "sim:", "--every"],
            &["tail", "sim:", "--max"],
            &["tail", "sim:", "--since"],
            &["tail", "sim:", "--only"],
            &["mirror", "sim:", "--into", "/nonexistent/a", "--list", "a", "--max-delete"],
            &["tail", "sim:", "--since", "never", "--state"],
            &["mirror", "--list", "a", "sim:", "--max-delete", "x", "--into"],
            &["simulate", "--auth"],
            &["simulate", "--seed"],
        ] {
            let ended = run(&[before, &[word]].concat()).with(2);
            assert!(!ended.err.is_empty() && ended.out.is_empty(), "{before:?} {word}");
            assert!(!ended.err.contains(SECRET), "{before:?} {word}: {}", ended.err);
        }
    }
    for before in [&["tail"][..], &["read"], &["tail", "sim:", "--state"], &["mirror", "--status", "--into"]]
    {
        let ended = run(&[before, &[&place]].concat()).with(2);
        assert!(ended.err.contains("…@fabrikam.example/sites/ops"), "{before:?}: {}", ended.err);
    }
}

#[test]
fn a_credential_is_taken_from_a_command_or_from_the_environment() {
    let guarded = format!("sim:?auth=bearer:{SECRET}");
    run(&["tail", &guarded]).with(4);
    run(&["tail", &guarded, "--bearer-command", &format!("echo {SECRET}")]).with(0);
    let output = command(&["tail", &guarded]).env("SPCHANGES_TOKEN", SECRET).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    // What is given on the command line goes before the environment.
    let args = ["tail", &guarded, "--bearer-command", "echo wrong"];
    let output = command(&args).env("SPCHANGES_TOKEN", SECRET).env("SPCHANGES_COOKIE", "x").output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let ended = run(&["tail", &guarded, "--bearer-command", "exit 7"]).with(4);
    assert!(ended.err.contains("bearer command failed"), "{}", ended.err);
    let slow = ["tail", &guarded, "--bearer-command", "sleep 1000", "--bearer-timeout", "100ms"];
    let ended = run(&slow).with(4);
    assert!(ended.err.contains("did not end within 0.1 s"), "{}", ended.err);
}

#[test]
fn a_session_by_cookie_sends_a_form_digest() {
    let guarded = format!("sim:?auth=cookie:{SECRET}");
    let output = command(&["-v", "tail", &guarded])
        .env("SPCHANGES_COOKIE", format!("FedAuth={SECRET}"))
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && err.contains("_api/contextinfo"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named_and_nothing_is_sent_without_a_credential() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    for variable in ["SPCHANGES_TOKEN", "SPCHANGES_COOKIE"] {
        for args in [&["-v", "tail", "sim:"][..], &["-v", "tail", "http://127.0.0.1:9/sites/ops"]] {
            let value = [SECRET.as_bytes(), b"\xff"].concat();
            let output = command(args).env(variable, OsStr::from_bytes(&value)).output().unwrap();
            let err = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(4), "{args:?}: {err}");
            assert!(err.contains(variable) && !err.contains(SECRET), "{args:?}: {err}");
            assert!(output.stdout.is_empty() && !err.contains("refused"), "{args:?}: {err}");
        }
    }
}
