//! Columns that come, change and go.

use super::pages::*;

fn columns(copy: &Copy) -> Vec<String> {
    copy.all(
        "SELECT name || ' ' || type FROM pragma_table_info('Documents') WHERE name NOT LIKE 'sp\\_%' ESCAPE '\\'
         AND name <> 'id'",
    )
}

#[test]
fn a_new_column_is_added_and_empty_in_old_rows() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a").with("ows_Title='A'")]);
    assert_eq!(columns(&copy), ["Title TEXT", "Amount REAL"]);
    copy.schema = schema(&["ID:Counter", "Title:Text", "Amount:Number", "Customer:Lookup:List='Self'"]);
    copy.delta(&[item(2, "b").with("ows_Customer='12;#Northwind'").up()]);
    assert_eq!(columns(&copy), ["Title TEXT", "Amount REAL", "Customer TEXT", "Customer_id INTEGER"]);
    assert_eq!(copy.all::<Option<i64>>("SELECT Customer_id FROM Documents ORDER BY id"), [None, Some(12)]);
    assert_eq!(copy.mirror.state().unwrap().schema_version, 2);
}

#[test]
fn a_column_that_is_gone_keeps_its_values_under_another_name() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a").with("ows_Title='A' ows_Amount='2.50000000000000'")]);
    copy.schema = schema(&["ID:Counter", "Title:Text"]);
    copy.delta(&[item(1, "a").with("ows_Title='B'").up()]);
    assert_eq!(columns(&copy), ["Title TEXT", "Amount_removed REAL"]);
    assert_eq!(copy.one::<f64>("SELECT Amount_removed FROM Documents"), 2.5);
    copy.schema = schema(FIELDS);
    copy.delta(&[item(1, "a").with("ows_Amount='3.00000000000000'").up()]);
    assert_eq!(columns(&copy), ["Title TEXT", "Amount_removed REAL", "Amount REAL"]);
    assert_eq!(copy.one::<f64>("SELECT Amount FROM Documents"), 3.0);
    let removed: Vec<String> = copy.all("SELECT column_name FROM _fields WHERE removed_at IS NOT NULL");
    assert_eq!(removed, ["Amount_removed"]);
}

#[test]
fn a_retyped_column_has_the_new_type_and_the_old_values_until_they_are_read_again() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a").with("ows_Amount='2.50000000000000'"), item(2, "b").with("ows_Amount='7.0'")]);
    copy.schema = schema(&["ID:Counter", "Title:Text", "Amount:Text"]);
    copy.load("load 2", None, &[item(1, "a").with("ows_Amount='two and a half'")]);
    assert_eq!(columns(&copy), ["Title TEXT", "Amount_removed REAL", "Amount TEXT"]);
    assert_eq!(copy.all::<String>("SELECT Amount FROM Documents ORDER BY id"), ["two and a half", "7.0"]);
}

#[test]
fn a_field_that_becomes_a_lookup_keeps_its_column_and_gets_another() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a").with("ows_Title='A'")]);
    copy.schema = schema(&["ID:Counter", "Title:Lookup:List='Self'", "Amount:Number"]);
    copy.load("load 2", None, &[item(1, "a").with("ows_Title='3;#C'")]);
    assert_eq!(columns(&copy), ["Title TEXT", "Amount REAL", "Title_id INTEGER"]);
    assert_eq!(copy.one::<String>("SELECT Title || Title_id FROM Documents"), "C3");
}

#[test]
fn a_page_that_is_refused_migrates_nothing() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a")]);
    copy.run(crate::Guard::default().rows(0).part(0.0));
    copy.schema = schema(&["ID:Counter", "Title:Text", "Amount:Number", "More:Text"]);
    assert!(copy.page(crate::commit::Part::Delta, &[absent(1)]).is_err());
    assert_eq!(columns(&copy), ["Title TEXT", "Amount REAL"]);
    copy.delta(&[item(1, "a").with("ows_More='x'").up()]);
    assert_eq!(copy.one::<String>("SELECT More FROM Documents"), "x");
}

#[test]
fn the_table_keeps_its_name_and_its_columns_over_processes_and_a_renamed_list() {
    let mut copy = Copy::new();
    copy.schema = schema(&["ID:Counter", "title:Text", "Title:Text"]);
    copy.fill(&[item(1, "a").with("ows_Title='upper' ows_title='lower'")]);
    let row = || "SELECT title || ' ' || Title_2 FROM Documents";
    assert_eq!(copy.one::<String>(row()), "lower upper");
    let path = copy.mirror.path().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = crate::Mirror::open(folder.path().join("other.sqlite")).unwrap();
    drop(std::mem::replace(&mut copy.mirror, elsewhere));
    copy.mirror = crate::Mirror::open(path).unwrap();
    // The other order would give the names the other way round.
    let mut other = (*schema(&["ID:Counter", "Title:Text", "title:Text"])).clone();
    other.title = Some("Papers".into());
    copy.schema = std::sync::Arc::new(other);
    copy.delta(&[item(1, "a").with("ows_Title='UPPER' ows_title='lower'").up()]);
    assert_eq!(copy.one::<String>(row()), "lower UPPER");
    assert_eq!(copy.mirror.state().unwrap().list_title.as_deref(), Some("Papers"));
}

#[test]
fn only_the_fields_asked_for_have_columns() {
    let mut copy = Copy::with(|mirror| mirror.fields(Some(["Amount".to_owned()])));
    copy.fill(&[item(1, "a").with("ows_Title='A' ows_Amount='2.0'")]);
    assert_eq!(columns(&copy), ["Amount REAL"]);
    assert_eq!(copy.one::<Option<String>>("SELECT sp_raw FROM Documents"), None);
}

#[test]
fn more_columns_than_a_table_may_have_are_kept_beside() {
    let mut copy = Copy::new();
    let names: Vec<String> = (0..2_000).map(|n| format!("C{n}:Text")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    copy.schema = schema(&names);
    copy.fill(&[item(1, "a").with("ows_C0='first' ows_C1999='last'")]);
    assert_eq!(copy.one::<String>("SELECT C0 || sp_raw FROM Documents"), r#"first{"C1999":"last"}"#);

    // Columns of fields that are gone are kept, and count.
    let names: Vec<String> = (150..1_890).map(|n| format!("C{n}:Text")).collect();
    let others: Vec<String> = (0..150).map(|n| format!("D{n}:Text")).collect();
    let names: Vec<&str> = names.iter().chain(&others).map(String::as_str).collect();
    copy.schema = schema(&names);
    copy.delta(&[item(1, "a").with("ows_C150='first' ows_D149='last'").up()]);
    assert_eq!(
        copy.one::<String>("SELECT C150 || C0_removed || sp_raw FROM Documents"),
        r#"firstfirst{"D149":"last"}"#
    );
}
