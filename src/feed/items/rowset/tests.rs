//! Answers that are whole, and any text at all.

mod dirty;
mod hostile;

use proptest::prelude::*;

use super::*;
use crate::item::{Event, EventKind};

const TOKEN: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";

/// Reads a text; the name hides that of the bytes' reader.
fn read(body: impl AsRef<str>) -> Result<Rowset, DecodeError> {
    read_bytes(body.as_ref().as_bytes())
}

fn read_bytes(body: &[u8]) -> Result<Rowset, DecodeError> {
    super::read(body, &Limits::default())
}

/// An answer over REST with these children of `Changes`, attributes of `rs:data` and rows.
fn answer(changes: &str, data: &str, rows: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><GetListItemChangesSinceTokenResult>\
         <listitems xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>\
         <Changes LastChangeToken=\"{TOKEN}\">{changes}</Changes><rs:data {data}>{rows}</rs:data>\
         </listitems></GetListItemChangesSinceTokenResult>"
    )
}

fn rows(rows: &str) -> Rowset {
    read(answer("", "", rows)).unwrap()
}

fn events(changes: &str) -> Vec<Event> {
    read(answer(changes, "ItemCount=\"0\"", "")).unwrap().events
}

fn ids(page: &Rowset) -> Vec<i32> {
    page.rows.iter().map(|row| row.id()).collect()
}

fn broken(page: &Rowset) -> Vec<(u64, Option<i32>, &str)> {
    page.broken.iter().map(|row| (row.index, row.id, &*row.reason)).collect()
}

fn refused(body: &str) -> DecodeError {
    read(body).expect_err(body)
}

#[test]
fn elements_are_known_by_namespace_and_local_name_whatever_the_prefix() {
    let page = "<a:GetListItemChangesSinceTokenResult xmlns:a='http://schemas.microsoft.com/sharepoint/soap/'>\
        <a:listitems><a:Changes LastChangeToken='TOKEN' MoreChanges='TRUE'><a:Id ChangeType='Delete'>17</a:Id></a:Changes>\
        <data xmlns='urn:schemas-microsoft-com:rowset' ItemCount='2'><z:row xmlns:z='other' ows_ID='1'/>\
        <row ows_ID='2'/><row xmlns='#RowsetSchema' ows_ID='3'/><q:row xmlns:q='#RowsetSchema' ows_ID='4'></q:row>\
        </data></a:listitems></a:GetListItemChangesSinceTokenResult>";
    let page = read(page.replace("TOKEN", TOKEN)).unwrap();
    assert_eq!((ids(&page), page.more_changes, page.events.len()), (vec![3, 4], true, 1));
    let foreign = answer("", "", "").replace("<listitems", "<listitems xmlns='urn:other'");
    assert!(refused(&foreign).to_string().contains("listitems"));
    let undeclared = answer("", "", "").replace("xmlns:rs=", "xmlns:ra=");
    assert!(refused(&undeclared).to_string().contains("rs:data"));
}

#[test]
fn byte_order_marks_are_passed_over_and_bad_utf8_is_replaced_and_told() {
    let body = answer("", "", "<z:row ows_ID='1' ows_A='é'/>");
    for marks in ["", "\u{FEFF}", "\u{FEFF}\u{FEFF}"] {
        assert_eq!(read(format!("{marks}{body}")).unwrap().rows.get(0).unwrap().get("A"), Some("é"));
    }
    let latin1: Vec<u8> = body.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    let page = read_bytes(&latin1).unwrap();
    assert_eq!(page.rows.get(0).unwrap().get("A"), Some("\u{FFFD}"));
    let told = &page.illegal[0];
    let at = latin1.iter().position(|byte| *byte == 0xE9).unwrap() as u64;
    assert_eq!((told.code, told.offset, told.item, page.illegal_count), (0xFFFD, at, Some(1), 1));
    assert_eq!(told.attribute.as_deref(), Some("ows_A"));
    // What is no text is none of a name, a token or a number either.
    for proof in ["ows_A", "LastChangeToken=\"1", "ItemCount=\"", "ListItemCollectionPositionNext=\""] {
        let body = answer(
            "",
            "ItemCount=\"1\" ListItemCollectionPositionNext=\"p_ID=1\"",
            "<z:row ows_ID='1' ows_A='a'/>",
        );
        let at = body.find(proof).unwrap() + proof.len();
        let bytes = [&body.as_bytes()[..at], b"\xE9\xFF", &body.as_bytes()[at..]].concat();
        let is_row = proof == "ows_A";
        assert_eq!(read_bytes(&bytes).map(|page| page.broken.len()).ok(), is_row.then_some(1), "{proof}");
    }
    for empty in ["", " ", "\u{FEFF}\n"] {
        assert!(refused(empty).is_cut());
    }
}

