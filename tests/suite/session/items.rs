//! The list feed's session against answers written out: what each step asks for, in which order, and what it makes of
//! answers that lag, contradict one another, or cannot be read.

mod ahead;
mod behind;
mod bounds;
mod doubt;
mod faults;
mod listing;
mod narrowing;
mod order;
mod permissions;
mod reload;
mod rowset;
mod several;
mod unreadable;

use std::time::Duration;

use http::Request;
use sharepoint_changes::{
    Action, Basis, ChangeToken, Checkpoint, Done, Error, ItemChange, ItemPage, ItemQuery, ListRef, Machine,
    Session, Settings, Start, uuid::Uuid,
};

use self::rowset::{Answer, Place};
use super::script::{self, LIST, at, http_date};

/// A session over a list's items, and the hand that answers it.
struct Items {
    session: Session<ItemQuery>,
    now: Duration,
    /// The server's time, in seconds after the start of the story.
    date: i64,
    /// That time at the first poll: the caller's clock goes as fast as the server's.
    began: Option<i64>,
    /// Whether the run was told whose log it reads.
    told_whose: bool,
}

impl Items {
    fn new(start: Start) -> Items {
        Items::with(query(), start, Settings::default())
    }

    /// Without a look at permissions, which is a request that most stories are not about.
    fn with(query: ItemQuery, start: Start, mut settings: Settings) -> Items {
        settings.role_assignments = false;
        Items::wholly(query, start, settings)
    }

    fn wholly(query: ItemQuery, start: Start, settings: Settings) -> Items {
        let session = Session::new(script::site(), query, start, settings).unwrap();
        Items { session, now: Duration::ZERO, date: 0, began: None, told_whose: false }
    }

    fn resumed(checkpoint: &Checkpoint) -> Items {
        Items::new(Start::Checkpoint(script::kept(checkpoint)))
    }

    /// Ready for the first page of an increment from 100 to the end of the log at this number.
    fn from_token(fence: i64) -> Items {
        let mut items = Items::new(Start::Token(script::token(100, 0)));
        items.fence(&script::token(fence, 0));
        items.answer(&Answer::new(fence).list());
        items
    }

    fn poll(&mut self) -> Result<Action<ItemPage, Done>, Error> {
        let began = *self.began.get_or_insert(self.date);
        self.now = self.now.max(Duration::from_secs(u64::try_from(self.date - began).unwrap_or(0)));
        self.session.poll(self.now)
    }

    fn request(&mut self) -> Request<Vec<u8>> {
        loop {
            match self.poll().unwrap() {
                Action::Send(request) => return request,
                Action::Wait(wait) => self.now += wait.at_least,
                other => panic!("no request but {other:?}"),
            }
        }
    }

    /// The request as text, quotes and all as they were written into the members.
    fn asked(&mut self) -> String {
        String::from_utf8(self.request().body().clone()).unwrap().replace("\\\"", "\"")
    }

    fn reply(&mut self, status: u16, body: &str) {
        self.request();
        let answer = http::Response::builder().status(status).header("date", http_date(at(self.date)));
        self.session.receive(answer.body(body).unwrap());
    }

    /// Answers the question that is open; returns what was asked.
    fn answer(&mut self, answer: &Answer) -> String {
        let asked = self.asked();
        let is_for_rows =
            ["GetListItemChangesSinceToken", "SP.ChangeLogItemQuery"].iter().any(|name| asked.contains(name));
        assert!(is_for_rows, "{asked}");
        self.reply(200, &answer.to_string());
        asked
    }

    /// Answers the question for the end of the log, and the first time that for whose it is.
    fn fence(&mut self, fence: &ChangeToken) {
        self.end(fence);
        if !std::mem::replace(&mut self.told_whose, true) {
            self.whose(script::SITE);
        }
    }

    /// Answers the question whose log it is.
    fn whose(&mut self, site: Uuid) {
        let uri = self.request().uri().clone();
        assert!(uri.path().ends_with("/_api/site"), "{uri}");
        self.end(&script::token_of("1", site, 1, 0));
    }

