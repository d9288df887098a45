//! Values on both sides of every edge of their type: what a column holds, of which SQLite type, and what is kept beside it.

use sharepoint_changes::{Notice, item::UnreadableValue};

use super::pages::*;

/// What the column of one field holds of one text of item 15: value, SQLite's type of it, and what stands in `sp_raw`.
fn held(field: &str, text: Option<&str>) -> (String, Option<UnreadableValue>) {
    let mut copy = Copy::new();
    copy.schema = schema(&["ID:Counter", field]);
    let name = field.split(':').next().unwrap();
    let attribute = text.map_or(String::new(), |text| format!("ows_{name}='{text}'"));
    let committed = copy.fill(&[item(15, "a").with(&attribute)]);
    assert_eq!(committed.unread, u64::from(committed.first_unread.is_some()));
    let sql = format!(
        "SELECT coalesce(quote({name}), '') || ' ' || typeof({name}) || coalesce(' ' || sp_raw, '') FROM Documents"
    );
    (copy.one(&sql), committed.first_unread)
}

const SIZE: &str = "File_x0020_Size:Lookup:List='Docs' ShowField='SizeInKB'";
const CHILDREN: &str = "ItemChildCount:Lookup:List='Docs' ShowField='ItemChildCount'";

/// Field, text, and what the column holds.
const GOOD: &[(&str, Option<&str>, &str)] = &[
    ("C:Number", None, "NULL null"),
    ("C:Number", Some(""), "NULL null"),
    ("C:Number", Some("0.00000000000000"), "0.0 real"),
    ("C:Number", Some("3.00000000000000"), "3.0 real"),
    ("C:Number", Some("-12500.5000000000"), "-12500.5 real"),
    ("C:Number", Some("1.50000000000000e+020"), "1.5e+20 real"),
    ("C:Currency", Some("0.1"), "0.1 real"),
    ("AverageRating:AverageRating", Some("3.00000000000000"), "3.0 real"),
    ("AverageRating:AverageRating", Some("4.25000000000000"), "4.25 real"),
    ("AverageRating:AverageRating", Some(""), "NULL null"),
    ("RatingCount:RatingCount", Some("3.00000000000000"), "3 integer"),
    ("RatingCount:RatingCount", Some("0"), "0 integer"),
    ("RatingCount:RatingCount", Some("-1.00000000000000"), "-1 integer"),
    ("RatingCount:RatingCount", Some("2.50000000000000"), "2.5 real"),
    ("RatingCount:RatingCount", Some("1.00000000000000e+015"), "1000000000000000 integer"),
    ("LikesCount:Likes", Some("12.0000000000000"), "12 integer"),
    ("LikesCount:Likes", None, "NULL null"),
    ("C:Integer", Some("17.0000000000000"), "17 integer"),
    ("C:Integer", Some("9223372036854775807"), "9223372036854775807 integer"),
    ("C:Integer", Some("1.23456789012345e+017"), "123456789012345000 integer"),
    ("C:Counter", Some("3.00000000000000"), "3 integer"),
    (SIZE, Some("15;#4567"), "4567 integer"),
    (SIZE, Some("4567"), "4567 integer"),
    (SIZE, Some("15;#5000000000"), "5000000000 integer"),
    (SIZE, Some("15;#0"), "0 integer"),
    (SIZE, Some("15;#"), "NULL null"),
    (SIZE, Some(""), "NULL null"),
    (SIZE, None, "NULL null"),
    (CHILDREN, Some("15;#12"), "12 integer"),
    ("FolderChildCount:Lookup:List='Docs'", Some("15;#0"), "0 integer"),
    ("SMTotalSize:Lookup:List='Docs'", Some("15;#8000000000"), "8000000000 integer"),
    ("_CommentCount:Lookup", Some("15;#"), "NULL null"),
    ("_LikeCount:Lookup", Some("15;#7"), "7 integer"),
    ("_ModerationStatus:ModStat", Some("0;#Approved"), "0 integer"),
    ("_ModerationStatus:ModStat", Some("2"), "2 integer"),
    ("C:Boolean", Some("0"), "0 integer"),
    ("C:Boolean", Some("True"), "1 integer"),
    ("Attachments:Attachments", Some("0"), "0 integer"),
    ("C:Calculated:ResultType='Number'", Some("float;#1.5"), "1.5 real"),
    ("C:Calculated:ResultType='Number'", Some("15;#float;#-1.5"), "-1.5 real"),
    ("C:Calculated:ResultType='Number'", Some("string;#"), "NULL null"),
    ("C:Calculated:ResultType='Number'", Some("float;#1.00000000000000e+300"), "1.0e+300 real"),
    ("C:Calculated:ResultType='Currency'", Some("float;#2.00000000000000"), "2.0 real"),
    ("C:Calculated:ResultType='Integer'", Some("float;#2.00000000000000"), "2 integer"),
    ("C:Calculated:ResultType='Boolean'", Some("boolean;#1"), "1 integer"),
    ("C:Calculated:ResultType='Text'", Some("string;#x"), "'x' text"),
    ("C:Calculated:ResultType='Text'", Some("string;#"), "NULL null"),
    ("C:Calculated:ResultType='Text'", Some("float;#1.5"), "'1.5' text"),
    ("C:Calculated", Some("float;#1.5"), "'1.5' text"),
    (
        "C:Calculated:ResultType='DateTime'",
        Some("datetime;#2024-03-31T22:00:00Z"),
        "'2024-03-31T22:00:00Z' text",
    ),
    (
        "Last_x0020_Modified:Lookup:List='Docs'",
        Some("15;#2024-03-31T22:00:00Z"),
        "'2024-03-31T22:00:00Z' text",
    ),
    ("Last_x0020_Modified:Lookup:List='Docs'", Some("15;#"), "NULL null"),
    ("ProgId:Lookup:List='Docs'", Some("15;#"), "NULL null"),
    ("ProgId:Lookup:List='Docs'", Some("15;#17"), "'17' text"),
    (
        "ScopeId:Lookup:List='Docs'",
        Some("15;#{5E4D3C2B-1A09-4F8E-9D7C-6B5A49382716}"),
        "'5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716' text",
    ),
    ("C:Geolocation", Some("POINT (8 47)"), "'POINT (8 47)' text"),
    ("C:Image", Some("&lt;img src=\"/a.png\"&gt;"), "'<img src=\"/a.png\">' text"),
    ("C:Text", Some("007"), "'007' text"),
    ("C:Lookup", Some("12;#17"), "'17' text"),
];