#[test]
fn the_rows_may_come_before_the_changes_and_the_list_alone() {
    let whole = answer("<Id ChangeType='Delete'>17</Id>", "ItemCount='1'", "<z:row ows_ID='1'/>");
    let (start, rest) = whole.split_once("<Changes").unwrap();
    let (changes, rest) = rest.split_once("<rs:data").unwrap();
    let (data, end) = rest.split_once("</listitems>").unwrap();
    let swapped = read(format!("{start}<rs:data{data}<Changes{changes}</listitems>{end}")).unwrap();
    assert_eq!((ids(&swapped), swapped.events.len()), (vec![1], 1));
    let bare = format!("{}</listitems>", whole.split_once("</listitems>").unwrap().0);
    let (_, bare) = bare.split_once("<listitems").unwrap();
    assert_eq!(ids(&read(format!("<listitems{bare}")).unwrap()), [1]);
}

#[test]
fn a_row_in_a_row_is_a_row_and_what_is_not_known_is_passed_over() {
    let page = rows(
        "<z:row ows_ID='1'><z:row ows_ID='2'/><a:b xmlns:a='u'>text</a:b>text</z:row><c/><z:row ows_ID='3'/>",
    );
    assert_eq!((ids(&page), page.broken.len()), (vec![1, 2, 3], 0));
}

#[test]
fn an_answer_says_nothing_only_if_it_is_complete() {
    let empty = read(answer("", "ItemCount=\"0\"", "")).unwrap();
    assert!(empty.is_empty() && empty.token.unwrap().to_string() == TOKEN);
    let whole = answer("", "ItemCount=\"0\"", "");
    let data = "<rs:data ItemCount=\"0\"></rs:data>";
    let changes = format!("<Changes LastChangeToken=\"{TOKEN}\"></Changes>");
    for (body, lacks) in [
        (whole.replace(data, ""), "expected an element rs:data in listitems"),
        (whole.replace(&changes, ""), "expected an element Changes in listitems"),
        (whole.replace(&changes, "<Changes></Changes>"), "expected a LastChangeToken at Changes"),
        (whole.replace(TOKEN, ""), "expected a LastChangeToken at Changes"),
        (whole.replace("listitems", "other"), "expected an element listitems"),
        (
            "<feed/>".to_owned(),
            "expected a rowset (GetListItemChangesSinceTokenResult, a SOAP envelope or listitems)",
        ),
    ] {
        let error = refused(&body);
        assert!(error.to_string().starts_with(lacks) && !error.is_cut(), "{error}");
    }
    for twice in [data, &changes] {
        assert!(refused(&whole.replace(twice, &twice.repeat(2))).to_string().contains("one element"));
    }
    for (good, bad) in
        [(TOKEN, "1;9;x"), ("ItemCount=\"0\"", "ItemCount=\"-1\""), ("ItemCount=\"0\"", "ItemCount=\"x\"")]
    {
        assert!(!refused(&whole.replace(good, bad)).is_cut(), "{bad}");
    }
    // The one answer whose token is of no use.
    let invalid = answer("<Id ChangeType=\"InvalidToken\" />", "ItemCount=\"0\"", "").replace(TOKEN, "");
    let invalid = read(invalid).unwrap();
    assert!(invalid.token.is_none() && invalid.events[0].discards_everything() && !invalid.is_empty());
}

