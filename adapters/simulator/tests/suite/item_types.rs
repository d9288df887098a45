//! How a rowset tells each type of value: the rows of the table in protocol 6.8.

use std::collections::BTreeMap;

use serde_json::json;
use sharepoint_simulator::world::{ListRef, Template, Value};
use sharepoint_simulator::{Held, Server, Ticks, World};
use uuid::Uuid;

use crate::rowset::{BY_ID, USUAL, body, page};
use crate::verbs::office;

/// 2026-03-04T10:15:31.500Z.
pub(crate) const MEETING: Ticks = Ticks(639_082_161_315_000_000);

/// A world with a register in it, one row of it filled in every column, one empty.
pub(crate) fn register() -> (Server, ListRef) {
    let mut office = office();
    let world = &mut office.world;
    let ana = world.add_user(office.site, "Ruiz, Ana", "ana@fabrikam.example");
    let bo = world.add_user(office.site, "Bo Lindqvist", "bo@fabrikam.example");
    world.act_as(ana);
    for title in ["Bridge; ramp", "Depot"] {
        world.add_item(office.bids, 0, &[("Title", Value::Text(title.to_owned()))]).unwrap();
    }
    let list = world.add_register(office.web, "Register", Template::List, office.bids).unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let term = |id: i32, label: &str| (id, label.to_owned(), Uuid::from_u128(0xabc));
    let values = [
        ("Title", text("Bridge & <ramp>")),
        ("_x0031_st_x0020_Contact", text("it's \"here\"")),
        ("Expected_x0020_date_x0020_of_x00", text("cut")),
        ("Remarks", text("one\r\ntwo\nthree\tfour")),
        ("Rich_x0020_Remarks", text("<div>a &amp; b</div>")),
        ("Ratio", Value::Number(0.25)),
        ("Bid_x0020_Amount", Value::Number(12_500.5)),
        ("Pieces", Value::Number(17.0)),
        ("Done", Value::Bool(false)),
        ("Meeting", Value::Date(MEETING)),
        ("Due", Value::Date(MEETING)),
        ("Status", text("Held")),
        ("Colours", Value::Choices(vec!["Red".to_owned(), "Green, light".to_owned()])),
        ("Bid", Value::Lookup(1)),
        ("Bids", Value::Lookups(vec![2, 1])),
        ("Owner", Value::Lookup(ana)),
        ("Crew", Value::Lookups(vec![ana, bo])),
        ("Link", Value::Url { url: "https://x.example/a,b".to_owned(), caption: "Caption, too".to_owned() }),
        ("Subject", Value::Terms(vec![term(12, "Term")])),
        ("Subjects", Value::Terms(vec![term(12, "A"), term(15, "B")])),
        ("Photo", text("{\"fileName\":\"a.jpg\"}")),
        ("Place", text("{\"DisplayName\":\"Depot\"}")),
    ];
    world.add_item(list, 0, &values).unwrap();
    world.add_item(list, 0, &[]).unwrap();
    (Server::new(office.world), list)
}

/// ViewFields with every field of a list.
pub(crate) fn every_field(world: &World, list: ListRef) -> String {
    let mut names: Vec<String> =
        world.list(list).columns.iter().map(|column| column.name.to_string()).collect();
    names.extend(
        "ID ContentTypeId ContentType Modified Created Author Editor owshiddenversion _UIVersion _UIVersionString \
         Attachments _ModerationStatus _Level UniqueId ParentUniqueId GUID FileRef FileDirRef FileLeafRef FSObjType \
         ScopeId PermMask Created_x0020_Date Last_x0020_Modified ProgId MetaInfo File_x0020_Type File_x0020_Size Order \
         ItemChildCount FolderChildCount EncodedAbsUrl DocIcon"
            .split_whitespace()
            .map(str::to_owned),
    );
    let references: String = names.iter().map(|name| format!("<FieldRef Name=\"{name}\"/>")).collect();
    format!("<ViewFields>{references}</ViewFields>")
}

