//! Copies whose values were kept in other forms: those of earlier versions, and columns that people gave another type.

use super::pages::*;

/// The types of a library's own numbers as version 2 took them.
const BEFORE: &[&str] = &[
    "ID:Counter",
    "Title:Text",
    "File_x0020_Size:Text",
    "ItemChildCount:Text",
    "AverageRating:Text",
    "LikesCount:Text",
    "_ModerationStatus:Integer",
    "Sum:Calculated:ResultType='Number'",
    "Whole:Integer",
    "Where:Geolocation",
];

/// The same fields as they are.
const AFTER: &[&str] = &[
    "ID:Counter",
    "Title:Text",
    "File_x0020_Size:Lookup:List='Docs'",
    "ItemChildCount:Lookup:List='Docs'",
    "AverageRating:AverageRating",
    "LikesCount:Likes",
    "_ModerationStatus:ModStat",
    "Sum:Calculated:ResultType='Number'",
    "Whole:Integer",
    "Where:Geolocation",
];

/// A copy as version 2 left it, its file opened by this one.
fn version_2() -> Copy {
    let mut copy = Copy::new();
    copy.schema = schema(BEFORE);
    copy.fill(&[
        item(1, "a").with(
            "ows_Title='A' ows_File_x0020_Size='4567' ows_ItemChildCount='0' ows_AverageRating='3.00000000000000'
             ows_LikesCount='12.0000000000000' ows__ModerationStatus='0;#Approved' ows_Uninvited='x'",
        ),
        item(2, "b").with("ows_Title='B' ows_File_x0020_Size='1000001' ows_AverageRating='none'"),
        item(3, "c"),
        item(4, "d").with("ows__ModerationStatus='2' ows_Whole='a lot'"),
    ]);
    copy.mirror
        .connection()
        .execute_batch(
            "UPDATE Documents SET sp_raw = '{\"Sum\":\"string;#\",\"Whole\":\"17.0000000000000\"}' WHERE id = 2;
             UPDATE Documents SET sp_raw = '{\"Where\":\"POINT (8 47)\"}' WHERE id = 3;
             ALTER TABLE _mirror DROP COLUMN forms; PRAGMA user_version = 2;",
        )
        .unwrap();
    reopen(&mut copy);
    copy.schema = schema(AFTER);
    copy
}

fn reopen(copy: &mut Copy) {
    let path = copy.mirror.path().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = crate::Mirror::open(folder.path().join("other.sqlite")).unwrap();
    drop(std::mem::replace(&mut copy.mirror, elsewhere));
    copy.mirror = crate::Mirror::open(path).unwrap();
}

fn rows(copy: &Copy) -> Vec<String> {
    copy.all(
        "SELECT id || ': ' || quote(File_x0020_Size) || ' ' || quote(ItemChildCount) || ' ' || quote(AverageRating)
             || ' ' || quote(LikesCount) || ' ' || quote(_ModerationStatus) || ' ' || quote(Sum) || ' '
             || quote(Whole) || ' ' || quote(\"Where\") || ' ' || coalesce(sp_raw, '')
         FROM Documents ORDER BY id",
    )
}

#[test]
fn the_first_page_reads_again_what_an_earlier_version_kept_in_another_form() {
    let mut copy = version_2();
    copy.delta(&[item(5, "e").with("ows_File_x0020_Size='5;#9' ows_LikesCount='1.00000000000000'").up()]);
    assert_eq!(
        rows(&copy),
        [
            r#"1: 4567 0 3.0 12 0 NULL NULL NULL {"Uninvited":"x"}"#,
            r#"2: 1000001 NULL NULL NULL NULL NULL 17 NULL {"AverageRating":"none"}"#,
            "3: NULL NULL NULL NULL NULL NULL NULL 'POINT (8 47)' ",
            r#"4: NULL NULL NULL NULL 2 NULL NULL NULL {"Whole":"a lot"}"#,
            "5: 9 NULL NULL 1 NULL NULL NULL NULL ",
        ]
    );
    assert_eq!(copy.all::<i32>("SELECT id FROM Documents WHERE File_x0020_Size > 1000000"), [2]);
    let declared: Vec<String> = copy.all(
        "SELECT field || ' ' || declared || ' ' || type FROM _fields WHERE removed_at IS NULL AND part = ''
             AND field IN ('File_x0020_Size', 'AverageRating', 'LikesCount') ORDER BY field",
    );
    assert_eq!(
        declared,
        ["AverageRating REAL AverageRating", "File_x0020_Size INTEGER Lookup", "LikesCount INTEGER Likes"]
    );
    // As for every column of another type, what was held is kept.
    assert_eq!(copy.one::<String>("SELECT File_x0020_Size_removed FROM Documents WHERE id = 1"), "4567");
}

#[test]
fn a_copy_is_read_again_once_and_by_an_unchanged_list_as_well() {
    let mut copy = version_2();
    // Nothing but the status was kept beside, and no column changes its type.
    let fields = |all: &[&'static str]| -> Vec<&'static str> { [&all[..2], &all[6..]].concat() };
    copy.schema = schema(&fields(AFTER));
    copy.delta(&[]);
    assert_eq!(copy.one::<i64>("SELECT _ModerationStatus FROM Documents WHERE id = 1"), 0);
    let version: i64 = copy.one("PRAGMA user_version");
    assert_eq!((version, copy.one::<i64>("SELECT forms FROM _mirror")), (3, 2));
    copy.mirror
        .connection()
        .execute("UPDATE Documents SET sp_raw = '{\"_ModerationStatus\":\"2;#Pending\"}' WHERE id = 1", [])
        .unwrap();
    reopen(&mut copy);
    copy.delta(&[]);
    assert_eq!(copy.one::<i64>("SELECT _ModerationStatus FROM Documents WHERE id = 1"), 0);
}

#[test]
fn a_page_that_is_refused_reads_nothing_again() {
    let mut copy = version_2();
    copy.run(crate::Guard::default().rows(0).part(0.0));
    assert!(copy.page(crate::commit::Part::Delta, &[absent(1)]).is_err());
    assert_eq!(copy.one::<String>("SELECT typeof(File_x0020_Size) FROM Documents WHERE id = 1"), "text");
    assert_eq!(copy.one::<i64>("SELECT forms FROM _mirror"), 1);
}

#[test]
fn a_text_column_that_becomes_a_number_holds_numbers_alone() {
    let mut copy = Copy::new();
    copy.schema = schema(&["ID:Counter", "Title:Text", "Amount:Text"]);
    let many: Vec<Item> =
        (1..=2_500).map(|id| item(id, &format!("{id}")).with(&format!("ows_Amount='{id}'"))).collect();
    copy.fill(&many);
    copy.delta(&[item(1, "1").with("ows_Amount='two and a half'").up(), item(2, "2").up()]);
    copy.schema = schema(FIELDS);
    copy.load("load 2", None, &[item(3, "3").with("ows_Amount='3.50000000000000'")]);
    let kept = "SELECT coalesce(Amount, 'NULL') || typeof(Amount) || coalesce(sp_raw, '') FROM Documents WHERE id <= 4";
    assert_eq!(
        copy.all::<String>(kept),
        [r#"NULLnull{"Amount":"two and a half"}"#, "NULLnull", "3.5real", "4.0real"]
    );
    assert_eq!(copy.one::<f64>("SELECT Amount FROM Documents WHERE id = 2500"), 2500.0);
    copy.load("load 2", None, &[item(1, "1").with("ows_Amount='1.00000000000000'")]);
    assert_eq!(copy.one::<Option<String>>("SELECT sp_raw FROM Documents WHERE id = 1"), None);
}
