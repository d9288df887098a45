//! Reading a rowset in tests, with a parser of its own.

use std::collections::BTreeMap;

use http::{Request, Response};
use serde_json::{Value, json};
use sharepoint_simulator::Server;
use sharepoint_simulator::world::ListRef;

use crate::ask::{BARE, post, send};

/// The options that a careful client sends.
pub(crate) const USUAL: &str = "<QueryOptions><DateInUtc>TRUE</DateInUtc><IncludePermissions>TRUE</IncludePermissions>\
    <RemoveInvalidXmlCharacters>TRUE</RemoveInvalidXmlCharacters><ViewAttributes Scope=\"RecursiveAll\"/></QueryOptions>";
/// An order, and no filter.
pub(crate) const BY_ID: &str = "<Query><OrderBy><FieldRef Name=\"ID\"/></OrderBy></Query>";

/// A page, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) listitems: BTreeMap<String, String>,
    pub(crate) token: String,
    pub(crate) more: Option<String>,
    /// Names of the fields of the List element, with their types.
    pub(crate) fields: Option<BTreeMap<String, String>>,
    /// ChangeType and text.
    pub(crate) ids: Vec<(String, String)>,
    /// All attributes of each `Id`.
    pub(crate) id_attributes: Vec<BTreeMap<String, String>>,
    pub(crate) count: String,
    pub(crate) position: Option<String>,
    pub(crate) rows: Vec<BTreeMap<String, String>>,
}

impl Page {
    /// Reads a body.
    pub(crate) fn read(body: &str) -> Self {
        let document = roxmltree::Document::parse(body.trim_start_matches('\u{feff}'))
            .unwrap_or_else(|e| panic!("{e}: {body}"));
        let attributes = |node: roxmltree::Node<'_, '_>| -> BTreeMap<String, String> {
            node.attributes().map(|found| (found.name().to_owned(), found.value().to_owned())).collect()
        };
        let named = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
        let mut page = Self { listitems: attributes(named("listitems").unwrap()), ..Self::default() };
        let changes = named("Changes").unwrap();
        page.token = changes.attribute("LastChangeToken").unwrap_or_default().to_owned();
        page.more = changes.attribute("MoreChanges").map(str::to_owned);
        page.fields = named("Fields").map(|fields| {
            let fields = fields.children().filter(roxmltree::Node::is_element);
            let pair = |field: roxmltree::Node<'_, '_>| {
                let attribute = |name| field.attribute(name).unwrap().to_owned();
                (attribute("Name"), attribute("Type"))
            };
            fields.map(pair).collect()
        });
        for id in changes.children().filter(|node| node.tag_name().name() == "Id") {
            let text = id.text().unwrap_or_default().to_owned();
            page.ids.push((id.attribute("ChangeType").unwrap().to_owned(), text));
            page.id_attributes.push(attributes(id));
        }
        let data = document
            .descendants()
            .find(|node| node.has_tag_name(("urn:schemas-microsoft-com:rowset", "data")))
            .unwrap();
        page.count = data.attribute("ItemCount").unwrap().to_owned();
        page.position = data.attribute("ListItemCollectionPositionNext").map(str::to_owned);
        let rows = data.children().filter(|node| node.has_tag_name(("#RowsetSchema", "row")));
        page.rows = rows.map(attributes).collect();
        page
    }

    /// One attribute of all rows; what is left out is empty.
    pub(crate) fn column(&self, name: &str) -> Vec<String> {
        self.rows.iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect()
    }

    /// The ids of the rows.
    pub(crate) fn row_ids(&self) -> Vec<i32> {
        self.rows.iter().map(|row| row["ows_ID"].parse().unwrap()).collect()
    }

    /// ChangeType and text of each `Id`, in one text.
    pub(crate) fn told(&self) -> String {
        let told: Vec<String> = self.ids.iter().map(|(change, text)| format!("{change} {text}")).collect();
        told.join(", ")
    }
}

/// A call on a list with these members.
pub(crate) fn since(server: &Server, list: ListRef, members: &Value) -> Request<Vec<u8>> {
    let id = server.world().list(list).id;
    let path = format!("web/lists(guid'{id}')/GetListItemChangesSinceToken");
    post(&path, BARE, &json!({ "query": members }).to_string())
}

/// Its answer, whatever it is.
pub(crate) fn answer(server: &mut Server, list: ListRef, members: &Value) -> Response<Vec<u8>> {
    let request = since(server, list, members);
    send(server, &request)
}

/// Its body, which must be a success.
pub(crate) fn body(server: &mut Server, list: ListRef, members: &Value) -> String {
    let response = answer(server, list, members);
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert_eq!(response.status(), 200, "{text}");
    text
}

/// Its page.
pub(crate) fn page(server: &mut Server, list: ListRef, members: &Value) -> Page {
    Page::read(&body(server, list, members))
}

/// An increment with the usual options.
pub(crate) fn increment(server: &mut Server, list: ListRef, token: &str) -> Page {
    let members = json!({ "ChangeToken": token, "RowLimit": "1000", "Query": BY_ID, "QueryOptions": USUAL });
    page(server, list, &members)
}

/// A list's token now.
pub(crate) fn now(server: &Server, list: ListRef) -> String {
    server.world().current_token(sharepoint_simulator::Scope::List(list)).to_string()
}

/// The usual options at a place.
pub(crate) fn options_at(position: &str) -> String {
    let place = position.replace('&', "&amp;");
    USUAL.replace(
        "</QueryOptions>",
        &format!("<Paging ListItemCollectionPositionNext=\"{place}\"/></QueryOptions>"),
    )
}
