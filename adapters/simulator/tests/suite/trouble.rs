//! Faults, throttling and lies.

use std::time::Duration;

use serde_json::Value;
use sharepoint_simulator::{Delivery, Fault, Lie, RetryAfter, Scope, Server, Throttle};

use crate::ask::{BARE, VERBOSE, changes, get, json, refusal, send};
use crate::changes::busy_office;
use crate::verbs::office;

#[test]
fn every_answer_carries_the_headers_of_a_real_one() {
    let mut server = Server::new(office().world);
    let first = send(&mut server, &get("web", BARE));
    let headers = first.headers();
    for name in [
        "Date",
        "SPRequestGuid",
        "SPClientServiceRequestDuration",
        "X-SharePointHealthScore",
        "DATASERVICEVERSION",
    ] {
        assert!(headers.contains_key(name), "{name}");
    }
    assert_eq!(headers["SPRequestGuid"], headers["request-id"]);
    assert_eq!(headers["Date"], "Mon, 02 Mar 2026 08:00:00 GMT");
    let later = server.handle(Duration::from_secs(61), &get("web", BARE));
    assert_eq!(later.headers()["Date"], "Mon, 02 Mar 2026 08:01:01 GMT");
    assert!(headers["SPRequestGuid"].to_str().unwrap() < later.headers()["SPRequestGuid"].to_str().unwrap());
}

#[test]
fn a13_throttled_answers_tell_when_to_come_back_and_early_birds_are_counted() {
    let mut server = Server::new(office().world);
    let limits = Fault::Throttled { after: RetryAfter::Seconds(9), limits: Some(31), html: true };
    server.faults.on(1, limits);
    server.faults.on(3, Fault::Throttled { after: RetryAfter::Date(20), limits: None, html: false });
    let response = server.handle(Duration::ZERO, &get("web", BARE));
    assert_eq!(response.status(), 429);
    assert_eq!(
        (&response.headers()["Retry-After"], &response.headers()["RateLimit-Reset"]),
        (&"9".parse().unwrap(), &"31".parse().unwrap())
    );
    assert!(response.body().starts_with(b"<!DOCTYPE html>"));
    // Thirty-one seconds, not nine.
    server.handle(Duration::from_secs(30), &get("web", BARE));
    assert_eq!(server.impolite(), 1);
    let dated = server.handle(Duration::from_secs(31), &get("web", BARE));
    assert_eq!(dated.headers()["Retry-After"], "Mon, 02 Mar 2026 08:00:51 GMT");
    server.handle(Duration::from_secs(51), &get("web", BARE));
    assert_eq!((server.impolite(), server.stats().throttled), (1, 2));
    assert_eq!(server.stats().faults["throttled"], 2);
}

#[test]
fn the_throttler_has_a_budget_and_says_so_before_it_is_used_up() {
    let mut server = Server::new(office().world);
    server.throttle = Some(Throttle::per_minute(10));
    let answers: Vec<_> = (0..6).map(|_| send(&mut server, &get("web", BARE))).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    assert!(!answers[2].headers().contains_key("RateLimit-Remaining"));
    assert_eq!(answers[3].headers()["RateLimit-Remaining"], "2");
    assert_eq!(answers[5].headers()["Retry-After"], "60");
    let polite = server.handle(Duration::from_secs(60), &get("web", BARE));
    assert_eq!((polite.status().as_u16(), server.impolite()), (200, 0));
}

#[test]
fn a13_blocked_callers_get_503_for_ever() {
    let mut server = Server::new(office().world);
    server.faults.on(2, Fault::Blocked);
    let statuses: Vec<u16> = (0..5).map(|_| send(&mut server, &get("web", BARE)).status().as_u16()).collect();
    assert_eq!(statuses, [200, 503, 503, 503, 503]);
}

#[test]
fn a14_sign_in_pages_redirects_and_refusals_look_like_real_ones() {
    let mut server = Server::new(office().world);
    for fault in
        ["sign-in", "redirect", "unauthorized", "forbidden", "stale-digest", "oauth", "access-denied"]
    {
        server.faults.on(1, Fault::read(fault).unwrap());
        let response = send(&mut server, &get("web", BARE));
        let text = String::from_utf8_lossy(response.body()).into_owned();
        match fault {
            "sign-in" => assert!(response.status() == 200 && text.contains("Sign in")),
            "redirect" => assert!(response.status() == 302 && response.headers().contains_key("Location")),
            "unauthorized" => assert!(response.status() == 401 && text.is_empty()),
            "forbidden" => assert!(response.headers().contains_key("X-MSDAVEXT_Error")),
            "stale-digest" => assert!(response.status() == 403 && text.contains("-2130575251")),
            "oauth" => assert!(serde_json::from_str::<Value>(&text).unwrap()["error"].is_string()),
            _ => assert!(response.status() == 403 && text.contains("-2147024891")),
        }
    }
}

