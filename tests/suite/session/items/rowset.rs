//! Answers of the list feed, written out.

use std::fmt;

use sharepoint_changes::ChangeToken;

use crate::session::script::{LIST, token};

/// A row: its id, and the path of what it is below the root of the list. Folders end in a slash.
pub(super) type Place = (i32, &'static str);

pub(super) struct Answer {
    token: String,
    mask: &'static str,
    more: bool,
    list: Option<String>,
    events: String,
    rows: String,
    count: usize,
    next: Option<&'static str>,
}

impl Answer {
    /// Nothing new; the last change has this number.
    pub(super) fn new(number: i64) -> Answer {
        Answer {
            token: token(number, 0).to_string(),
            mask: "FullMask",
            more: false,
            list: None,
            events: String::new(),
            rows: String::new(),
            count: 0,
            next: None,
        }
    }

    pub(super) fn token(mut self, token: &str) -> Answer {
        token.clone_into(&mut self.token);
        self
    }

    /// Sets an attribute of the list.
    pub(super) fn list_attribute(mut self, name: &str, value: &str) -> Answer {
        let list = self.list.take().unwrap();
        self.list = Some(match name {
            "RootFolder" => list.replace("/sites/ops/Lists/Q1", value),
            _ => list.replacen("<List ", &format!("<List {name}=\"{value}\" "), 1),
        });
        self
    }

    /// The end of the log as of this answer.
    pub(super) fn last(&self) -> ChangeToken {
        self.token.parse().unwrap()
    }

    pub(super) fn mask(mut self, mask: &'static str) -> Answer {
        self.mask = mask;
        self
    }

    pub(super) fn more(mut self) -> Answer {
        self.more = true;
        self
    }

    pub(super) fn list(self) -> Answer {
        self.list_with("Text")
    }

    /// The list, its second column being of this type.
    pub(super) fn list_with(self, kind: &str) -> Answer {
        self.list_of(&format!(
            r#"<Field ID="{{2b61c9a8-7d0e-4f53-9c44-18e0aa35d7f1}}" Type="{kind}" Name="Amount"/>"#
        ))
    }

    /// The list with its Title and these fields.
    pub(super) fn list_of(mut self, fields: &str) -> Answer {
        self.list = Some(format!(
            r#"<List ID="{{{LIST}}}" Title="Q1 Bids" ItemCount="3" RootFolder="/sites/ops/Lists/Q1"><Fields>
            <Field ID="{{fa564e0f-0c70-4ab9-b863-0177e6ddd247}}" Type="Text" Name="Title"/>
            {fields}</Fields></List>"#
        ));
        self
    }

    /// The list with one column more.
    pub(super) fn column(mut self, number: u32) -> Answer {
        let column = format!(
            r#"<Field ID="{{00000000-0000-0000-0000-{number:012}}}" Type="Text" Name="C{number}"/></Fields>"#
        );
        self.list = self.list.map(|list| list.replace("</Fields>", &column));
        self
    }

    pub(super) fn event(mut self, kind: &str, id: i32) -> Answer {
        self.events += &format!(r#"<Id ChangeType="{kind}">{id}</Id>"#);
        self
    }

    pub(super) fn whole(mut self, kind: &str) -> Answer {
        self.events += &format!(r#"<Id ChangeType="{kind}"/>"#);
        self
    }

    pub(super) fn rows(mut self, places: &[Place]) -> Answer {
        for (id, path) in places {
            let (path, folder) = (path.trim_end_matches('/'), u8::from(path.ends_with('/')));
            self.rows += &format!(
                "<z:row ows_ID='{id}' ows_Title='{path}' ows_FSObjType='{id};#{folder}' \
                 ows_UniqueId='{id};#{{00000000-0000-0000-0000-{id:012}}}' ows_owshiddenversion='1' \
                 ows_FileRef='{id};#sites/ops/Lists/Q1/{path}'/>"
            );
            self.count += 1;
        }
        self
    }

    /// A row that cannot be read; without an id it cannot be told from any other.
    pub(super) fn broken(mut self, id: Option<i32>) -> Answer {
        let id = id.map(|id| format!("ows_ID='{id}'")).unwrap_or_default();
        self.rows += &format!("<z:row {id} ows_Title='&nothing;'/>");
        self.count += 1;
        self
    }

    pub(super) fn next(mut self, place: &'static str) -> Answer {
        self.next = Some(place);
        self
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.more { " MoreChanges=\"TRUE\"" } else { "" };
        let next = self.next.map(|next| format!(" ListItemCollectionPositionNext=\"{next}\""));
        write!(
            f,
            "<GetListItemChangesSinceTokenResult><listitems EffectivePermMask='{}' \
             xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>\
             <Changes LastChangeToken=\"{}\"{more}>{}{}</Changes>\
             <rs:data ItemCount=\"{}\"{}>{}</rs:data></listitems></GetListItemChangesSinceTokenResult>",
            self.mask,
            self.token,
            self.list.as_deref().unwrap_or_default(),
            self.events,
            self.count,
            next.unwrap_or_default(),
            self.rows,
        )
    }
}
