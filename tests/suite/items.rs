//! Answers of the list feed in, values out: the synthetic ones of `tests/fixtures`, told in its `SOURCE.md`.

use std::{fs, path::PathBuf};

use sharepoint_changes::{
    Error, FaultClass, Feed, ItemQuery, ListRef, Row, Rowset,
    http::{Response, StatusCode},
    item::{
        Attachment, Attachments, Column, EventKind, Link, Lookup, ObjectType, Person, Property, Schema, Term,
        Value,
    },
    jiff::{Timestamp, tz::Offset},
    uuid::{Uuid, uuid},
};

const LIST: Uuid = uuid!("3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66");

fn answer(status: u16, name: &str) -> Response<Vec<u8>> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", name].iter().collect();
    let mut answer = Response::new(fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}")));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

fn read(status: u16, name: &str) -> Result<Rowset, Error> {
    ItemQuery::new(ListRef::Id(LIST)).read(&answer(status, name))
}

fn page(name: &str) -> Rowset {
    read(200, name).unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn schema(page: &Rowset) -> Schema {
    page.list.as_ref().expect("a list").schema()
}

fn value<'a>(row: &'a Row, schema: &Schema, name: &str) -> Option<Value<'a>> {
    row.value(schema.field(name).unwrap_or_else(|| panic!("no field {name}")))
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Borrows the public types' shapes: they are not to be made by others.
fn lookups(value: Option<Value<'_>>) -> Vec<(i32, String)> {
    let pair = |lookup: &Lookup<'_>| (lookup.id, lookup.text.to_owned());
    match value {
        Some(Value::Lookup(lookup)) => vec![pair(&lookup)],
        Some(Value::Lookups(lookups)) => lookups.iter().map(pair).collect(),
        other => panic!("{other:?}"),
    }
}

