//! The control path: changing the world, its faults and its clock from outside, while it is served.
//!
//! `POST /_control` takes one command as JSON, `{"do":"upload","list":"Documents","name":"a.docx"}`, and answers with
//! JSON; `GET /_control` describes the world. It is no part of SharePoint: it needs no credential, meets no fault and
//! is counted nowhere. It is for programs on this machine: what a browser sends for a page of whoever else is refused.

mod carry_out;
mod command;

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

pub use self::command::Command;
use crate::query::{Query, Scope};
use crate::rowset::Held;
use crate::server::{Server, base};
use crate::world::{ListRef, WebRef, World};

/// Where it stands.
pub(crate) const PATH: &str = "/_control";

impl Server {
    /// Answers a request on the control path.
    pub(crate) fn answer_control(&mut self, request: &Request<impl AsRef<[u8]>>) -> Response<Vec<u8>> {
        if let Some(reason) = refusal(request) {
            return answer(StatusCode::FORBIDDEN, &json!({ "error": reason }));
        }
        let result = match *request.method() {
            Method::GET => Ok(self.describe_at(&base(request.uri(), request.headers(), self.world().host()))),
            Method::POST => serde_json::from_slice::<Command>(request.body().as_ref())
                .map_err(|error| error.to_string())
                .and_then(|command| self.control(command)),
            _ => Err("the control path takes GET and POST".to_owned()),
        };
        match result {
            Ok(body) => answer(StatusCode::OK, &body),
            Err(error) => answer(StatusCode::BAD_REQUEST, &json!({ "error": error })),
        }
    }

    /// What there is: each site with its address, its current token and its lists, and what the server has seen.
    pub fn describe(&self) -> Value {
        self.describe_at(self.world().host())
    }

    /// The same, the addresses below a scheme and host other than the world's.
    pub fn describe_at(&self, base: &str) -> Value {
        let world = self.world();
        let sites: Vec<Value> = world
            .sites()
            .map(|site| {
                let root = world.site(site).root;
                json!({
                    "path": world.web(root).path,
                    "address": format!("{base}{}", world.web(root).path),
                    "id": world.site(site).id,
                    "token": world.current_token(Scope::Site(site)).to_string(),
                    "rows": world.log(site).rows().len(),
                    "webs": world.webs(site).filter(|web| !world.web(*web).deleted)
                        .map(|web| describe_web(world, web)).collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({ "now": world.now().iso(), "sites": sites, "stats": self.describe_stats() })
    }

    fn describe_stats(&self) -> Value {
        let stats = self.stats();
        json!({
            "requests": stats.requests,
            "throttled": stats.throttled,
            "impolite": stats.impolite,
            "faults": stats.faults,
            "calls": stats.calls,
            "habits": stats.habits,
        })
    }
}

fn answer(status: StatusCode, body: &Value) -> Response<Vec<u8>> {
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Why a request is not obeyed: a page in a browser may send it to any address, but not without saying so; and a page
/// whose own name was made to lead here gives that name as the host.
fn refusal<B>(request: &Request<B>) -> Option<&'static str> {
    let headers = request.headers();
    let site = headers.get("sec-fetch-site").is_some_and(|site| site != "none");
    if headers.contains_key(http::header::ORIGIN) || site {
        return Some("the control path is for programs, and not for pages in a browser");
    }
    let hosts = headers.get_all(http::header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let asked = request.uri().authority().map(Authority::as_str);
    let foreign = hosts.chain(asked).any(|host| !is_this_machine(host));
    foreign.then_some("the control path is asked for at localhost, 127.0.0.1 or [::1]")
}

fn is_this_machine(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    !authority.as_str().contains('@')
        && (host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback()))
}

fn describe_web(world: &World, web: WebRef) -> Value {
    json!({
        "path": world.web(web).path,
        "id": world.web(web).id,
        "title": world.web(web).title,
        "token": world.current_token(Scope::Web(web)).to_string(),
        "lists": world.living_lists(web).map(|list| describe_list(world, list)).collect::<Vec<_>>(),
    })
}

fn describe_list(world: &World, list: ListRef) -> Value {
    json!({
        "title": world.list(list).title,
        "id": world.list(list).id,
        "path": world.list_path(list),
        "items": world.list(list).item_count(),
        "token": world.current_token(Scope::List(list)).to_string(),
    })
}

/// The items of a list as they are, for comparison with a copy.
fn describe_items(world: &World, list: ListRef) -> Value {
    let items = world.list(list).items().map(|item| {
        json!({
            "id": item.id,
            "unique_id": item.unique_id,
            "path": world.item_path(list, item),
            "folder": item.is_folder(),
            "title": item.title(),
            "version": item.version,
            "modified": item.modified.iso(),
        })
    });
    json!({ "items": items.collect::<Vec<_>>() })
}

/// The items of a list as a perfect copy has them: `held` says how much of a field that is.
fn describe_truth(world: &World, list: ListRef) -> Value {
    let mut items = Vec::new();
    world.each_truth(list, "<DateInUtc>TRUE</DateInUtc>", |item| {
        let fields = item.fields.iter().map(|field| {
            let held = match field.held {
                Held::Whole => "whole",
                Held::Ids => "ids",
                Held::Nothing => "nothing",
            };
            (field.name.clone(), json!({ "text": field.text, "held": held }))
        });
        items.push(json!({
            "id": item.id,
            "unique_id": item.unique_id,
            "parent": item.parent,
            "path": item.path,
            "folder": item.folder,
            "version": item.version,
            "permissions": format!("{:#x}", item.permissions),
            "fields": fields.collect::<serde_json::Map<_, _>>(),
        }));
    });
    json!({ "items": items })
}

/// The rows of a scope's log after a number, for comparison with what was delivered.
fn describe_rows(world: &World, scope: Scope, after: i64) -> Value {
    let rows =
        world.matching(scope, &Query::default()).into_iter().filter(|row| row.number > after).map(|row| {
            json!({
                "number": row.number,
                "token": world.token(scope, row.place()).to_string(),
                "type": row.object.type_name(),
                "change_type": row.event.code(),
            })
        });
    json!({ "rows": rows.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for own in ["localhost", "LOCALHOST:8080", "127.0.0.1:43127", "127.8.8.8", "[::1]:80", "[::1]"] {
            assert!(is_this_machine(own), "{own}");
        }
        for foreign in [
            "",
            "rebound.example",
            "rebound.example:43127",
            "127.0.0.1.rebound.example",
            "localhost.rebound.example",
            "localhost@rebound.example",
            "rebound.example@localhost",
            "10.0.0.1",
            "[2001:db8::1]",
        ] {
            assert!(!is_this_machine(foreign), "{foreign}");
        }
    }
}