#[test]
fn fewer_rows_than_the_item_count_are_a_cut_answer_and_more_are_not() {
    let count = |count: u32| read(answer("", &format!("ItemCount='{count}'"), "<z:row ows_ID='1'/><z:row/>"));
    assert_eq!(count(2).unwrap().item_count, Some(2));
    assert_eq!(ids(&count(1).unwrap()), [1]);
    let error = count(3).unwrap_err();
    assert!(error.is_cut());
    assert_eq!(
        error.to_string(),
        "expected 3 rows, as ItemCount says, instead of 2 at rs:data, but the answer ends too early"
    );
    assert_eq!(rows("").item_count, None);
}

#[test]
fn more_changes_is_true_false_or_absent() {
    let more = |more: &str| read(answer("", "", "").replace("<Changes", &format!("<Changes {more}")));
    for (text, yes) in [
        ("MoreChanges='TRUE'", true),
        ("MoreChanges='True'", true),
        ("MoreChanges='FALSE'", false),
        ("", false),
    ] {
        assert_eq!(more(text).unwrap().more_changes, yes, "{text}");
    }
    assert!(more("MoreChanges='MAYBE'").unwrap_err().to_string().contains("TRUE or FALSE"));
}

#[test]
fn a_place_is_unescaped_once_and_absent_when_empty() {
    let place = |data: &str| read(answer("", data, "")).unwrap().next_place;
    assert_eq!(
        place("ListItemCollectionPositionNext=\"Paged=TRUE&amp;p_Title=a%26amp;b&amp;p_ID=16\"").as_deref(),
        Some("Paged=TRUE&p_Title=a%26amp;b&p_ID=16")
    );
    assert_eq!((place("ListItemCollectionPositionNext=''"), place("")), (None, None));
}

#[test]
fn every_attribute_of_the_frame_is_read() {
    let frame = "MinTimeBetweenSyncs='5' RecommendedTimeBetweenSyncs='180' MaxBulkDocumentSyncSize='500' \
        MaxRecommendedEmbeddedFileSize='501' AlternateUrls='https://a.example/,,,,' EffectivePermMask='0x1b03c4312ef'";
    let with = |frame: &str| read(answer("", "", "").replace("<listitems", &format!("<listitems {frame}")));
    let page = with(frame).unwrap();
    let hints = &page.hints;
    assert_eq!((hints.min_minutes, hints.recommended_minutes), (Some(5), Some(180)));
    assert_eq!((hints.max_bulk_megabytes, hints.max_embedded_size), (Some(500), Some(501)));
    assert_eq!(hints.alternate_urls.as_deref(), Some("https://a.example/,,,,"));
    assert_eq!(page.effective_perm_mask, Some(0x1b0_3c43_12ef));
    assert_eq!(with("MinTimeBetweenSyncs='soon'").unwrap().hints.min_minutes, None);
    assert_eq!(with("EffectivePermMask='FullMask'").unwrap().effective_perm_mask, Some(u64::MAX >> 1));
    let odd = with("EffectivePermMask='0xmost' MinTimeBetweenSyncs='soon'").unwrap();
    assert_eq!(odd.effective_perm_mask, None);
    let told: Vec<_> = odd.unreadable.iter().map(|value| (&*value.attribute, &*value.text)).collect();
    assert_eq!(told, [("EffectivePermMask", "0xmost"), ("MinTimeBetweenSyncs", "soon")]);
}

