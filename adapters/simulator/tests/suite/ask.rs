//! Sending requests to a server in process.

use std::time::Duration;

use http::{Request, Response};
use serde_json::Value;
use sharepoint_simulator::Server;

pub(crate) const VERBOSE: &str = "application/json;odata=verbose";
pub(crate) const MINIMAL: &str = "application/json;odata=minimalmetadata";
pub(crate) const BARE: &str = "application/json;odata=nometadata";
pub(crate) const SITE: &str = "https://fabrikam.sharepoint.com/sites/ops";

/// Every object and action flag, as a light body's members.
pub(crate) const EVERYTHING: &str = r#""Item":true,"List":true,"Web":true,"Site":true,"File":true,"Folder":true,
    "Field":true,"ContentType":true,"View":true,"User":true,"Group":true,"Alert":true,"SecurityPolicy":true,
    "AppConsentPrincipal":true,"Add":true,"Update":true,"DeleteObject":true,"Rename":true,"Move":true,"Restore":true,
    "RoleDefinitionAdd":true,"RoleDefinitionDelete":true,"RoleDefinitionUpdate":true,"RoleAssignmentAdd":true,
    "RoleAssignmentDelete":true,"GroupMembershipAdd":true,"GroupMembershipDelete":true,"SystemUpdate":true,
    "Navigation":true,"Activity":true"#;

pub(crate) fn get(path: &str, accept: &str) -> Request<Vec<u8>> {
    let request = Request::get(format!("{SITE}/_api/{path}")).header("Accept", accept);
    request.body(Vec::new()).unwrap()
}

pub(crate) fn post(path: &str, accept: &str, body: &str) -> Request<Vec<u8>> {
    Request::post(format!("{SITE}/_api/{path}"))
        .header("Accept", accept)
        .header("Content-Type", "application/json")
        .body(body.as_bytes().to_vec())
        .unwrap()
}

/// A GetChanges for everything, with more members.
pub(crate) fn changes(path: &str, accept: &str, more: &str) -> Request<Vec<u8>> {
    post(&format!("{path}/getchanges"), accept, &format!("{{\"query\":{{{EVERYTHING}{more}}}}}"))
}

pub(crate) fn send(server: &mut Server, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    server.handle(Duration::ZERO, request)
}

/// The answer's JSON; the answer must be a success.
pub(crate) fn json(server: &mut Server, request: &Request<Vec<u8>>) -> Value {
    let response = send(server, request);
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert_eq!(response.status(), 200, "{text}");
    serde_json::from_slice(response.body()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Status and code of an answer that is no success.
pub(crate) fn refusal(server: &mut Server, request: &Request<Vec<u8>>) -> (u16, String, String) {
    let response = send(server, request);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let error = body.get("odata.error").or(body.get("error")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (response.status().as_u16(), text(&error["code"]), text(&error["message"]["value"]))
}