fn row(options: &str) -> BTreeMap<String, String> {
    let (mut server, list) = register();
    let fields = every_field(server.world(), list);
    let members = json!({ "RowLimit": "1", "Query": BY_ID, "ViewFields": fields, "QueryOptions": options });
    page(&mut server, list, &members).rows.remove(0)
}

#[test]
fn every_type_is_told_as_the_table_says() {
    let row = row(USUAL);
    let term = Uuid::from_u128(0xabc);
    for (name, expected) in [
        ("Title", "Bridge & <ramp>"),
        ("_x0031_st_x0020_Contact", "it's \"here\""),
        ("Expected_x0020_date_x0020_of_x00", "cut"),
        ("Remarks", "one\r\ntwo\nthree\tfour"),
        ("Rich_x0020_Remarks", "<div>a &amp; b</div>"),
        ("Ratio", "0.250000000000000"),
        ("Bid_x0020_Amount", "12500.5000000000"),
        ("Pieces", "17"),
        ("Done", "0"),
        ("Meeting", "2026-03-04T10:15:31Z"),
        // The day's midnight is an hour ahead of UTC.
        ("Due", "2026-03-03T23:00:00Z"),
        ("Status", "Held"),
        ("Colours", ";#Red;#Green, light;#"),
        ("Bid", "1;#Bridge;; ramp"),
        ("Bids", "2;#Depot;#1;#Bridge;; ramp"),
        ("Owner", "2;#Ruiz, Ana"),
        ("Crew", "2;#Ruiz, Ana;#3;#Bo Lindqvist"),
        ("Link", "https://x.example/a,,b, Caption, too"),
        ("Loud_x0020_Title", "string;#BRIDGE & <RAMP>"),
        ("Twice", "float;#0.500000000000000"),
        ("Has_x0020_Owner", "boolean;#1"),
        ("Next_x0020_Week", "datetime;#2026-03-11T10:15:31Z"),
        ("Broken", "error;##DIV/0!"),
        ("Subject", &format!("12;#Term|{term}")),
        ("Subjects", &format!("12;#A|{term};#15;#B|{term}")),
        ("Photo", "{\"fileName\":\"a.jpg\"}"),
        ("Place", "{\"DisplayName\":\"Depot\"}"),
        ("ID", "1"),
        ("FSObjType", "1;#0"),
        ("FileRef", "1;#sites/ops/Lists/Register/1_.000"),
        ("FileDirRef", "1;#sites/ops/Lists/Register"),
        ("FileLeafRef", "1;#1_.000"),
        ("PermMask", "0x7fffffffffffffff"),
        ("Attachments", "0"),
        ("owshiddenversion", "1"),
        ("_UIVersionString", "1.0"),
        ("_ModerationStatus", "0"),
        ("_Level", "1"),
        ("Author", "2;#Ruiz, Ana"),
        ("MetaInfo", "1;#"),
        ("Order", "100.000000000000"),
    ] {
        assert_eq!(row.get(&format!("ows_{name}")).map(String::as_str), Some(expected), "{name}");
    }
    assert!(row["ows_ContentTypeId"].starts_with("0x0100"));
    assert!(row["ows_UniqueId"].starts_with("1;#{") && row["ows_GUID"].starts_with('{'));
}

#[test]
fn what_is_empty_is_left_out_or_by_the_dialect_empty() {
    let (mut server, list) = register();
    let fields = every_field(server.world(), list);
    let members = json!({ "Query": BY_ID, "RowLimit": "9", "ViewFields": fields, "QueryOptions": USUAL });
    let empty = page(&mut server, list, &members).rows.remove(1);
    for name in ["Title", "Pieces", "Done", "Bids", "Colours", "Link", "Twice", "Subject", "File_x0020_Type"]
    {
        assert!(!empty.contains_key(&format!("ows_{name}")), "{name}");
    }
    server.world_mut().dialect.set("empty-values=yes").unwrap();
    assert_eq!(page(&mut server, list, &members).rows[1]["ows_Pieces"], "");
}