#[test]
fn every_change_type_is_a_kind_in_plain_words() {
    let unique = "UniqueId=\"{D27C4F90-1B6E-4E0A-93F5-6A8D01C7BE42}\"";
    for (change_type, kind) in [
        ("Delete", EventKind::Deleted),
        ("Restore", EventKind::Restored),
        ("SystemUpdate", EventKind::SystemUpdated),
        ("Rename", EventKind::Renamed),
        ("MoveAway", EventKind::MovedAway { to_list: None, to_item: None }),
        ("Resync", EventKind::Unknown("Resync".into())),
        ("", EventKind::Unknown("".into())),
    ] {
        let event = &events(&format!("<Id ChangeType=\"{change_type}\" {unique}>17</Id>"))[0];
        assert_eq!((&event.kind, event.id, event.discards_everything()), (&kind, Some(17), false));
        assert_eq!(event.unique_id.unwrap().to_string(), "d27c4f90-1b6e-4e0a-93f5-6a8d01c7be42");
        let discards = kind != EventKind::SystemUpdated;
        for unnamed in
            ["<Id ChangeType='KIND'/>", "<Id ChangeType='KIND'></Id>", "<Id ChangeType='KIND'>view</Id>"]
        {
            let event = &events(&unnamed.replace("KIND", change_type))[0];
            assert_eq!((event.id, event.discards_everything()), (None, discards), "{change_type}");
        }
    }
    let invalid = &events("<Id ChangeType=\"InvalidToken\" />")[0];
    assert_eq!((&invalid.kind, invalid.discards_everything()), (&EventKind::InvalidToken, true));
    assert!(events("<Id ChangeType=\"InvalidToken\">17</Id>")[0].discards_everything());
    assert_eq!(events("<Id>17</Id>")[0].kind, EventKind::Unknown("".into()));
}

#[test]
fn a_move_says_where_to_and_a_client_gets_its_id_back() {
    let moved =
        "<Id ChangeType='MoveAway' AfterListId='{0B6F2A71-55C9-4B35-8C12-9A3E7D4410FE}' AfterItemId='4'\
        MetaInfo_vti_clientid='c&amp;1'> 17\n</Id>"
            .replace("'4'", "'4' ");
    let event = &events(&moved)[0];
    let EventKind::MovedAway { to_list, to_item } = &event.kind else { panic!("{event:?}") };
    assert_eq!(to_list.unwrap().to_string(), "0b6f2a71-55c9-4b35-8c12-9a3e7d4410fe");
    assert_eq!((*to_item, event.id, event.client_id.as_deref()), (Some(4), Some(17), Some("c&1")));
}

#[test]
fn events_keep_the_order_of_the_document() {
    let all = events(
        "<Id ChangeType='Delete'>3</Id><!-- x --><Id ChangeType='Restore'>1</Id><Id ChangeType='Delete'>2</Id>",
    );
    assert_eq!(all.iter().map(|event| event.id).collect::<Vec<_>>(), [Some(3), Some(1), Some(2)]);
}

#[test]
fn cells_are_read_by_internal_name_or_by_their_whole_one() {
    let page = rows(
        "<z:row ows_ID='15' ows_Title='Bridge &amp; ramp&#xD;&#xA;two' ows__Level='1' ows_Bid_x0020_Amount=\"1.5\" ows_Empty='' other='x' xmlns:a='u'/>",
    );
    let row = page.rows.get(0).unwrap();
    assert_eq!((row.get("Title"), row.get("_Level")), (Some("Bridge & ramp\r\ntwo"), Some("1")));
    assert_eq!(
        (row.get("Bid_x0020_Amount"), row.get("Empty"), row.get("Nothing")),
        (Some("1.5"), Some(""), None)
    );
    assert_eq!((row.get("ows_Title"), row.get("other")), (None, None));
    let columns: Vec<_> = row.columns().map(|(name, _)| name).collect();
    assert_eq!(columns, ["ID", "Title", "_Level", "Bid_x0020_Amount", "Empty"]);
    assert_eq!(row.attributes().last(), Some(("other", "x")));
    assert!(page.broken.is_empty() && page.illegal.is_empty());
}

#[test]
fn a_column_is_found_in_every_row_and_in_other_answers() {
    use crate::item::Column;
    let one = rows("<z:row ows_ID='1' ows_A='a1' ows_B='b1'/><z:row ows_ID='2' ows_B='b2'/>");
    let other = rows("<z:row ows_B='b3' ows_ID='3'/>");
    let (a, b) = (Column::new("A"), Column::new("B"));
    let texts = |page: &Rowset, column: &Column| -> Vec<Option<String>> {
        page.rows.iter().map(|row| row.at(column).map(str::to_owned)).collect()
    };
    for _ in 0..2 {
        assert_eq!(texts(&one, &a), [Some("a1".to_owned()), None]);
        assert_eq!(texts(&one, &b), [Some("b1".to_owned()), Some("b2".to_owned())]);
        assert_eq!((texts(&other, &a), texts(&other, &b)), (vec![None], vec![Some("b3".to_owned())]));
    }
    assert_eq!((a.name(), a.clone() == a, a == b), ("A", true, false));
}

