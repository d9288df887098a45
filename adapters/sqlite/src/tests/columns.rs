//! What of which value stands in which column.

use super::pages::*;

/// What the copy holds of one row of a list with this one field.
fn held(field: &str, attributes: &str, sql: &str) -> String {
    let mut copy = Copy::new();
    copy.schema = schema(&["ID:Counter", field]);
    copy.fill(&[item(1, "a").with(attributes)]);
    copy.one(&format!("SELECT {sql} || coalesce(' raw ' || sp_raw, '') FROM Documents"))
}

#[test]
fn every_kind_of_value_has_its_form() {
    for (field, attributes, sql, expected) in [
        ("C:Text", "ows_C='a &amp; b'", "C", "a & b"),
        ("C:Note", "ows_C='a&#10;b'", "C", "a\nb"),
        ("C:Number", "ows_C='12500.5000000000'", "C || typeof(C)", "12500.5real"),
        ("C:Currency", "ows_C='0.1'", "C || typeof(C)", "0.1real"),
        ("C:Integer", "ows_C='17'", "C || typeof(C)", "17integer"),
        ("C:Boolean", "ows_C='1'", "C || typeof(C)", "1integer"),
        ("C:DateTime", "ows_C='2026-03-04T10:15:31Z'", "C", "2026-03-04T10:15:31Z"),
        ("C:Choice", "ows_C='Open'", "C", "Open"),
        ("C:MultiChoice", "ows_C=';#Open;#Held;#'", "C", r#"["Open","Held"]"#),
        ("C:Lookup", "ows_C='12;#Title text'", "C || ' ' || C_id || typeof(C_id)", "Title text 12integer"),
        ("C:User", "ows_C='7;#Ana Ruiz'", "C || ' ' || C_id", "Ana Ruiz 7"),
        ("C:LookupMulti", "ows_C='12;#A;#15;#B'", "C", r#"[{"id":12,"text":"A"},{"id":15,"text":"B"}]"#),
        ("C:UserMulti", "ows_C='7;#Ana;#9;#Bo'", "C", r#"[{"id":7,"name":"Ana"},{"id":9,"name":"Bo"}]"#),
        (
            "C:URL",
            "ows_C='https://x.example/a, Caption'",
            "C || ' ' || C_caption",
            "https://x.example/a Caption",
        ),
        ("C:Calculated:ResultType='Number'", "ows_C='float;#3.50000000000000'", "C || typeof(C)", "3.5real"),
        ("C:Calculated:ResultType='Text'", "ows_C='string;#x'", "C", "x"),
        (
            "C:Calculated:ResultType='DateTime'",
            "ows_C='datetime;#2026-03-04T10:15:31Z'",
            "C",
            "2026-03-04T10:15:31Z",
        ),
        (
            "C:Guid",
            "ows_C='{41F0A6D3-08C2-4B79-8E15-7A2D9C36B0E4}'",
            "C",
            "41f0a6d3-08c2-4b79-8e15-7a2d9c36b0e4",
        ),
        ("Attachments:Attachments", "ows_Attachments='2'", "Attachments", "2"),
        ("PermMask:Computed", "ows_PermMask='0x1b03c4312ef'", "sp_perm_mask", "0x1b03c4312ef"),
        ("C:TypeOfTomorrow", "ows_C='anything'", "C", "anything"),
        (
            "C:TaxonomyFieldType",
            "ows_C='12;#Term|41f0a6d3-08c2-4b79-8e15-7a2d9c36b0e4'",
            "C || ' ' || C_id || ' ' || C_guid",
            "Term 12 41f0a6d3-08c2-4b79-8e15-7a2d9c36b0e4",
        ),
    ] {
        assert_eq!(held(field, attributes, sql), expected, "{field}");
    }
}

#[test]
fn what_no_column_can_hold_is_kept_as_it_came() {
    let none = "coalesce(C, 'NULL')";
    assert_eq!(held("C:Number", "ows_C='a lot'", none), r#"NULL raw {"C":"a lot"}"#);
    assert_eq!(
        held("C:Calculated:ResultType='Number'", "ows_C='error;#NAME?'", none),
        r##"NULL raw {"C":"error;#NAME?"}"##
    );
    assert_eq!(held("C:Text", "ows_Uninvited='x'", none), r#"NULL raw {"Uninvited":"x"}"#);
    let expanded = "ows_C='7;#Ana,#i:0#.f|m|ana@x.example,#ana@x.example,#,#Ana'";
    assert!(held("C:User", expanded, "C || C_id").starts_with("Ana7 raw"));
}

#[test]
fn a_value_that_is_gone_is_null() {
    let mut copy = Copy::new();
    copy.fill(&[item(1, "a").with("ows_Title='A' ows_Amount='many'")]);
    copy.delta(&[item(1, "a").up()]);
    let held: Vec<bool> =
        copy.all("SELECT Title IS NULL AND Amount IS NULL AND sp_raw IS NULL FROM Documents");
    assert_eq!(held, [true]);
}

#[test]
fn columns_are_found_in_any_order_and_left_out() {
    let mut copy = Copy::new();
    let own =
        ["UniqueId:Lookup:List='Docs'", "ParentUniqueId:Lookup:List='Docs'", "FSObjType:Lookup:List='Docs'"];
    let fields =
        ["ID:Counter", "A:Text", "B:Text", "C:Text", "D:Text", "E:Text", "F:Text", "G:Text", "H:Text"];
    copy.schema = schema(&[&fields[..], &own[..]].concat());
    let rows = ["ABCDEFGH", "AH", "HGFEDCBA", "D", "", "HA", "BDFH", "AZ", "ABCDEFGH", "GZF"];
    let items: Vec<Item> = (1..)
        .zip(rows)
        .map(|(id, row)| {
            let columns: String = row.chars().map(|name| format!("ows_{name}='{name}{id}' ")).collect();
            // Neighbours in one folder, in another, in the root folder and in none that is told.
            let item = item(id, "a").with(&columns);
            match id {
                1 | 2 | 5 => item.below(50, "F"),
                3 => item.below(51, "F"),
                6 | 7 => item.below(50, "F").by_path(),
                _ => item,
            }
        })
        .collect();
    copy.delta(&[folder(50, "F").up(), folder(51, "G").up()]);
    copy.delta(&together(&items));
    for (item, row) in items.iter().zip(rows) {
        let id = item.row().id();
        let held = |name: char| if row.contains(name) { format!("{name}{id}") } else { "-".to_owned() };
        let texts: String = ('A'..='H').map(held).collect();
        let raw = if row.contains('Z') { format!("{{\"Z\":\"Z{id}\"}}") } else { String::new() };
        let parent = match id {
            1 | 2 | 5 | 6 | 7 => unique(50).to_string(),
            3 => unique(51).to_string(),
            _ => String::new(),
        };
        let columns =
            ('A'..='H').map(|name| format!("coalesce({name}, '-')")).collect::<Vec<_>>().join(" || ");
        let sql = format!(
            "SELECT {columns} || coalesce(sp_raw, '') || ' ' || coalesce(sp_parent, '') || ' ' || sp_unique_id
             FROM Documents WHERE id = {id}"
        );
        assert_eq!(copy.one::<String>(&sql), format!("{texts}{raw} {parent} {}", unique(id)), "{row}");
    }
}

#[test]
fn the_fields_table_says_which_column_is_whose() {
    let mut copy = Copy::new();
    copy.schema =
        schema(&["ID:Counter", "FileLeafRef:File", "Customer:Lookup:List='Self'", "LinkTitle:Computed"]);
    copy.fill(&[]);
    let rows: Vec<String> = copy.all(
        "SELECT column_name || ' ' || field || ' ' || part || ' ' || as_of_last_change FROM _fields ORDER BY 1",
    );
    assert_eq!(
        rows,
        ["Customer Customer  1", "Customer_id Customer id 0", "id ID  0", "sp_name FileLeafRef  0"]
    );
}

#[test]
fn the_sql_of_the_readme_reads_the_copy() {
    let mut copy = Copy::with(|mirror| mirror.tombstones(true));
    copy.schema = schema(&["ID:Counter", "Title:Text", "Modified:DateTime", "Editor:User", "Team:UserMulti"]);
    let file = item(2, "a.docx").below(1, "Contracts").with("ows_Title='A' ows_Team='7;#Ana;#9;#Bo'");
    copy.fill(&[folder(1, "Contracts"), file, item(3, "b.docx").with("ows_Title='B'")]);
    copy.delta(&[deleted(3)]);
    let readme = include_str!("../../README.md");
    let sql = readme.split_once("```sql").unwrap().1.split_once("```").unwrap().0;
    let rows: Vec<usize> = sql
        .split(';')
        .filter(|statement| !statement.trim().is_empty())
        .map(|statement| {
            let mut statement = copy.mirror.connection().prepare(statement).unwrap();
            statement.query([]).unwrap().mapped(|_| Ok(())).count()
        })
        .collect();
    // Two items with their paths, one below the folder, two people, six columns, one tombstone.
    assert_eq!(rows, [2, 1, 2, 6, 1]);
}

#[test]
fn no_name_of_a_list_meets_one_of_the_stores_own() {
    for title in [
        "gone", "touched", "seen", "placed", "Seeds", "Below", "item", "holder", "_mirror", "select", "rowid",
    ] {
        let mut copy = Copy::new();
        let fields = [
            "ID:Counter",
            "OID:Text",
            "rowid:Text",
            "_rowid_:Text",
            "path:Text",
            "along:Text",
            "select:Text",
        ];
        let mut schema = (*schema(&fields)).clone();
        schema.title = Some(title.into());
        copy.schema = std::sync::Arc::new(schema);
        copy.fill(&[
            folder(1, "A"),
            item(2, "x").below(1, "A").with("ows_rowid='r' ows_OID='o'"),
            item(3, "y"),
        ]);
        assert_eq!(copy.paths(), ["1 A", "2 A/x", "3 y"], "{title}");
        let table = copy.mirror.table().unwrap().unwrap();
        let kept: String = copy.one(&format!("SELECT rowid_2 || OID_2 FROM main.\"{table}\" WHERE id = 2"));
        assert_eq!(kept, "ro");
        copy.delta(&[deleted(1)]);
        assert_eq!(copy.all::<i32>(&format!("SELECT id FROM main.\"{table}\"")), [3], "{title}");
    }
}