#[test]
fn a_value_is_held_as_what_its_type_promises() {
    for (field, text, expected) in GOOD {
        assert_eq!(held(field, *text), ((*expected).to_owned(), None), "{field} {text:?}");
    }
}

#[test]
fn a_value_that_is_not_of_its_type_is_null_and_kept_as_it_came_and_told() {
    for (field, text) in [
        ("C:Number", "a lot"),
        ("C:Number", "1e999"),
        ("C:Number", "7;#3"),
        ("AverageRating:AverageRating", "none"),
        ("RatingCount:RatingCount", "many"),
        ("C:Integer", "9223372036854775808"),
        ("C:Integer", "1.00000000000000e+019"),
        ("C:Counter", "0;#x"),
        (SIZE, "15;#4 KB"),
        (SIZE, "16;#4567"),
        (CHILDREN, "15;#-"),
        ("_ModerationStatus:ModStat", "Approved"),
        ("C:Boolean", "Yes"),
        ("C:DateTime", "2024-03-31 22:00:00"),
        ("C:Lookup", "12"),
        ("C:User", "Ana"),
        ("C:LookupMulti", "A"),
        ("C:Guid", "{41F0A6D3}"),
        ("Attachments:Attachments", "-1"),
        ("C:Calculated:ResultType='Number'", "string;#n/a"),
        ("C:Calculated:ResultType='DateTime'", "float;#45000.5"),
        ("C:Calculated:ResultType='Boolean'", "string;#2"),
        ("C:TaxonomyFieldType", "North"),
    ] {
        let name = field.split(':').next().unwrap();
        let (column, unread) = held(field, Some(text));
        assert_eq!(column, format!(r#"NULL null {{"{name}":"{text}"}}"#), "{field} {text}");
        let told = UnreadableValue::new(Some(15), &format!("ows_{name}"), text);
        assert_eq!(unread, Some(told), "{field} {text}");
    }
}

#[test]
fn a_run_tells_how_many_values_are_not_of_their_types_and_the_first() {
    let mut copy = Copy::new();
    let mut unread = crate::cells::Unread::default();
    for (id, amount) in [(1, "2.5"), (2, "a lot"), (3, "less")] {
        unread.add(&copy.delta(&[item(id, "a").with(&format!("ows_Amount='{amount}'")).up()]));
    }
    let first = UnreadableValue::new(Some(2), "ows_Amount", "a lot");
    assert_eq!(unread.notice(), Some(Notice::Unreadable { count: 2, first }));
    assert_eq!(crate::cells::Unread::default().notice(), None);
}

/// What a formula could not make is no fault of anybody's value, nor is what a column has no room for.
#[test]
fn errors_of_formulas_and_what_nobody_asked_for_are_kept_and_not_told() {
    for (field, attributes) in [
        ("C:Calculated:ResultType='Number'", "ows_C='error;##DIV/0!'"),
        ("C:Text", "ows_Uninvited='x'"),
        ("C:User", "ows_C='7;#Ana,#i:0#.f|m|ana@x.example,#ana@x.example,#,#Ana'"),
    ] {
        let mut copy = Copy::new();
        copy.schema = schema(&["ID:Counter", field]);
        let committed = copy.fill(&[item(15, "a").with(attributes)]);
        assert_eq!((committed.unread, committed.first_unread), (0, None), "{field}");
        assert_eq!(copy.one::<i64>("SELECT count(sp_raw) FROM Documents"), 1, "{field}");
    }
}

#[test]
fn numbers_are_compared_sorted_and_summed_as_numbers() {
    let mut copy = Copy::new();
    copy.schema = schema(&["ID:Counter", SIZE, "RatingCount:RatingCount", "AverageRating:AverageRating"]);
    let rows = [
        (1, "9", "10.0000000000000", "4.50000000000000"),
        (2, "1000001", "9.00000000000000", "10.0000000000000"),
        (3, "200", "2.00000000000000", "3.00000000000000"),
    ]
    .map(|(id, size, count, average)| {
        item(id, &format!("{id}")).with(&format!(
            "ows_File_x0020_Size='{id};#{size}' ows_RatingCount='{count}' ows_AverageRating='{average}'"
        ))
    });
    copy.fill(&rows);
    assert_eq!(copy.all::<i32>("SELECT id FROM Documents WHERE File_x0020_Size > 1000000"), [2]);
    assert_eq!(copy.all::<i32>("SELECT id FROM Documents ORDER BY File_x0020_Size"), [1, 3, 2]);
    assert_eq!(copy.all::<i32>("SELECT id FROM Documents ORDER BY RatingCount"), [3, 2, 1]);
    assert_eq!(copy.all::<i32>("SELECT id FROM Documents ORDER BY AverageRating"), [3, 1, 2]);
    assert_eq!(copy.one::<i64>("SELECT sum(File_x0020_Size) FROM Documents"), 1_000_210);
    assert_eq!(copy.one::<i64>("SELECT sum(RatingCount) FROM Documents"), 21);
    assert_eq!(copy.one::<f64>("SELECT sum(AverageRating) FROM Documents"), 17.5);
}
