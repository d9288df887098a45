//! Throttling, outages, lost and cut answers, and the form digest.

use std::time::Duration;

use sharepoint_changes::{
    Action, DigestMode, Error, FaultClass, Machine, Policy, Session, Settings, Start, WaitReason,
};

use super::script::{DAY, MINUTE, Script, at, http_date, page_of, query, site, token};

fn drained() -> Script {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(110, 0));
    script
}

#[test]
fn a_throttled_request_is_sent_again_and_never_before_the_server_allows_it() {
    let mut script = drained();
    let before = script.request();
    script.answer(429, &[("retry-after", "9"), ("ratelimit-reset", "31")], "<html>throttled</html>");
    let wait = script.wait();
    assert_eq!((wait.at_least, wait.reason), (Duration::from_secs(31), WaitReason::Throttled));
    script.now += wait.at_least;
    let after = script.request();
    assert_eq!((before.uri(), before.body()), (after.uri(), after.body()));
}

#[test]
fn retry_after_as_a_date_is_read_against_the_answers_own_date() {
    let mut script = drained();
    script.request();
    let until = http_date(at(90));
    script.answer(503, &[("retry-after", until.as_str())], "");
    assert_eq!(script.wait().at_least, Duration::from_secs(90));
}

#[test]
fn a_wait_that_does_not_fit_the_budget_is_an_error_at_once() {
    let mut script = drained();
    script.request();
    script.answer(429, &[("retry-after", "80000")], "");
    let Error::Exhausted(exhausted) = script.error() else { panic!() };
    assert_eq!((exhausted.wait, exhausted.absurd), (Duration::from_secs(80_000), None));
    assert_eq!(exhausted.fault.unwrap().class(), FaultClass::Throttled);
}

#[test]
fn a_rest_of_more_than_a_day_is_an_error_that_says_so_and_is_not_obeyed() {
    let year = 365 * DAY;
    for header in [
        ("retry-after", year.to_string()),
        ("retry-after", http_date(at(year))),
        ("ratelimit-reset", year.to_string()),
    ] {
        let mut script = drained();
        script.request();
        script.answer(429, &[(header.0, &header.1)], "");
        let error = script.error();
        assert!(
            error.to_string().contains("for 31536000 seconds (365 days), which no server means"),
            "{error}"
        );
        let Error::Exhausted(exhausted) = error else { panic!() };
        assert_eq!(exhausted.wait, Duration::from_secs(2));
        assert_eq!(exhausted.absurd, Some(Duration::from_secs(year.unsigned_abs())));
    }
    // Who is willing to rest for so long is.
    let mut settings = Settings::default();
    settings.policy.max_rest = Duration::from_secs(3 * 86_400);
    let mut script = Script::with(query(), Start::Token(token(100, -MINUTE)), settings);
    script.request();
    script.answer(429, &[("retry-after", "172800")], "");
    assert_eq!(script.wait().at_least, Duration::from_secs(172_800));
}

