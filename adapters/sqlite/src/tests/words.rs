//! Words that mean something in SQL, as the title of a list and as the names of its columns.

use super::pages::*;

/// All keywords of SQLite.
const KEYWORDS: &str = "
    ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE
    CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME
    CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE
    EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP
    GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY
    LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS
    OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE
    RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN TIES TO
    TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT";

/// What else SQLite knows by name.
const KNOWN: &str = "
    main temp rowid oid _rowid_ excluded old new true false strict stored sqlite_master sqlite_schema sqlite_sequence
    sqlite_stat1 sqlite_temp_master pragma_table_info pragma_database_list json_each json_tree coalesce count dbstat
    generate_series";

/// Tables, views, indexes, columns, aliases and tables within statements of the copy's own.
const OWN: &str = "
    _mirror _marks _fields _tombstones _tombstones_id _absences _gone _touched _seen _paths _placed _seeds _below
    _by_parent _folders _folders_by_name _command mirror marks fields tombstones absences gone touched seen paths placed
    seeds below by_parent folders folders_by_name command item items holder folder other id only checkpoint list_id
    list_title table_name root_path root_unique_id schema_version synced_at loaded_at reloaded_at min_minutes replaced
    held_back hidden forms name number column_name field part declared type display_name field_id as_of_last_change
    removed_at unique_id path reason along along_with to_list to_item day differs how mark sp_unique_id sp_parent sp_dir
    sp_name sp_folder sp_version sp_perm_mask sp_raw sp_mark item_2 name_removed";

fn words() -> Vec<&'static str> {
    KEYWORDS.split_whitespace().chain(KNOWN.split_whitespace()).chain(OWN.split_whitespace()).collect()
}

/// A list whose columns have these names reads back value by value, through a load, a change, a listing, a move and a
/// deletion that is kept.
fn mirrors(title: &str, names: &[&str]) {
    let mut copy = Copy::with(|mirror| mirror.tombstones(true));
    let own = names.iter().map(|name| format!("{name}:Text"));
    // Numbers besides, so that every statement meets columns of more than one type.
    let fields: Vec<String> =
        ["ID:Counter".to_owned(), "Amount:Integer".to_owned()].into_iter().chain(own).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut list = (*schema(&fields)).clone();
    list.title = Some(title.into());
    copy.schema = std::sync::Arc::new(list);
    let with = |id: i32| {
        let values: String =
            names.iter().enumerate().map(|(n, name)| format!("ows_{name}='{id} {n}' ")).collect();
        format!("{values} ows_Amount='{id}.00000000000000'")
    };
    copy.fill(&[
        folder(1, "A").with(&with(1)),
        item(2, "x").below(1, "A").with(&with(2)),
        item(3, "y"),
        item(4, "z").with(&with(4)),
    ]);
    copy.delta(&[item(3, "y").with(&with(3)).up(), deleted(4)]);
    copy.listing(1, "listing 1", true, &[item(2, "x").below(1, "A").with(&with(2))]);
    copy.finish();
    assert_eq!(copy.paths(), ["1 A", "2 A/x", "3 y"], "{title}");

    let table = copy.mirror.table().unwrap().unwrap().replace('"', "\"\"");
    for (n, name) in names.iter().enumerate() {
        let found = format!("SELECT column_name FROM _fields WHERE field = '{name}' AND removed_at IS NULL");
        let column = copy.one::<String>(&found).replace('"', "\"\"");
        let sql = format!("SELECT \"{column}\" FROM main.\"{table}\" ORDER BY id");
        let expected: Vec<String> = (1..=3).map(|id| format!("{id} {n}")).collect();
        assert_eq!(copy.all::<String>(&sql), expected, "{title} {name}");
    }
    let sum = format!("SELECT sum(\"Amount\") FROM main.\"{table}\"");
    assert_eq!(copy.one::<i64>(&sum), 6, "{title}");
    let buried: String = copy.one("SELECT row FROM _tombstones WHERE id = 4");
    for (n, name) in names.iter().enumerate() {
        assert!(buried.contains(&format!("\"4 {n}\"")), "{title} {name}");
    }
}

#[test]
fn sqlite_has_147_keywords() {
    assert_eq!(KEYWORDS.split_whitespace().count(), 147);
}

#[test]
fn a_list_called_like_any_word_of_sql_or_of_the_store_is_mirrored() {
    for word in words() {
        mirrors(word, &["Title", word]);
    }
}

#[test]
fn columns_called_like_every_word_of_sql_and_of_the_store_are_mirrored_together() {
    // `ID` is the row's own.
    let names: Vec<&str> = words().into_iter().filter(|word| *word != "id").collect();
    mirrors("Documents", &names);
    mirrors("item", &names);
}