fn people(value: Option<Value<'_>>) -> Vec<[Option<String>; 5]> {
    let parts = |person: &Person<'_>| {
        let text = |part: &Option<_>| part.as_ref().map(ToString::to_string);
        [
            Some(format!("{} {}", person.id, person.name)),
            text(&person.login),
            text(&person.email),
            text(&person.sip),
            text(&person.title),
        ]
    };
    match value {
        Some(Value::Person(person)) => vec![parts(&person)],
        Some(Value::People(people)) => people.iter().map(parts).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_first_page_tells_its_frame_its_list_and_where_to_go_on() {
    let page = page("items-load.xml");
    assert_eq!(page.token.as_ref().unwrap().number(), 912_004_511);
    assert_eq!((page.more_changes, page.item_count), (false, Some(2)));
    assert_eq!(page.next_place.as_deref(), Some("Paged=TRUE&p_ID=16"));
    assert_eq!(page.effective_perm_mask, Some(0x7fff_ffff_ffff_ffff));
    assert_eq!((page.hints.min_minutes, page.hints.recommended_minutes), (Some(0), Some(180)));
    assert_eq!((page.hints.max_bulk_megabytes, page.hints.max_embedded_size), (Some(500), Some(500)));
    assert_eq!(page.hints.alternate_urls.as_deref(), Some("https://fabrikam.sharepoint.com/,,,,"));
    let list = page.list.as_ref().unwrap();
    assert_eq!((list.id(), list.title(), list.version()), (Some(LIST), Some("Q1 Bids"), Some(7)));
    assert_eq!((list.item_count(), list.server_template()), (Some(3), Some(100)));
    assert_eq!(list.root_folder(), Some("/sites/ops/Lists/Q1 Bids"));
    assert_eq!(list.setting("ServerVersion"), Some("16.0.0.26115"));
    assert_eq!((list.fields().count(), list.utc_offset()), (43, Some(Offset::constant(1))));
    assert!(page.broken.is_empty() && page.illegal.is_empty() && page.events.is_empty());
    assert_eq!(page.rows.iter().map(|row| row.id()).collect::<Vec<_>>(), [15, 16]);
}

#[test]
fn every_type_of_the_protocol_is_read_by_the_lists_schema() {
    let page = page("items-load.xml");
    let (schema, row) = (schema(&page), page.rows.get(0).unwrap());
    let guid = |text: &str| Some(Value::Guid(text.parse().unwrap()));
    for (name, expected) in [
        ("ID", Some(Value::Integer(15))),
        ("Title", Some(Value::Text("Bridge & ramp"))),
        ("Body", Some(Value::Text("<div>One</div>\r\ntwo"))),
        ("Bid_x0020_Amount", Some(Value::Number(12500.5))),
        ("Share", Some(Value::Number(0.25))),
        ("owshiddenversion", Some(Value::Integer(3))),
        ("Won", Some(Value::Boolean(true))),
        ("Modified", Some(Value::Date(time("2026-03-04T10:15:31Z")))),
        ("Due", Some(Value::Date(time("2026-03-31T22:00:00Z")))),
        ("Status", Some(Value::Text("Open"))),
        ("Marks", Some(Value::Choices(vec!["Open", "Held"]))),
        ("Sum", Some(Value::Number(3125.125))),
        ("Label", Some(Value::Text("Bridge & ramp: Open"))),
        ("When", Some(Value::Date(time("2026-03-04T10:15:31Z")))),
        ("Big", Some(Value::Boolean(true))),
        ("Wrong", Some(Value::Error("#DIV/0!"))),
        ("Photo", Some(Value::Json(r#"{"fileName":"a.png","serverRelativeUrl":"/sites/ops/a.png"}"#))),
        ("Place", Some(Value::Json(r#"{"DisplayName":"Bern"}"#))),
        ("FSObjType", Some(Value::ObjectType(ObjectType::File))),
        ("UniqueId", guid("41f0a6d3-08c2-4b79-8e15-7a2d9c36b0e4")),
        ("ParentUniqueId", guid("9d2e6f10-3b4c-4d5e-8f60-718293a4b5c6")),
        ("ScopeId", guid("5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716")),
        ("FileRef", Some(Value::Path("/sites/ops/Lists/Q1 Bids/15_.000".into()))),
        ("FileDirRef", Some(Value::Path("/sites/ops/Lists/Q1 Bids".into()))),
        ("FileLeafRef", Some(Value::Text("15_.000"))),
        ("Created_x0020_Date", Some(Value::Date(time("2026-02-01T08:00:00Z")))),
        ("ItemChildCount", Some(Value::Integer(0))),
        ("GUID", guid("7b6a5948-3726-4150-8fed-cba987654321")),
        ("PermMask", Some(Value::PermMask(0x7fff_ffff_ffff_ffff))),
        ("Attachments", Some(Value::Attachments(Attachments::Count(1)))),
        ("ContentTypeId", Some(Value::ContentTypeId("0x0100A1B2C3D4E5F60718293A4B5C6D7E8F90"))),
        ("_ModerationStatus", Some(Value::Integer(0))),
        ("LinkTitle", Some(Value::Text("Bridge & ramp"))),
        ("Tomorrow", Some(Value::Other("9;#?"))),
    ] {
        assert_eq!(value(&row, &schema, name), expected, "{name}");
    }
    let text = |id: i32, text: &str| (id, text.to_owned());
    assert_eq!(lookups(value(&row, &schema, "Customer")), [text(12, "Wolf, Bär & Söhne")]);
    assert_eq!(lookups(value(&row, &schema, "Customer_x003a_City")), [text(12, "Bern")]);
    assert_eq!(lookups(value(&row, &schema, "Partners")), [text(12, "A"), text(15, "B")]);
    let named = |name: &str| [Some(name.to_owned()), None, None, None, None];
    assert_eq!(people(value(&row, &schema, "Editor")), [named("7 Ana Ruiz")]);
    assert_eq!(people(value(&row, &schema, "Team")), [named("7 Ana Ruiz"), named("9 Cy")]);
    let Some(Value::Link(Link { url, caption, .. })) = value(&row, &schema, "Page") else {
        panic!("no link")
    };
    assert_eq!((&*url, caption), ("https://x.example/a,b", Some("The page, in short")));
    let (north, south) =
        (uuid!("a1b2c3d4-0001-4000-8000-000000000001"), uuid!("a1b2c3d4-0002-4000-8000-000000000002"));
    let Some(Value::Term(Term { id, label, term_id, .. })) = value(&row, &schema, "Region") else {
        panic!("no term")
    };
    assert_eq!((id, label, term_id), (12, "North", Some(north)));
    let Some(Value::Terms(terms)) = value(&row, &schema, "Regions") else { panic!("no terms") };
    let terms: Vec<_> = terms.iter().map(|term| (term.id, term.label, term.term_id)).collect();
    assert_eq!(terms, [(12, "North", Some(north)), (13, "South", Some(south))]);
    let Some(Value::Properties(bag)) = value(&row, &schema, "MetaInfo") else { panic!("no bag") };
    let bag: Vec<_> = bag.iter().map(|Property { key, code, value, .. }| (*key, *code, *value)).collect();
    assert_eq!(bag, [("vti_title", "SW", "Bridge"), ("vti_rows", "IW", "3")]);
    // Nothing of the row is left unread, and what has no value has no cell.
    assert_eq!(row.columns().count(), schema.fields().len());
    let folder = page.rows.get(1).unwrap();
    assert_eq!((folder.is_folder(), folder.get("Status")), (Some(true), None));
    assert_eq!(value(&folder, &schema, "Status"), None);
    assert_eq!(lookups(value(&folder, &schema, "Partners")), []);
}

#[test]
fn a_field_tells_what_it_is_made_of() {
    let page = page("items-load.xml");
    let schema = schema(&page);
    assert_eq!((schema.list_id, schema.title.as_deref()), (Some(LIST), Some("Q1 Bids")));
    let field = |name| schema.field(name).unwrap();
    let label = field("Label");
    assert_eq!(
        (label.formula.as_deref(), label.result_type.as_deref()),
        (Some("=Title&\": \"&Status"), Some("Text"))
    );
    let derived: Vec<_> =
        schema.fields().iter().filter(|field| field.is_derived()).map(|f| f.name()).collect();
    assert_eq!(derived, ["Customer_x003a_City", "Sum", "Label", "When", "Big", "Wrong"]);
    let joined: Vec<_> = schema.fields().iter().filter(|field| field.is_joined()).map(|f| f.name()).collect();
    assert_eq!(
        joined,
        ["Customer", "Customer_x003a_City", "Partners", "Editor", "Team", "Region", "Regions"]
    );
    let computed: Vec<_> =
        schema.fields().iter().filter(|field| !field.is_stored()).map(|f| f.name()).collect();
    assert_eq!(computed, ["LinkTitle"]);
    let city = field("Customer_x003a_City").lookup.as_ref().unwrap();
    assert_eq!(&*city.list, "{0B6F2A71-55C9-4B35-8C12-9A3E7D4410FE}");
    assert_eq!(city.shown_field.as_deref(), Some("City"));
    assert_eq!(city.primary.as_deref(), Some("{9c1d3b50-4e0f-4a5b-8d7e-2f6c3a1b9e11}"));
    assert_eq!(&*field("Bid_x0020_Amount").display_name, "Bid Amount");
}

#[test]
fn rest_and_soap_answers_of_the_same_page_give_equal_values() {
    let (rest, soap) = (page("items-load.xml"), page("items-load-soap.xml"));
    assert_eq!(rest.rows, soap.rows);
    assert_eq!((&rest.token, rest.more_changes), (&soap.token, soap.more_changes));
    assert_eq!((&rest.next_place, rest.item_count), (&soap.next_place, soap.item_count));
    assert_eq!((&rest.hints, rest.effective_perm_mask), (&soap.hints, soap.effective_perm_mask));
    let (ours, theirs) = (schema(&rest), schema(&soap));
    assert_eq!(ours, theirs);
    assert_eq!(ours.digest(), theirs.digest());
    for (row, other) in rest.rows.iter().zip(&soap.rows) {
        for field in ours.fields() {
            assert_eq!(row.value(field), other.value(field), "{}", field.name());
        }
    }
}

#[test]
fn an_increment_tells_what_happened_to_items_in_its_order() {
    let page = page("items-increment.xml");
    let (to_list, to_item) = (Some(uuid!("0b6f2a71-55c9-4b35-8c12-9a3e7d4410fe")), Some(4));
    let told: Vec<_> = page.events.iter().map(|event| (event.kind.clone(), event.id)).collect();
    assert_eq!(
        told,
        [
            (EventKind::Deleted, Some(17)),
            (EventKind::MovedAway { to_list, to_item }, Some(18)),
            (EventKind::Restored, Some(16)),
            (EventKind::SystemUpdated, Some(12)),
            (EventKind::SystemUpdated, None),
            (EventKind::Renamed, Some(15)),
            (EventKind::Unknown("Vanish".into()), Some(19)),
        ]
    );
    assert_eq!(page.events[0].unique_id, Some(uuid!("d27c4f90-1b6e-4e0a-93f5-6a8d01c7be42")));
    assert_eq!(page.events[3].client_id.as_deref(), Some("c-12"));
    assert!(!page.events.iter().any(|event| event.discards_everything()));
    assert!(page.more_changes && page.list.is_none() && page.next_place.is_none());
    let row = page.rows.get(0).unwrap();
    assert_eq!((row.id(), row.get("Title"), row.hidden_version()), (15, Some("Bridge, ramp"), Some(4)));
    assert_eq!(page.effective_perm_mask, Some(0x1b0_3c43_12ef));
}

#[test]
fn an_expired_token_and_a_restored_list_discard_everything_and_nothing_new_does_not() {
    for (name, kind) in
        [("items-expired.xml", EventKind::InvalidToken), ("items-restored.xml", EventKind::Restored)]
    {
        let page = page(name);
        assert_eq!((page.events.len(), &page.events[0].kind), (1, &kind));
        assert!(page.events[0].discards_everything() && !page.is_empty() && page.rows.is_empty());
    }
    let nothing = page("items-nothing.xml");
    assert!(nothing.is_empty());
    assert_eq!(nothing.token.unwrap().number(), 912_004_655);
}

#[test]
fn what_was_asked_for_beside_is_read_too() {
    let page = page("items-expanded.xml");
    let (schema, row) = (schema(&page), page.rows.get(0).unwrap());
    let some = |text: &str| Some(text.to_owned());
    let ana = "ana@fabrikam.example";
    assert_eq!(
        people(value(&row, &schema, "Editor")),
        [[
            some("7 Ruiz, Ana"),
            some("i:0#.f|membership|ana@fabrikam.example"),
            some(ana),
            None,
            some("Ana Ruiz")
        ]]
    );
    assert_eq!(
        people(value(&row, &schema, "Team")),
        [
            [some("7 Ana Ruiz"), some("i:0#.w|fabrikam\\ana"), None, None, None],
            [
                some("9 Cy"),
                some("i:0#.w|fabrikam\\cy"),
                some("cy@fabrikam.example"),
                some("sip:cy@fabrikam.example"),
                some("Cy")
            ],
        ]
    );
    let Some(Value::Attachments(Attachments::Files(files))) = value(&row, &schema, "Attachments") else {
        panic!("no files")
    };
    let files: Vec<_> = files.iter().map(|Attachment { url, version, .. }| (*url, *version)).collect();
    assert_eq!(
        files,
        [(
            "https://fabrikam.sharepoint.com/sites/ops/Lists/Q1 Bids/Attachments/15/a.pdf",
            Some((uuid!("0b6f2a71-55c9-4b35-8c12-9a3e7d4410fe"), 3))
        )]
    );
    let none = page.rows.get(1).unwrap();
    assert_eq!(value(&none, &schema, "Attachments"), Some(Value::Attachments(Attachments::Count(0))));
    assert_eq!((row.property("vti_title"), row.property("Owner")), (Some("Bridge"), Some("R&D")));
    // A time without a zone is no time until it is said how far it is ahead of UTC.
    assert_eq!(value(&row, &schema, "Modified"), Some(Value::Other("2026-03-04 11:15:31")));
    let offset = page.list.as_ref().unwrap().utc_offset().unwrap();
    let local = schema.with_local_times(offset);
    assert_eq!(value(&row, &local, "Modified"), Some(Value::Date(time("2026-03-04T10:15:31Z"))));
}

#[test]
fn dirty_answers_are_read_and_nothing_is_passed_over_in_silence() {
    let page = page("items-dirty.xml");
    assert_eq!(page.rows.iter().map(|row| row.id()).collect::<Vec<_>>(), [15, 19]);
    assert_eq!(page.rows.get(0).unwrap().get("Title"), Some("Br\u{FFFD}idge \u{FFFD} \u{FFFD}"));
    let codes: Vec<_> = page.illegal.iter().map(|illegal| (illegal.code, illegal.item)).collect();
    assert_eq!(codes, [(1, Some(15)), (0, Some(15)), (0xFFFE, Some(15))]);
    let broken: Vec<_> = page.broken.iter().map(|row| (row.index, row.id)).collect();
    assert_eq!(broken, [(1, Some(16)), (2, None), (3, Some(18))]);
    assert_eq!(page.item_count, Some(5));
    assert_eq!(page.rows.get(1).unwrap().at(&Column::new("Title")), Some("Ramp"));
}

#[test]
fn what_is_no_rowset_is_named_for_what_it_is() {
    for (status, name, class) in [
        (200, "sign-in.html", FaultClass::SignedOut),
        (200, "portal.html", FaultClass::NotSharePoint),
        (200, "error-verbose.json", FaultClass::TokenExpired),
        (500, "error-none.json", FaultClass::NotFound),
        (200, "error-oauth.json", FaultClass::Unauthorized),
        (200, "error-atom.xml", FaultClass::NotFound),
        (500, "error-soap-list.xml", FaultClass::NotFound),
        (200, "error-soap-list.xml", FaultClass::NotFound),
        (500, "error-soap12-locked.xml", FaultClass::SiteLocked),
        (404, "error-plain.txt", FaultClass::NotFound),
        (429, "error-throttled.html", FaultClass::Throttled),
    ] {
        match read(status, name) {
            Err(Error::Fault(fault)) => assert_eq!(fault.class(), class, "{status} {name}: {fault}"),
            other => panic!("{status} {name}: {other:?}"),
        }
    }
    for name in ["changes-list-verbose.json", "digest-atom.xml", "batch.txt"] {
        assert!(matches!(read(200, name), Err(Error::Decode(_))), "{name}");
    }
}
