//! What the server refuses, and how it says so.

use std::time::Duration;

use http::Request;
use sharepoint_simulator::Server;

use crate::ask::{BARE, SITE, VERBOSE, changes, get, json, post, refusal, send};
use crate::changes::busy_office;

fn started(path: &str, token: &str) -> Request<Vec<u8>> {
    changes(path, BARE, &format!(r#","ChangeTokenStart":{{"StringValue":"{token}"}}"#))
}

#[test]
fn tokens_of_other_objects_and_malformed_ones_get_their_codes() {
    let office = busy_office();
    let world = office.world;
    let (list, web) = (world.list(office.documents).id, world.web(office.web).id);
    let mut server = Server::new(world);
    let path = "web/lists/getbytitle('Documents')";
    let mut code = |token: &str| {
        let (status, code, _) = refusal(&mut server, &started(path, token));
        (status, code)
    };
    let foreign = (400, "-2130575173, Microsoft.SharePoint.SPException".to_owned());
    assert_eq!(code(&format!("1;2;{web};639082161304470000;1")), foreign);
    assert_eq!(code("1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;1"), foreign);
    let range = (400, "-2146233086, System.ArgumentOutOfRangeException".to_owned());
    assert_eq!(code("garbage"), range);
    assert_eq!(code(&format!("1;3;{list};639082161304470000;1;1")), range);
    let format = (400, "-1, System.FormatException".to_owned());
    assert_eq!(code(&format!("1;3;{list};yesterday;1")), format);
    assert_eq!(code("1;3;no-guid;639082161304470000;1"), format);
    let wrong = (400, "-1, System.InvalidOperationException".to_owned());
    assert_eq!(code(&format!("2;3;{list};639082161304470000;1")), wrong);
    let upper = format!("1;3;{{{}}};639082161304470000;1", list.to_string().to_uppercase());
    json(&mut server, &started(path, &upper));
    server.world_mut().dialect.set("loose-tokens=no").unwrap();
    server.world_mut().dialect.set("token-status=500").unwrap();
    let (status, code, _) = refusal(&mut server, &started(path, &upper));
    assert_eq!((status, code.as_str()), (500, "-1, System.FormatException"));
}

#[test]
fn tokens_of_the_future_bring_nothing() {
    let office = busy_office();
    let list = office.world.list(office.documents).id;
    let mut server = Server::new(office.world);
    let token = format!("1;3;{list};639982161304470000;99999999999");
    let body = json(&mut server, &started("web/lists/getbytitle('Documents')", &token));
    assert_eq!(body["value"].as_array().unwrap().len(), 0);
}

#[test]
fn a9_a_token_older_than_the_log_is_an_error_or_silence() {
    let mut office = busy_office();
    let token = office.world.current_token(sharepoint_simulator::Scope::List(office.documents));
    office.world.update_list(office.documents).unwrap();
    office.world.advance(Duration::from_secs(86_400 * 30));
    office.world.upload(office.documents, 0, "late.docx", 1).unwrap();
    let path = "web/lists/getbytitle('Documents')";
    let mut server = Server::new(office.world);
    let request = started(path, &token.to_string());
    assert_eq!(json(&mut server, &request)["value"].as_array().unwrap().len(), 2);
    server.advance(Duration::from_secs(86_400 * 50));
    let (status, code, _) = refusal(&mut server, &request);
    assert_eq!(
        (status, code.as_str()),
        (400, "-2130575172, Microsoft.SharePoint.SPInvalidChangeTokenException")
    );
    let forgiving = changes(
        path,
        BARE,
        &format!(r#","IgnoreStartTokenNotFoundError":true,"ChangeTokenStart":{{"StringValue":"{token}"}}"#),
    );
    assert_eq!(json(&mut server, &forgiving)["value"].as_array().unwrap().len(), 1);
    server.world_mut().dialect.set("expired=empty").unwrap();
    assert_eq!(json(&mut server, &request)["value"].as_array().unwrap().len(), 0);
    server.world_mut().dialect.set("expired-where=none").unwrap();
    assert_eq!(refusal(&mut server, &request).0, 400);
    // The beginning of the log is never too old.
    assert_eq!(json(&mut server, &changes(path, BARE, ""))["value"].as_array().unwrap().len(), 1);
}

#[test]
fn what_does_not_exist_gets_the_code_of_its_kind() {
    let mut office = busy_office();
    office.world.delete_list(office.bids).unwrap();
    let gone = office.world.list(office.bids).id;
    let mut server = Server::new(office.world);
    for (path, status, code) in [
        ("web/lists/getbytitle('Nothing')", 404, "-1, System.ArgumentException"),
        ("web/lists/getbytitle('Q1%20Bids')", 404, "-1, System.ArgumentException"),
        (&format!("web/lists(guid'{gone}')"), 404, "-2130575322, Microsoft.SharePoint.SPException"),
        (
            "web/lists('3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66')",
            404,
            "-2130575322, Microsoft.SharePoint.SPException",
        ),
        ("web/lists('no-guid')", 400, "-1, System.FormatException"),
        ("web/lists/getbytitle('Documents')/items(999)", 404, "-2130575338, System.ArgumentException"),
        (
            "web/getfolderbyserverrelativeurl('/sites/ops/Nothing')",
            404,
            "-2147024894, System.IO.FileNotFoundException",
        ),
        ("web/getlist('/sites/other/Documents')", 400, "-2147024809, System.ArgumentException"),
        ("web/nothing", 404, "-1, Microsoft.SharePoint.Client.ResourceNotFoundException"),
        ("nothing", 404, "-1, Microsoft.SharePoint.Client.ResourceNotFoundException"),
        ("web/getlist(@u)", 400, "-1, Microsoft.SharePoint.Client.InvalidClientQueryException"),
        ("web?$select=Colour", 400, "-1, Microsoft.SharePoint.Client.InvalidClientQueryException"),
        ("web/getuserbyid(99)", 500, "-2146232832, Microsoft.SharePoint.SPException"),
        ("web/getchanges", 405, "-1, Microsoft.SharePoint.Client.ClientServiceException"),
    ] {
        let (got, text, _) = refusal(&mut server, &get(path, VERBOSE));
        assert_eq!((got, text.as_str()), (status, code), "{path}");
    }
    server.world_mut().dialect.set("gone=never").unwrap();
    let (_, code, _) = refusal(&mut server, &get(&format!("web/lists(guid'{gone}')"), BARE));
    assert_eq!(code, "-1, System.ArgumentException");
}

#[test]
fn envelopes_follow_the_mode() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let path = "web/lists/getbytitle('Nothing')";
    let body = |server: &mut Server, accept: &str| {
        String::from_utf8(send(server, &get(path, accept)).into_body()).unwrap()
    };
    assert!(body(&mut server, VERBOSE).starts_with("{\"error\":{\"code\":\"-1, System.ArgumentException\""));
    assert!(body(&mut server, BARE).starts_with("{\"odata.error\":"));
    assert!(body(&mut server, "application/json").starts_with("{\"odata.error\":"));
    assert!(
        body(&mut server, "application/atom+xml").contains("<m:code>-1, System.ArgumentException</m:code>")
    );
    let response = send(&mut server, &get(path, "image/png"));
    assert_eq!(response.status(), 406);
}

#[test]
fn messages_follow_the_language_and_codes_do_not() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let request = started("web", "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;1");
    let (_, english, first) = refusal(&mut server, &request);
    server.world_mut().dialect.set("language=nl-NL").unwrap();
    let (_, dutch, second) = refusal(&mut server, &request);
    assert_eq!(english, dutch);
    assert_ne!(first, second);
}

#[test]
fn bodies_that_are_not_a_change_query_are_refused() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let (status, code, text) = refusal(&mut server, &post("web/getchanges", BARE, r#"{"d":{"query":{}}}"#));
    assert_eq!((status, code.as_str()), (400, "-1, Microsoft.SharePoint.Client.InvalidClientQueryException"));
    assert_eq!(text, "The parameter d does not exist in method GetChanges.");
    let mut plain = post("web/getchanges", BARE, r#"{"query":{}}"#);
    plain.headers_mut().insert("Content-Type", "text/plain".parse().unwrap());
    assert_eq!(refusal(&mut server, &plain).0, 400);
    let mut verbose = post("web/getchanges", BARE, r#"{"query":{"Item":true}}"#);
    verbose.headers_mut().insert("Content-Type", VERBOSE.parse().unwrap());
    assert!(refusal(&mut server, &verbose).2.contains("without a type name"));
}

#[test]
fn what_is_no_service_is_plain_text_or_html() {
    let office = busy_office();
    let mut server = Server::new(office.world);
    let mut ask = |uri: &str| {
        let response = send(&mut server, &Request::get(uri).body(Vec::new()).unwrap());
        (response.status().as_u16(), String::from_utf8(response.into_body()).unwrap())
    };
    assert_eq!(
        ask("https://fabrikam.sharepoint.com/sites/none/_api/web"),
        (404, "404 FILE NOT FOUND".to_owned())
    );
    let (status, html) = ask(&format!("{SITE}/_api/web/lists('%zz')"));
    assert!(status == 400 && html.contains("Invalid URL"));
    let (status, _) = ask(&format!("{SITE}/_api/web/getlist('{}')", "a".repeat(5_000)));
    assert_eq!(status, 400);
}
