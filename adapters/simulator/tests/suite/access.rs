//! Authentication and digests.

use std::time::Duration;

use http::Request;
use sharepoint_simulator::{Auth, Server};

use crate::ask::{BARE, SITE, VERBOSE, changes, get, json, post, refusal, send};
use crate::verbs::office;

fn with(mut request: Request<Vec<u8>>, name: &'static str, value: &str) -> Request<Vec<u8>> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

#[test]
fn contextinfo_has_the_shape_of_each_mode() {
    let mut server = Server::new(office().world);
    let bare = json(&mut server, &post("contextinfo", BARE, ""));
    assert_eq!(bare["FormDigestTimeoutSeconds"], 1_800);
    assert!(bare["FormDigestValue"].as_str().unwrap().starts_with("0x"));
    assert_eq!(bare["WebFullUrl"], SITE);
    let verbose = json(&mut server, &post("contextInfo", VERBOSE, ""));
    let inner = &verbose["d"]["GetContextWebInformation"];
    assert_eq!(inner["__metadata"]["type"], "SP.ContextWebInformation");
    assert_eq!(inner["SupportedSchemaVersions"]["results"][1], "15.0.0.0");
    let minimal = json(&mut server, &post("contextinfo", "application/json", ""));
    assert!(minimal["odata.metadata"].is_string() && minimal["FormDigestValue"].is_string());
    assert_eq!(refusal(&mut server, &get("contextinfo", BARE)).0, 405);
}

#[test]
fn bearer_tokens_are_demanded_and_rotate() {
    let mut server = Server::new(office().world);
    server.auth = Auth::Bearer(vec!["good".to_owned()]);
    let response = send(&mut server, &get("web", BARE));
    assert_eq!((response.status().as_u16(), response.body().len()), (401, 0));
    assert!(response.headers()["WWW-Authenticate"].to_str().unwrap().starts_with("Bearer realm="));
    assert_eq!(send(&mut server, &with(get("web", BARE), "Authorization", "Bearer bad")).status(), 401);
    assert_eq!(send(&mut server, &with(get("web", BARE), "Authorization", "bearer good")).status(), 200);

    let every = Duration::from_secs(3_600);
    server.auth = Auth::Rotating { prefix: "t".to_owned(), every };
    let token = Auth::rotating_token("t", every, server.world().age());
    let request = with(get("web", BARE), "Authorization", &format!("Bearer {token}"));
    assert_eq!(send(&mut server, &request).status(), 200);
    server.advance(every);
    assert_eq!(send(&mut server, &request).status(), 401);
}

#[test]
fn cookie_sessions_need_a_fresh_digest_for_posts() {
    let mut server = Server::new(office().world);
    server.auth = Auth::Cookie("fake".to_owned());
    let denied = send(&mut server, &get("web", BARE));
    assert_eq!(denied.status(), 403);
    assert!(denied.headers().contains_key("X-Forms_Based_Auth_Required"));
    let signed = |request| with(request, "Cookie", "rtFa=x; FedAuth=fake");
    assert_eq!(send(&mut server, &signed(get("web", BARE))).status(), 200);

    let (status, code, _) = refusal(&mut server, &signed(changes("web", BARE, "")));
    assert_eq!((status, code.as_str()), (403, "-2130575251, Microsoft.SharePoint.SPException"));
    let context = json(&mut server, &signed(post("contextinfo", BARE, "")));
    let digest = context["FormDigestValue"].as_str().unwrap();
    let request = with(signed(changes("web", BARE, "")), "X-RequestDigest", digest);
    assert_eq!(send(&mut server, &request).status(), 200);
    server.advance(Duration::from_secs(1_801));
    assert_eq!(refusal(&mut server, &request).0, 403, "a digest is good for half an hour");
    let forged = with(signed(changes("web", BARE, "")), "X-RequestDigest", "0x00,04 Mar 2026 10:15:30 -0000");
    assert_eq!(refusal(&mut server, &forged).0, 403);
}

#[test]
fn bearers_need_no_digest() {
    let mut server = Server::new(office().world);
    server.auth = Auth::Bearer(vec!["good".to_owned()]);
    let request = with(changes("web", BARE, ""), "Authorization", "Bearer good");
    assert_eq!(send(&mut server, &request).status(), 200);
}