#[test]
fn what_a_row_says_of_itself_is_read_without_a_schema() {
    let page = rows(
        "<z:row ows_ID='15' ows_UniqueId='15;#{41F0A6D3-08C2-4B79-8E15-7A2D9C36B0E4}' ows_FSObjType='15;#1' \
         ows_ParentUniqueId='15;#{0B6F2A71-55C9-4B35-8C12-9A3E7D4410FE}' ows_PermMask='0x1b' ows_owshiddenversion='3' \
         ows_FileRef='15;#sites/ops/Lists/Q1 Bids/A' ows_FileDirRef='15;#sites/ops/Lists/Q1 Bids' ows_MetaInfo_k='v'/>\
         <z:row ows_ID='16' ows_FSObjType='0' ows_UniqueId='x'/>",
    );
    let row = page.rows.get(0).unwrap();
    assert_eq!(row.unique_id().unwrap().to_string(), "41f0a6d3-08c2-4b79-8e15-7a2d9c36b0e4");
    assert_eq!(row.parent_unique_id().unwrap().to_string(), "0b6f2a71-55c9-4b35-8c12-9a3e7d4410fe");
    assert_eq!((row.is_folder(), row.perm_mask(), row.hidden_version()), (Some(true), Some(27), Some(3)));
    assert_eq!(row.file_ref().as_deref(), Some("/sites/ops/Lists/Q1 Bids/A"));
    assert_eq!(row.file_dir_ref().as_deref(), Some("/sites/ops/Lists/Q1 Bids"));
    assert_eq!((row.property("k"), row.property("MetaInfo_k")), (Some("v"), None));
    let other = page.rows.get(1).unwrap();
    assert_eq!((other.is_folder(), other.unique_id(), other.perm_mask()), (Some(false), None, None));
    assert_eq!((other.file_ref(), other.hidden_version(), page.rows.get(2)), (None, None, None));
}

#[test]
fn rows_are_equal_by_their_cells_in_any_order() {
    let page = rows(
        "<z:row ows_ID='1' ows_A='a &amp; b'/><z:row ows_A=\"a &#38; b\" ows_ID='1'></z:row>\
         <z:row ows_ID='1'/><z:row ows_ID='1' ows_A='a'/><z:row ows_ID='1' ows_B='a &amp; b'/>",
    );
    let row = |n| page.rows.get(n).unwrap();
    assert_eq!(row(0), row(1));
    for n in 2..5 {
        assert_ne!(row(0), row(n));
    }
}

#[test]
fn rows_outlive_their_page_and_go_to_other_threads() {
    fn is_owned<T: Send + Sync + 'static>(_: &T) {}
    let page = rows("<z:row ows_ID='1' ows_A='a'/>");
    is_owned(&page);
    let row = page.rows.get(0).unwrap();
    drop(page);
    assert_eq!(row.get("A"), Some("a"));
}