    fn end(&mut self, fence: &ChangeToken) {
        assert!(self.request().uri().query().unwrap().ends_with("$select=CurrentChangeToken"));
        self.reply(200, &format!(r#"{{"CurrentChangeToken":{{"StringValue":"{fence}"}}}}"#));
    }

    /// Answers GetChanges with changes of these items at these numbers, a removal where the id is negative; returns
    /// the bounds that were asked for.
    fn names(&mut self, changes: &[(i32, i64)]) -> (i64, i64) {
        let kind = |id: i32| if id < 0 { 3 } else { 2 };
        let changes: Vec<(i32, i32, i64)> =
            changes.iter().map(|(id, number)| (kind(*id), id.abs(), *number)).collect();
        self.changes_of_items(&changes)
    }

    /// Answers GetChanges with changes of these kinds, of these items, at these numbers; returns the bounds that were
    /// asked for.
    fn changes_of_items(&mut self, changes: &[(i32, i32, i64)]) -> (i64, i64) {
        let request = self.request();
        assert!(request.uri().path().ends_with("/GetChanges"), "{}", request.uri());
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let bound = |name: &str| {
            let text = body["query"][name]["StringValue"].as_str().unwrap();
            text.parse::<ChangeToken>().unwrap().number()
        };
        let row = |(kind, id, number): &(i32, i32, i64)| {
            format!(
                r#"{{"__metadata":{{"type":"SP.ChangeItem"}},"ChangeToken":{{"StringValue":"{}"}},"ChangeType":{kind},
                "SiteId":"{LIST}","Time":"2026-03-04T10:15:31Z","ItemId":{id},"ListId":"{LIST}","WebId":"{LIST}"}}"#,
                script::token(*number, 0)
            )
        };
        let rows = changes.iter().map(row).collect::<Vec<_>>().join(",");
        self.reply(200, &format!(r#"{{"d":{{"results":[{rows}]}}}}"#));
        (bound("ChangeTokenStart"), bound("ChangeTokenEnd"))
    }

    /// Answers GetChanges with changes of permissions: of these kinds, to these objects, at these numbers; returns the
    /// bounds that were asked for.
    fn permissions(&mut self, changes: &[(i32, Object, i64)]) -> (i64, i64) {
        let request = self.request();
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
        assert_eq!(body["query"]["RoleAssignmentAdd"], true, "{body}");
        assert!(body["query"]["Add"].is_null(), "{body}");
        let row = |(kind, object, number): &(i32, Object, i64)| {
            let (name, members) = match object {
                Object::Item(id) => ("Item", format!(r#""ItemId":{id},"ListId":"{LIST}","WebId":"{LIST}""#)),
                Object::Folder => ("Folder", format!(r#""UniqueId":"{LIST}","WebId":"{LIST}""#)),
                Object::Group => ("Group", r#""GroupId":7"#.to_owned()),
                Object::List => ("List", format!(r#""ListId":"{LIST}","WebId":"{LIST}""#)),
            };
            format!(
                r#"{{"__metadata":{{"type":"SP.Change{name}"}},"ChangeToken":{{"StringValue":"{}"}},"ChangeType":{kind},
                "SiteId":"{LIST}","Time":"2026-03-04T10:15:31Z",{members}}}"#,
                script::token(*number, 0)
            )
        };
        let rows = changes.iter().map(row).collect::<Vec<_>>().join(",");
        self.reply(200, &format!(r#"{{"d":{{"results":[{rows}]}}}}"#));
        let bound = |name: &str| {
            let text = body["query"][name]["StringValue"].as_str().unwrap();
            text.parse::<ChangeToken>().unwrap().number()
        };
        (bound("ChangeTokenStart"), bound("ChangeTokenEnd"))
    }

    /// Answers like this for as long as it is asked for: a copy that stays behind; returns how the run ends.
    fn behind(&mut self, answer: &Answer) -> Error {
        loop {
            match self.poll() {
                Ok(Action::Send(request)) if request.method() == "GET" => {
                    self.fence(&answer.last());
                }
                Ok(Action::Send(_)) => drop(self.answer(answer)),
                Ok(Action::Wait(wait)) => self.now += wait.at_least,
                Ok(action) => panic!("no error but {action:?}"),
                Err(error) => return error,
            }
        }
    }

    /// Answers GetChanges with changes of columns, of these kinds at these numbers.
    fn columns(&mut self, changes: &[(i32, i64)]) {
        let request = self.request();
        let asked = String::from_utf8(request.body().clone()).unwrap();
        assert!(asked.contains(r#""Field":true"#) && !asked.contains(r#""Item":true"#), "{asked}");
        let row = |(kind, number): &(i32, i64)| {
            format!(
                r#"{{"__metadata":{{"type":"SP.ChangeField"}},"ChangeToken":{{"StringValue":"{}"}},"ChangeType":{kind},
                "SiteId":"{LIST}","Time":"2026-03-04T10:15:31Z","FieldId":"{LIST}","WebId":"{LIST}"}}"#,
                script::token(*number, 0)
            )
        };
        let rows = changes.iter().map(row).collect::<Vec<_>>().join(",");
        self.reply(200, &format!(r#"{{"d":{{"results":[{rows}]}}}}"#));
    }

    fn page(&mut self) -> ItemPage {
        match self.poll().unwrap() {
            Action::Page(page) => page,
            other => panic!("no page but {other:?}"),
        }
    }

    fn up_to_date(&mut self) -> Checkpoint {
        match self.poll().unwrap() {
            Action::Done(Done::UpToDate { checkpoint, .. }) => checkpoint,
            other => panic!("not up to date but {other:?}"),
        }
    }

    fn error(&mut self) -> Error {
        loop {
            match self.poll() {
                Ok(Action::Wait(wait)) => self.now += wait.at_least,
                Ok(action) => panic!("no error but {action:?}"),
                Err(error) => return error,
            }
        }
    }

    /// Fails until a single row is asked for, and brings it.
    fn doubt(&mut self) {
        for _ in 0..3 {
            self.reply(500, SERVER_FAULT);
        }
        assert!(self.asked().contains(r#""RowLimit":"1""#));
        self.answer(&Answer::new(100).list());
    }
}

/// What permissions changed on.
#[derive(Debug, Clone, Copy)]
enum Object {
    Item(i32),
    /// A folder that is no item.
    Folder,
    Group,
    List,
}

fn query() -> ItemQuery {
    ItemQuery::new(ListRef::Id(LIST))
}

/// A load of one page with these rows, and the increment that follows it; its last checkpoint.
fn loaded(places: &[Place]) -> Checkpoint {
    let mut items = Items::new(Start::Beginning);
    items.fence(&script::token(100, 0));
    items.answer(&Answer::new(100).list());
    items.answer(&Answer::new(100).list().rows(places));
    items.page();
    items.answer(&Answer::new(100));
    items.up_to_date()
}

/// What a page says, in short: `+` put, `-` gone.
fn told(page: &ItemPage) -> Vec<String> {
    let change = |change: &ItemChange| match change {
        ItemChange::Upserted(row) => format!("+{}", row.id()),
        ItemChange::Removed { id, .. } => format!("-{id}"),
        ItemChange::MovedAway { id, .. } => format!("away {id}"),
        ItemChange::Restored { id } => format!("restored {id}"),
        ItemChange::Renamed { id } => format!("renamed {id}"),
        ItemChange::SystemUpdated { id } => format!("system {id}"),
        _ => "?".to_owned(),
    };
    page.changes.iter().map(change).collect()
}

fn load_of(page: &ItemPage) -> String {
    match &page.basis {
        Basis::Snapshot { load, .. } => load.to_string(),
        other => panic!("no load but {other:?}"),
    }
}

const SERVER_FAULT: &str = r#"{"odata.error":{"code":"-2130575342, Microsoft.SharePoint.SPException","message":{"lang":"en-US","value":"x"}}}"#;
const NOT_FOUND: &str = r#"{"odata.error":{"code":"-2147024894, System.IO.FileNotFoundException","message":{"lang":"en-US","value":"x"}}}"#;
const THRESHOLD: &str = r#"{"odata.error":{"code":"-2147024860, Microsoft.SharePoint.SPQueryThrottledException","message":{"lang":"en-US","value":"x"}}}"#;
