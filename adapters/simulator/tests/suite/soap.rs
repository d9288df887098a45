//! Lists.asmx: the same page in an envelope, and its faults.

use http::{Request, Response};
use serde_json::json;
use sharepoint_simulator::Server;

use crate::ask::{SITE, send};
use crate::rowset::{BY_ID, Page, USUAL, body, now};
use crate::since_token::filled;

const ACTION: &str = "\"http://schemas.microsoft.com/sharepoint/soap/GetListItemChangesSinceToken\"";

fn request(action: &str, inner: &str) -> Request<Vec<u8>> {
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
         xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><GetListItemChangesSinceToken \
         xmlns=\"http://schemas.microsoft.com/sharepoint/soap/\">{inner}</GetListItemChangesSinceToken></soap:Body>\
         </soap:Envelope>"
    );
    Request::post(format!("{SITE}/_vti_bin/Lists.asmx"))
        .header("Content-Type", "text/xml; charset=utf-8")
        .header("SOAPAction", action)
        .body(envelope.into_bytes())
        .unwrap()
}

fn call(server: &mut Server, inner: &str) -> Response<Vec<u8>> {
    send(server, &request(ACTION, inner))
}

fn text(response: &Response<Vec<u8>>) -> String {
    String::from_utf8(response.body().clone()).unwrap()
}

/// The `listitems` element of a body.
fn listitems(text: &str) -> &str {
    let end = "</listitems>";
    &text[text.find("<listitems").unwrap()..text.find(end).unwrap() + end.len()]
}

#[test]
fn soap_and_rest_give_the_same_page() {
    let (mut server, office) = filled(3);
    let token = now(&server, office.bids);
    server.world_mut().delete(office.bids, 1).unwrap();
    server.world_mut().rename(office.bids, 2, "x.txt").unwrap();
    let id = server.world().list(office.bids).id;
    let fields = "<ViewFields><FieldRef Name=\"Title\"/></ViewFields>";
    for token in ["", token.as_str()] {
        let inner = format!(
            "<listName>{{{id}}}</listName><viewName></viewName><query>{BY_ID}</query><viewFields>{fields}</viewFields>\
             <rowLimit>200</rowLimit><queryOptions>{USUAL}</queryOptions><changeToken>{token}</changeToken>"
        );
        let soap = call(&mut server, &inner);
        assert_eq!(soap.status(), 200);
        assert_eq!(soap.headers()["Content-Type"], "text/xml; charset=utf-8");
        let members = json!({ "RowLimit": "200", "Query": BY_ID, "ViewFields": fields, "QueryOptions": USUAL,
            "ChangeToken": token });
        let rest = body(&mut server, office.bids, &members);
        assert_eq!(listitems(&text(&soap)), listitems(&rest));
        assert_eq!(Page::read(&text(&soap)), Page::read(&rest));
    }
}

#[test]
fn a_list_is_named_by_guid_or_title_and_options_may_be_left_out() {
    let (mut server, office) = filled(2);
    let id = server.world().list(office.bids).id;
    for name in [id.to_string(), format!("{{{}}}", id.to_string().to_uppercase()), "Q1 Bids".to_owned()] {
        let soap = call(&mut server, &format!("<listName>{name}</listName>"));
        assert_eq!(Page::read(&text(&soap)).row_ids(), [1, 2]);
    }
    server.world_mut().dialect.namespaces_above = true;
    let soap = text(&call(&mut server, &format!("<listName>{id}</listName>")));
    assert!(soap.find("xmlns:rs=").unwrap() < soap.find("<soap:Body").unwrap());
    assert_eq!(Page::read(&soap).row_ids(), [1, 2]);
}

#[test]
fn a_missing_list_is_a_fault_with_its_errorcode() {
    let (mut server, office) = filled(1);
    let gone = server.world().list(office.bids).id;
    server.world_mut().delete_list(office.bids).unwrap();
    for name in ["", "No such list", "UserInfo", &gone.to_string(), &uuid::Uuid::nil().to_string()] {
        let fault = call(&mut server, &format!("<listName>{name}</listName>"));
        assert_eq!(fault.status(), 500);
        let text = text(&fault);
        roxmltree::Document::parse(&text).unwrap();
        assert!(
            text.contains(">0x82000006</errorcode>") && text.contains("<faultcode>soap:Server</faultcode>")
        );
        assert!(text.contains("SoapServerException' was thrown.</faultstring>"));
    }
}

#[test]
fn a_malformed_token_is_a_fault_without_an_errorcode_and_a_foreign_one_has_its_own() {
    let (mut server, office) = filled(1);
    let id = server.world().list(office.bids).id;
    for token in ["random", "1;3;x;1;2", "9;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;1"] {
        let inner = format!("<listName>{id}</listName><changeToken>{token}</changeToken>");
        let fault = call(&mut server, &inner);
        assert_eq!(fault.status(), 500);
        assert!(text(&fault).contains("<errorstring") && !text(&fault).contains("errorcode"), "{token}");
    }
    let foreign = now(&server, office.documents);
    let inner = format!("<listName>{id}</listName><changeToken>{foreign}</changeToken>");
    assert!(text(&call(&mut server, &inner)).contains(">0x810200bb</errorcode>"));
    let view = format!("<listName>{id}</listName><viewName>{}</viewName>", uuid::Uuid::nil());
    assert!(text(&call(&mut server, &view)).contains(">0x82000005</errorcode>"));
}

#[test]
fn what_is_no_call_of_this_service_is_refused() {
    let (mut server, _office) = filled(1);
    let other = request("\"http://schemas.microsoft.com/sharepoint/soap/GetList\"", "");
    let fault = send(&mut server, &other);
    assert_eq!(fault.status(), 500);
    assert!(text(&fault).contains("<faultcode>soap:Client</faultcode>"));
    let mut broken = request(ACTION, "");
    broken.body_mut().truncate(60);
    assert!(text(&send(&mut server, &broken)).contains("soap:Client"));
    let mut json = request(ACTION, "");
    json.headers_mut().insert("Content-Type", "application/json".parse().unwrap());
    assert_eq!(send(&mut server, &json).status(), 415);
    let mut read = request(ACTION, "");
    *read.method_mut() = http::Method::GET;
    assert_eq!(send(&mut server, &read).status(), 405);
    let mut elsewhere = request(ACTION, "");
    *elsewhere.uri_mut() = format!("{SITE}/_vti_bin/Webs.asmx").parse().unwrap();
    assert_eq!(send(&mut server, &elsewhere).status(), 404);
}

#[test]
fn a_cookie_session_needs_a_digest_by_the_dialect() {
    let (mut server, office) = filled(1);
    let id = server.world().list(office.bids).id;
    server.auth = sharepoint_simulator::Auth::Cookie("fake".to_owned());
    let mut asked = request(ACTION, &format!("<listName>{id}</listName>"));
    asked.headers_mut().insert("Cookie", "FedAuth=fake".parse().unwrap());
    let refused = send(&mut server, &asked);
    assert_eq!(refused.status(), 500);
    assert!(text(&refused).contains(">0x8102006d</errorcode>"));
    server.world_mut().dialect.soap_digest = false;
    assert_eq!(send(&mut server, &asked).status(), 200);
}