#[test]
fn the_definition_of_the_list_is_read_with_its_fields() {
    let list = "<List ID=\"{3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66}\" Title=\"Q1 &amp; Bids\" Version=\"7\" ItemCount=\"3\" \
        RootFolder=\"/sites/ops/Lists/Q1 Bids\" ServerTemplate=\"100\" EnableVersioning=\"True\"><Fields>\
        <Field ID=\"{fa564e0f-0c70-4ab9-b863-0177e6ddd247}\" Type=\"Text\" Name=\"Title\" DisplayName=\"Title\" Required=\"TRUE\" \
         SourceID=\"http://schemas.microsoft.com/sharepoint/v3\" StaticName=\"Title\"/>\
        <Field ID='{2b61c9a8-7d0e-4f53-9c44-18e0aa35d7f1}' Type='Calculated' Name='Sum' ResultType='Number' ReadOnly='TRUE'>\
         <Formula>=[A]&amp;\"<![CDATA[<b>]]>\"\r\n</Formula><FieldRefs><FieldRef Name='A'/></FieldRefs><Default></Default></Field>\
        <Field Type='LookupMulti' Name='Customers' List='{0B6F2A71-55C9-4B35-8C12-9A3E7D4410FE}' ShowField='Title' Mult='TRUE' Hidden='TRUE'/>\
        <Field Type='Lookup' Name='City' List='{0B6F2A71-55C9-4B35-8C12-9A3E7D4410FE}' ShowField='City' FieldRef='{2b61c9a8-7d0e-4f53-9c44-18e0aa35d7f1}'/>\
        <Field Type='Computed' Name='Edit'/><Field Type='Tomorrow' Name='New'/></Fields>\
        <RegionalSettings><Locale>1033</Locale><TimeZone>-60</TimeZone></RegionalSettings>\
        <ServerSettings><ServerVersion>16.0.0.26115</ServerVersion></ServerSettings><Other><Locale>1</Locale></Other></List>";
    let page = read(answer(list, "", "<z:row ows_ID='1' ows_Sum='float;#2.0'/>")).unwrap();
    let list = page.list.unwrap();
    assert_eq!((list.title(), list.version(), list.item_count()), (Some("Q1 & Bids"), Some(7), Some(3)));
    assert_eq!((list.root_folder(), list.server_template()), (Some("/sites/ops/Lists/Q1 Bids"), Some(100)));
    assert_eq!(list.id().unwrap().to_string(), "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66");
    assert_eq!((list.attribute("EnableVersioning"), list.attribute("Locale")), (Some("True"), None));
    assert_eq!((list.setting("Locale"), list.setting("ServerVersion")), (Some("1033"), Some("16.0.0.26115")));
    assert_eq!(list.utc_offset().unwrap().seconds(), 3_600);
    let schema = list.schema();
    assert_eq!(
        schema.fields().iter().map(|field| field.name()).collect::<Vec<_>>(),
        ["Title", "Sum", "Customers", "City", "Edit", "New"]
    );
    let field = |name| schema.field(name).unwrap();
    let title = field("Title");
    assert!(title.required && !title.read_only && !title.hidden && !title.is_derived() && title.is_stored());
    assert_eq!(title.source_id.as_deref(), Some("http://schemas.microsoft.com/sharepoint/v3"));
    assert_eq!((&*title.display_name, title.static_name.as_deref()), ("Title", Some("Title")));
    let sum = field("Sum");
    assert_eq!(
        (sum.formula.as_deref(), sum.result_type.as_deref()),
        (Some("=[A]&\"<b>\"\n"), Some("Number"))
    );
    assert!(sum.is_derived() && sum.read_only && &*sum.display_name == "Sum");
    let customers = field("Customers");
    let target = customers.lookup.as_ref().unwrap();
    assert_eq!(&*target.list, "{0B6F2A71-55C9-4B35-8C12-9A3E7D4410FE}");
    assert_eq!((target.shown_field.as_deref(), target.primary.as_deref()), (Some("Title"), None));
    assert!(customers.multi && customers.hidden && customers.is_joined() && !customers.is_derived());
    assert!(field("City").is_derived() && field("City").is_joined() && !field("Edit").is_stored());
    assert_eq!((&*field("New").type_name, schema.field("Nothing")), ("Tomorrow", None));
    let definitions: Vec<_> = list.fields().collect();
    assert_eq!((definitions[1].element("FieldRefs"), definitions[1].element("Default")), (None, None));
    assert_eq!(list.digest(), schema.digest());
    assert!(list.digest().is_of(&list));
    assert_eq!(list.digest().names().count(), 6);
    let value = page.rows.get(0).unwrap().value(sum).map(|value| format!("{value:?}"));
    assert_eq!(value.as_deref(), Some("Number(2.0)"));
    // A schema keeps no answer in memory and is equal to that of another answer.
    assert_eq!(schema, list.clone().schema());
    assert!(format!("{list:?}").contains("\"Locale\": \"1033\""));
}