#[test]
fn faults_on_the_way_leave_the_answer_and_change_its_delivery() {
    let mut server = Server::new(office().world);
    for (fault, expected) in [("lost", 0), ("cut", 1), ("slow:7s", 2)] {
        server.faults.on(1, Fault::read(fault).unwrap());
        let served = server.serve(Duration::ZERO, &get("web", BARE));
        assert_eq!(served.response.status(), 200);
        let half = served.response.body().len() / 2;
        let delivery = [Delivery::Lost, Delivery::Cut(half), Delivery::After(Duration::from_secs(7))];
        assert_eq!(served.delivery, delivery[expected]);
    }
    server.faults.on(1, Fault::Truncated);
    let short = send(&mut server, &get("web", BARE));
    assert!(serde_json::from_slice::<Value>(short.body()).is_err());
    server.faults.on(1, Fault::Lost);
    assert_eq!(send(&mut server, &get("web", BARE)).status(), 504, "`handle` cannot lose an answer");
}

#[test]
fn each_lie_is_told() {
    let office = busy_office();
    let scope = Scope::List(office.documents);
    let mut honest = Server::new(office.world.clone());
    let path = "web/lists/getbytitle('Documents')";
    let numbers = |body: &Value| -> Vec<i64> {
        let rows = body.pointer("/d/results").unwrap().as_array().unwrap();
        let token = |row: &Value| row["ChangeToken"]["StringValue"].as_str().map(str::to_owned);
        rows.iter()
            .map(|row| token(row).map_or(-9, |token| token.rsplit(';').next().unwrap().parse().unwrap()))
            .collect()
    };
    let all = numbers(&json(&mut honest, &changes(path, VERBOSE, "")));
    let (start, end) = (all[1], all[4]);
    let bound = |number: i64| {
        let row = office.world.log(office.site).rows().iter().find(|row| row.number == number).unwrap();
        format!(r#"{{"StringValue":"{}"}}"#, office.world.token(scope, row.place()))
    };
    let bounds = format!(r#","ChangeTokenStart":{},"ChangeTokenEnd":{}"#, bound(start), bound(end));
    let request = changes(path, VERBOSE, &bounds);
    let told = |lie| {
        let mut server = Server::new(office.world.clone());
        server.lies.tell(lie);
        (server.handle(Duration::ZERO, &request), server)
    };
    let got = |lie| numbers(&serde_json::from_slice(told(lie).0.body()).unwrap());
    assert_eq!(numbers(&json(&mut honest, &request)), all[2..=4]);
    assert_eq!(got(Lie::SameToken), [start; 3]);
    assert_eq!(got(Lie::OutOfOrder), [all[4], all[3], all[2]]);
    assert_eq!(got(Lie::BeyondEnd), all[2..]);
    assert_eq!(got(Lie::RepeatedPage), all[..=4]);
    assert_eq!(got(Lie::NoToken), [all[2], all[3], -9]);
    assert_eq!(got(Lie::Nothing), [0_i64; 0]);
    let (foreign, _) = told(Lie::ForeignRow);
    assert!(
        String::from_utf8_lossy(foreign.body())
            .matches(&office.world.list(office.documents).id.to_string())
            .count()
            > 0
    );
    assert_eq!(told(Lie::NoCollection).0.body(), b"{\"d\":{}}");
    assert_eq!(told(Lie::NullCollection).0.body(), b"{\"d\":{\"results\":null}}");
    assert_eq!(told(Lie::NoContent).0.status(), 204);
    assert_eq!(told(Lie::AbsurdRetryAfter).0.headers()["Retry-After"], "9467085600");
    assert_eq!(told(Lie::UnreadableRetryAfter).0.headers()["Retry-After"], "soon");
    let (_, mut server) = told(Lie::InvalidToken);
    assert!(refusal(&mut server, &request).1.starts_with("-2130575172"));
    let (_, mut server) = told(Lie::WrongObject);
    assert!(refusal(&mut server, &request).1.starts_with("-2130575173"));

    let fence = |server: &mut Server| {
        let body = json(server, &get(&format!("{path}?$select=CurrentChangeToken"), BARE));
        body["CurrentChangeToken"]["StringValue"].as_str().unwrap().to_owned()
    };
    let truth = fence(&mut honest);
    let mut liar = honest.clone();
    liar.lies.tell(Lie::FenceBackwards);
    let (first, second) = (fence(&mut liar), fence(&mut liar));
    let number = |token: &str| token.rsplit(';').next().unwrap().parse::<i64>().unwrap();
    assert!(number(&truth) > number(&first) && number(&first) > number(&second));
    liar.lies.stop();
    liar.lies.tell(Lie::ForeignFence);
    assert_ne!(fence(&mut liar), truth);
    liar.lies.stop();
    liar.lies.tell_during(Lie::UnreadableFence, 1..2);
    assert_eq!(fence(&mut liar), truth, "the lie was for another request");
}