#[test]
fn a_server_that_never_recovers_ends_in_an_error_within_the_budget() {
    for status in [429, 503, 502, 504, 500] {
        let mut script = drained();
        let mut asked = 0;
        let error = loop {
            match script.poll() {
                Ok(Action::Send(_)) => {
                    asked += 1;
                    script.answer(status, &[], "");
                }
                Ok(Action::Wait(wait)) => script.now += wait.at_least,
                Ok(other) => panic!("{other:?}"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Exhausted(_)), "{status}: {error}");
        assert!(asked <= 9 && script.now <= Duration::from_secs(900), "{asked} requests in {:?}", script.now);
    }
}

#[test]
fn lost_answers_are_asked_for_again_with_growing_waits() {
    let mut script = drained();
    for seconds in [2, 4, 8] {
        script.request();
        script.session.fail();
        let wait = script.wait();
        assert_eq!((wait.at_least, wait.reason), (Duration::from_secs(seconds), WaitReason::Lost));
        script.now += wait.at_least;
    }
    // A good answer ends the row of failures.
    script.rows(&[token(105, -30)]);
    script.page();
    script.request();
    script.session.fail();
    assert_eq!(script.wait().at_least, Duration::from_secs(2));
}

#[test]
fn an_answer_that_was_cut_is_asked_for_again_and_one_that_is_wrong_is_not() {
    let whole = page_of(&[token(105, -30)]);
    for cut in [1, whole.len() / 2, whole.len() - 1] {
        let mut script = drained();
        script.request();
        script.answer(200, &[], &whole[..cut]);
        assert_eq!(script.wait().reason, WaitReason::Lost, "{cut}");
    }
    for wrong in ["{}", r#"{"value":null}"#, r#"{"d":{}}"#, r#"{"value":[{}]}"#, r#"{"value":[7]}"#, "[]"] {
        let mut script = drained();
        script.request();
        script.answer(200, &[], wrong);
        assert!(matches!(script.error(), Error::Decode(_)), "{wrong}");
    }
}

#[test]
fn a_cut_end_of_the_log_or_digest_is_asked_for_again_too() {
    let mut script = with_cookie();
    script.request();
    script.answer(200, &[], r#"{"CurrentChangeToken":{"Stri"#);
    script.rest();
    script.fence(&token(110, 0));
    let asked = script.request();
    script.answer(200, &[], r#"{"FormDigestTimeoutSeconds":18"#);
    script.rest();
    assert_eq!(script.request().uri(), asked.uri());
    give_digest(&mut script, "0x1");
    assert_eq!(digest(&mut script), "0x1");
}

#[test]
fn a_500_with_an_hresult_is_an_answer_and_not_an_outage() {
    let body = r#"{"odata.error":{"code":"-2147024860, Microsoft.SharePoint.SPQueryThrottledException","message":{"lang":"en-US","value":"x"}}}"#;
    let mut script = drained();
    script.request();
    script.answer(500, &[("retry-after", "1")], body);
    let Error::Fault(fault) = script.error() else { panic!() };
    assert_eq!(fault.class(), FaultClass::ListViewThreshold);
}

#[test]
fn credentials_are_the_transports_so_a_401_is_an_error_at_once() {
    for before_the_fence in [true, false] {
        let mut script = if before_the_fence { Script::new(Start::Now) } else { drained() };
        script.request();
        script.answer(401, &[("www-authenticate", "Bearer")], "");
        let Error::Fault(fault) = script.error() else { panic!() };
        assert_eq!(fault.class(), FaultClass::Unauthorized);
    }
}

#[test]
fn an_unreadable_retry_after_counts_as_absent_and_backoff_wins_over_a_shorter_one() {
    for (after, seconds) in [("soon", 2), ("Wed, 04 Mar 2026 25:61:00 GMT", 2), ("0", 2), ("1", 2), ("3", 3)]
    {
        let mut script = drained();
        script.request();
        script.answer(429, &[("retry-after", after)], "");
        assert_eq!(script.wait().at_least, Duration::from_secs(seconds), "{after}");
    }
    // A date without the answer's own date.
    let mut script = drained();
    script.request();
    script.date = None;
    script.answer(429, &[("retry-after", http_date(at(90)).as_str())], "");
    assert_eq!(script.wait().at_least, Duration::from_secs(2));
}

#[test]
fn the_rest_of_a_run_is_limited_in_sum_and_no_wait_is_cut_short_to_fit() {
    let mut script = drained();
    for seconds in ["400", "400", "100"] {
        script.request();
        script.answer(429, &[("retry-after", seconds)], "");
        let wait = script.wait();
        assert_eq!(wait.at_least, Duration::from_secs(seconds.parse().unwrap()));
        script.now += wait.at_least;
    }
    script.request();
    script.answer(429, &[("retry-after", "1")], "");
    let Error::Exhausted(exhausted) = script.error() else { panic!() };
    // The fourth failure in a row: the backoff is longer than what the server asks.
    assert_eq!((exhausted.wait, exhausted.failures), (Duration::from_secs(16), 4));
}

#[test]
fn so_many_failures_in_a_row_end_a_run() {
    let mut settings = Settings::default();
    settings.policy.max_failures = 2;
    let mut script = Script::with(query(), Start::Token(token(100, -MINUTE)), settings);
    for _ in 0..2 {
        script.request();
        script.session.fail();
        script.rest();
    }
    // A good answer in between begins a new row.
    script.fence(&token(110, 0));
    for _ in 0..2 {
        script.request();
        script.session.fail();
        script.rest();
    }
    script.request();
    script.session.fail();
    let Error::Exhausted(exhausted) = script.error() else { panic!() };
    assert_eq!((exhausted.failures, exhausted.fault.is_none()), (3, true));
}

#[test]
fn an_empty_body_is_no_empty_page() {
    let mut script = drained();
    script.request();
    script.answer(200, &[], "");
    script.wait();
}

#[test]
fn a_sign_in_page_is_an_error_that_says_so() {
    let mut script = drained();
    script.request();
    script.answer(
        200,
        &[("content-type", "text/html; charset=utf-8")],
        "<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body></body></html>",
    );
    let Error::Fault(fault) = script.error() else { panic!() };
    assert!(matches!(fault.class(), FaultClass::SignedOut | FaultClass::NotSharePoint), "{fault}");
}

#[test]
fn a_quota_nearly_used_up_slows_the_next_request() {
    let mut script = drained();
    script.request();
    let headers = [("ratelimit-limit", "1200"), ("ratelimit-remaining", "58"), ("ratelimit-reset", "30")];
    script.answer(200, &headers, &page_of(&[token(105, -30)]));
    script.page();
    let wait = script.wait();
    assert_eq!((wait.at_least, wait.reason), (Duration::from_secs(1), WaitReason::Pacing));
}

#[test]
fn pauses_that_spare_the_quota_count_against_the_budget_and_lose_no_page() {
    let mut settings = Settings::default();
    settings.policy.max_rest = Duration::from_secs(5);
    let mut script = Script::with(query(), Start::Token(token(100, -MINUTE)), settings);
    script.fence(&token(110, 0));
    let headers = [("ratelimit-limit", "1200"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "2")];
    for number in [101, 102] {
        script.request();
        script.answer(200, &headers, &page_of(&[token(number, -30)]));
        script.page();
        assert_eq!(script.wait().reason, WaitReason::Pacing);
        // A poll in the midst of it counts nothing twice.
        script.now += Duration::from_secs(1);
        assert_eq!(script.wait().at_least, Duration::from_secs(1));
        script.rest();
    }
    script.request();
    script.answer(200, &headers, &page_of(&[token(103, -30)]));
    assert_eq!(script.page().checkpoint.token().unwrap().number(), 103);
    let error = script.error();
    assert!(error.to_string().contains("quota is nearly used up"), "{error}");
    let Error::Exhausted(exhausted) = error else { panic!() };
    assert_eq!((exhausted.wait, exhausted.reason), (Duration::from_secs(2), WaitReason::Pacing));
    assert!(exhausted.fault.is_none());
}

#[test]
fn a_pause_for_courtesy_is_never_longer_than_a_backoff() {
    let mut script = drained();
    script.request();
    let reset = ("ratelimit-reset", "99999999999");
    let headers = [("ratelimit-limit", "1200"), ("ratelimit-remaining", "0"), reset];
    script.answer(200, &headers, &page_of(&[token(105, -30)]));
    script.page();
    assert_eq!(script.wait().at_least, Policy::default().max_backoff);
}

#[test]
fn a_run_sends_no_more_requests_than_its_limit() {
    let mut settings = Settings::default();
    settings.policy.max_requests = 3;
    let mut script = Script::with(query(), Start::Token(token(100, -MINUTE)), settings);
    script.fence(&token(110, 0));
    script.rows(&[token(105, -30)]);
    script.page();
    assert!(matches!(script.error(), Error::TooManyRequests(3)));
}

fn with_cookie() -> Script {
    let site = site().digest(DigestMode::Required);
    Script::of(Session::new(site, query(), Start::Token(token(100, -MINUTE)), Settings::default()).unwrap())
}

fn give_digest(script: &mut Script, value: &str) {
    let request = script.request();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/sites/ops/_api/contextinfo"));
    assert!(request.headers().get("x-requestdigest").is_none());
    let body = format!(r#"{{"FormDigestTimeoutSeconds":1800,"FormDigestValue":"{value}"}}"#);
    script.answer(200, &[], &body);
}

fn digest(script: &mut Script) -> String {
    script.request().headers()["x-requestdigest"].to_str().unwrap().to_owned()
}

const STALE: &str = r#"{"error":{"code":"-2130575251, Microsoft.SharePoint.SPException","message":{"lang":"en-US","value":"x"}}}"#;

#[test]
fn a_digest_is_fetched_before_the_first_post_and_renewed_a_minute_before_it_dies() {
    let mut script = with_cookie();
    script.fence(&token(110, 0)); // a GET goes without
    give_digest(&mut script, "0xA1,04 Mar 2026 10:15:30 -0000");
    assert_eq!(digest(&mut script), "0xA1,04 Mar 2026 10:15:30 -0000");
    script.rows(&[token(105, -30)]);
    script.page();
    script.now += Duration::from_secs(1739);
    assert_eq!(digest(&mut script), "0xA1,04 Mar 2026 10:15:30 -0000");
    script.rows(&[token(106, -30)]);
    script.page();
    script.now += Duration::from_secs(1);
    give_digest(&mut script, "0xA2");
    assert_eq!(digest(&mut script), "0xA2");
}

#[test]
fn a_stale_digest_is_renewed_once_for_a_request_and_an_accepted_request_resets_that() {
    let mut script = with_cookie();
    script.fence(&token(110, 0));
    give_digest(&mut script, "0x1");
    for (n, value) in [(105, "0x2"), (106, "0x3")] {
        script.request();
        script.answer(403, &[], STALE);
        give_digest(&mut script, value);
        assert_eq!(digest(&mut script), value);
        script.rows(&[token(n, -30)]);
        script.page();
    }
    script.request();
    script.answer(403, &[], STALE);
    give_digest(&mut script, "0x4");
    script.request();
    script.answer(403, &[], STALE);
    let Error::Fault(fault) = script.error() else { panic!() };
    assert_eq!(fault.class(), FaultClass::StaleDigest);
}

#[test]
fn a_digest_is_tried_once_however_short_it_lives_or_slow_it_came() {
    for lifetime in ["0", "1", "18446744073709551615"] {
        let mut script = with_cookie();
        script.fence(&token(110, 0));
        script.request();
        script.now += Duration::from_secs(2);
        let body = format!(r#"{{"FormDigestTimeoutSeconds":{lifetime},"FormDigestValue":"0x1"}}"#);
        script.answer(200, &[], &body);
        assert_eq!(digest(&mut script), "0x1");
    }
}

#[test]
fn a_bearer_session_needs_no_digest() {
    let mut script = drained();
    assert!(script.request().headers().get("x-requestdigest").is_none());
    assert_eq!(Policy::default().max_failures, 8);
    assert!(script.session.poll(Duration::ZERO).is_ok());
}

#[test]
fn answers_that_are_cut_for_ever_use_up_the_budget_and_are_no_decode_error() {
    let whole = page_of(&[token(105, -30)]);
    let mut script = drained();
    let error = loop {
        match script.poll() {
            Ok(Action::Send(_)) => script.answer(200, &[], &whole[..whole.len() / 2]),
            Ok(Action::Wait(wait)) => script.now += wait.at_least,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    // Another run may get further: the next try is for later, not for somebody who reads bodies.
    let Error::Exhausted(exhausted) = error else { panic!("{error:?}") };
    assert!(exhausted.fault.is_none() && exhausted.failures == 9);
}

#[test]
fn a_success_that_contradicts_itself_is_no_end() {
    for (status, body) in [
        (206, r#"{"d":{"results":[]}}"#),
        (202, r#"{"value":[]}"#),
        (204, ""),
        (200, r#"{"value":[],"odata.nextLink":"https://x/next"}"#),
        (200, r#"{"d":{"results":[],"__next":"https://x/next"}}"#),
        (200, r#"{"value":[],"error":{"code":"-1, System.Exception"}}"#),
        (200, r#"{"odata.error":{"code":"-1, System.Exception"},"value":[]}"#),
    ] {
        let mut script = Script::new(Start::Token(token(100, -MINUTE)));
        script.fence(&token(110, 0));
        script.request();
        script.answer(status, &[], body);
        assert!(!matches!(script.poll(), Ok(Action::Done(_))), "{status} {body}");
    }
    // Neither is it an end of the log.
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.request();
    let end = format!(r#"{{"CurrentChangeToken":{{"StringValue":"{}"}}}}"#, token(110, 0));
    script.answer(206, &[], &end);
    assert!(matches!(script.poll(), Ok(Action::Wait(_))));
}