#[test]
fn a_digest_knows_the_lists_it_is_of() {
    let list = |fields: &str| {
        let page = read(answer(&format!("<List><Fields>{fields}</Fields></List>"), "", "")).unwrap();
        page.list.unwrap()
    };
    let a = "<Field Name='A' Type='Text'/>";
    let lists = ["", a, "<Field Name='A' Type='Note'/>", "<Field Name='B' Type='Text'/>"].map(str::to_owned);
    let two = [format!("{a}<Field Name='B'/>"), format!("<Field Name='B'/>{a}"), a.repeat(2)];
    let lists: Vec<_> = lists.iter().chain(&two).map(|fields| list(fields)).collect();
    for (one, other) in lists.iter().flat_map(|one| lists.iter().map(move |other| (one, other))) {
        assert_eq!(one.digest().is_of(other), one.digest() == other.digest(), "{one:?} {other:?}");
    }
}

#[test]
fn local_times_are_read_by_the_lists_own_offset_only_where_that_is_asked_for() {
    let list = "<List><Fields><Field Type='DateTime' Name='Due'/></Fields><RegionalSettings><TimeZone>-60</TimeZone>\
        </RegionalSettings></List>";
    let page = read(answer(list, "", "<z:row ows_ID='1' ows_Due='2026-03-04 11:15:31'/>")).unwrap();
    let (list, row) = (page.list.unwrap(), page.rows.get(0).unwrap());
    let value = |schema: &crate::item::Schema| format!("{:?}", row.value(schema.field("Due").unwrap()));
    assert_eq!(value(&list.schema()), "Some(Other(\"2026-03-04 11:15:31\"))");
    let local = list.schema().with_local_times(list.utc_offset().unwrap());
    assert_eq!(value(&local), "Some(Date(2026-03-04T10:15:31Z))");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is done to an answer, reading it ends without a panic; and every row is there, or named, or the
    /// answer is refused.
    #[test]
    fn any_change_of_an_answer_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, "['\"<>/&;= a\u{1}é\u{FFFE}]{0,3}"), 1..4),
    ) {
        let mut body = answer(
            "<List ID='{A}'><Fields><Field Name='A'><Formula>=1</Formula></Field></Fields></List><Id ChangeType='Delete'>1</Id>",
            "ItemCount='3'",
            "<z:row ows_ID='1' ows_A='x &amp; y'/><z:row ows_ID='2'></z:row><z:row ows_ID='3' ows_B='\u{1}' ows_A=\"é\"/>",
        );
        for (at, length, text) in changes {
            let mut chars: Vec<char> = body.chars().collect();
            let at = at.index(chars.len());
            let end = (at + length).min(chars.len());
            chars.splice(at..end, text.chars());
            body = chars.into_iter().collect();
        }
        if let Ok(page) = read(body) {
            prop_assert!(page.rows.len() + page.broken.len() >= 3 || page.item_count.is_none_or(|count| count < 3));
            for row in &page.rows {
                prop_assert!(row.id() > 0 && row.get("ID").is_some());
                let forbidden = |text: &str| text.contains('\u{1}');
                prop_assert!(!row.attributes().any(|(_, text)| forbidden(text)), "{row:?}");
            }
        }
    }

    /// No bytes panic.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100), at in any::<prop::sample::Index>()) {
        let _ = read_bytes(&bytes);
        let mut body = answer("", "", "<z:row ows_ID='1' ows_A='x &amp; y'/>").into_bytes();
        let at = at.index(body.len());
        let end = body.len().min(at + 3);
        body.splice(at..end, bytes);
        let _ = read_bytes(&body);
    }

    /// No text panics.
    #[test]
    fn any_text_is_read_or_refused(
        text in "(<|</|>|/>|<!|<\\?|\\]\\]>|<!--|-->|&|;|'|\"|=| |z:row|rs:data|listitems|Changes|ows_ID|xmlns|:|[0-9]|é|\u{1}){0,40}",
    ) {
        let _ = read(text.clone());
        let _ = read(answer(&text, "", ""));
        let _ = read(answer("", &text, ""));
        let _ = read(answer("", "", &text));
        let _ = read(answer("", "", &format!("<z:row ows_ID='1' {text}/><z:row ows_ID='2'/>")));
    }
}
