//! Pages of GetListItemChangesSinceToken, against quick-xml's attributes, and how a value is found in a row.

use std::{borrow::Cow, hint::black_box};

use quick_xml::{
    Reader, XmlVersion,
    events::{Event, attributes::Attributes},
};
use sharepoint_changes::{Feed, ItemQuery, ListRef, Row, Rowset, http::Response, item::Column};

use crate::{
    bodies,
    rounds::{Case, Side},
};

/// A page with every column filled, one with 16 of 20, and the two ways to a value.
pub(crate) fn cases() -> Vec<Case> {
    vec![case("rowset, 20 columns", COLUMNS - 1, 3.5), case("rowset, 16 of 20 columns", 15, 2.5), values()]
}

fn case(name: &str, filled: usize, goal: f64) -> Case {
    let body = bodies::rowset(filled, COUNT as u64);
    let answer = Response::new(body.clone().into_bytes());
    let page = move || {
        let page = read(black_box(&answer));
        assert_eq!(black_box(page).rows.len(), COUNT);
    };
    let attributes = move || assert_eq!(black_box(attributes(black_box(body.as_bytes()))).len(), COUNT);
    Case {
        name: name.to_owned(),
        this: Side::new("`ItemQuery::read`, every value readable", page),
        reference: Side::new("quick-xml attributes, collected", attributes),
        per: (COUNT, "row"),
        goal,
    }
}

fn read(answer: &Response<Vec<u8>>) -> Rowset {
    ItemQuery::new(ListRef::Title("Q1 Bids".into())).read(answer).expect("a page of rows")
}

/// The attributes of every row, as quick-xml gives them: unescaped, and checked to be there once.
fn attributes(body: &[u8]) -> Vec<Vec<(Cow<'_, str>, Cow<'_, str>)>> {
    let text = std::str::from_utf8(body).expect("UTF-8");
    let mut reader = Reader::from_str(text);
    let mut rows = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Empty(row) if row.name().into_inner() == "z:row" => {
                // The same tag once more, because what is borrowed of an event ends with it.
                let end = reader.buffer_position() as usize - "/>".len();
                let tag = &text[end - row.len()..end];
                let cells = Attributes::new(tag, "z:row".len()).map(|cell| {
                    let cell = cell.expect("an attribute");
                    let value = cell.normalized_value(XmlVersion::Implicit1_0).expect("a value");
                    (Cow::Borrowed(cell.key.into_inner()), value)
                });
                rows.push(cells.collect());
            }
            Event::Eof => return rows,
            _ => {}
        }
    }
}

/// The values of a page: by name, and by handles that are made once.
fn values() -> Case {
    let page = read(&Response::new(bodies::rowset(COLUMNS - 1, COUNT as u64).into_bytes()));
    let first = page.rows.get(0).expect("a row");
    let names: Vec<String> = first.columns().map(|(name, _)| name.to_owned()).collect();
    let columns: Vec<Column> = names.iter().map(|name| Column::new(name)).collect();
    let other = page.clone();
    let by_handle = move || {
        let length =
            |row: Row| columns.iter().filter_map(|column| row.at(column)).map(str::len).sum::<usize>();
        black_box(page.rows.iter().map(length).sum::<usize>());
    };
    let by_name = move || {
        let length = |row: Row| names.iter().filter_map(|name| row.get(name)).map(str::len).sum::<usize>();
        black_box(other.rows.iter().map(length).sum::<usize>());
    };
    Case {
        name: "rowset, each value found".to_owned(),
        this: Side::new("`Row::at`, by handle", by_handle),
        reference: Side::new("`Row::get`, by name", by_name),
        per: (COUNT * COLUMNS, "value"),
        goal: 1.5,
    }
}

const COUNT: usize = 1_000;
/// The id is one of them.
const COLUMNS: usize = 20;