#[test]
fn the_definition_tells_every_column_with_its_type() {
    let (mut server, list) = register();
    let text = body(&mut server, list, &json!({ "RowLimit": "1", "QueryOptions": USUAL }));
    let fields = page(&mut server, list, &json!({ "QueryOptions": USUAL })).fields.unwrap();
    for (name, kind) in [
        ("Title", "Text"),
        ("Remarks", "Note"),
        ("Ratio", "Number"),
        ("Bid_x0020_Amount", "Currency"),
        ("Pieces", "Integer"),
        ("Done", "Boolean"),
        ("Due", "DateTime"),
        ("Status", "Choice"),
        ("Colours", "MultiChoice"),
        ("Bid", "Lookup"),
        ("Bids", "LookupMulti"),
        ("Owner", "User"),
        ("Crew", "UserMulti"),
        ("Link", "URL"),
        ("Twice", "Calculated"),
        ("Subject", "TaxonomyFieldType"),
        ("Subjects", "TaxonomyFieldTypeMulti"),
        ("Photo", "Thumbnail"),
        ("Place", "Location"),
        ("ID", "Counter"),
        ("FileRef", "Lookup"),
        ("FileLeafRef", "File"),
        ("UniqueId", "Lookup"),
        ("Author", "User"),
        ("Attachments", "Attachments"),
    ] {
        assert_eq!(fields.get(name).map(String::as_str), Some(kind), "{name}");
    }
    assert!(text.contains("ResultType=\"Number\"") && text.contains("<Formula>=[Ratio]*2</Formula>"));
    assert!(text.contains("<CHOICES><CHOICE>Open</CHOICE>") && text.contains("Mult=\"TRUE\""));
    assert!(text.contains("Format=\"DateOnly\"") && text.contains("List=\"UserInfo\""));
}

#[test]
fn the_truth_is_what_the_wire_says() {
    let (mut server, list) = register();
    let world = server.world_mut();
    world.edit(list, 2, &[("Remarks", Some(Value::Text("bell \u{7} and \u{b} tab\t".to_owned())))]).unwrap();
    world.attach(list, 2, "a.pdf").unwrap();
    let folder = world.add_folder(list, 0, "2026").unwrap();
    world.add_item(list, folder, &[]).unwrap();
    let fields = every_field(server.world(), list);
    let members = json!({ "Query": BY_ID, "RowLimit": "9", "ViewFields": fields, "QueryOptions": USUAL });
    let rows = page(&mut server, list, &members).rows;
    let truth = server.world().list_truth(list);
    assert_eq!(rows.len(), truth.len());
    for (row, item) in rows.iter().zip(&truth) {
        let told: BTreeMap<String, String> =
            row.iter().map(|(name, value)| (name.replacen("ows_", "", 1), value.clone())).collect();
        let held: BTreeMap<String, String> =
            item.fields.iter().map(|field| (field.name.clone(), field.text.clone())).collect();
        assert_eq!(told, held);
        assert_eq!(item.path.trim_start_matches('/'), held["FileRef"].split_once(";#").unwrap().1);
        let parent = item.parent.to_string().to_uppercase();
        assert!(held["ParentUniqueId"].contains(&parent));
    }
    assert_eq!(truth[1].text("Remarks"), Some("bell  and  tab\t"));
    let held = |name: &str| truth[0].fields.iter().find(|field| field.name == name).unwrap().held;
    assert_eq!((held("Title"), held("Owner"), held("ScopeId")), (Held::Whole, Held::Ids, Held::Nothing));
    assert_eq!(server.world().item_truth(list, 2).as_ref(), Some(&truth[1]));
}

#[test]
fn people_expand_with_their_commas_doubled() {
    let expanded = row("<QueryOptions><ExpandUserField>TRUE</ExpandUserField>\
                        <ViewAttributes Scope=\"RecursiveAll\"/></QueryOptions>");
    let ana = "2;#Ruiz,, Ana,#i:0#.f|membership|ana@fabrikam.example,#ana@fabrikam.example,#ana@fabrikam.example,\
               #Ruiz,, Ana";
    assert_eq!(expanded["ows_Owner"], ana);
    assert!(expanded["ows_Crew"].starts_with(&format!("{ana};#3;#Bo Lindqvist,#")));
}
