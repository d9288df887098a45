//! Compares a file with the simulated list it is a copy of, by what the README says about the columns: with its own
//! reading of the list's texts, and none of the client's.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rusqlite::{Connection, OpenFlags, types::Value};
use sharepoint_simulator::{FieldTruth, Held, ItemTruth, World, laws::Difference, world::ListRef};

/// What a column holds: its name, the field's type, and the part of the value.
struct Column {
    name: String,
    kind: String,
    part: String,
}

/// What is different, in words.
pub(crate) fn judge(path: &Path, world: &World, list: ListRef) -> Result<(), String> {
    compare(path, &world.list_truth(list)).map_err(|Difference { lost, invented, other }| {
        other.unwrap_or_else(|| format!("lost {lost:?}, invented {invented:?}"))
    })
}

/// Compares the table in a file with what the list truly holds.
pub(crate) fn compare(path: &Path, truth: &[ItemTruth]) -> Result<(), Difference> {
    compare_without(path, truth, &BTreeSet::new())
}

/// The same, but for some ids of which nothing is to be said.
pub(crate) fn compare_without(
    path: &Path,
    truth: &[ItemTruth],
    without: &BTreeSet<i32>,
) -> Result<(), Difference> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let table: String = connection.query_row("SELECT table_name FROM _mirror", [], |row| row.get(0)).unwrap();
    let truth = truth.iter().filter(|item| !without.contains(&item.id));
    let truth: BTreeMap<i32, &ItemTruth> = truth.map(|item| (item.id, item)).collect();

    let mut ids = column::<i32>(&connection, &format!("SELECT id FROM \"{table}\" ORDER BY id"));
    ids.retain(|id| !without.contains(id));
    let lost: Vec<i32> = truth.keys().filter(|id| !ids.contains(id)).copied().collect();
    let invented: Vec<i32> = ids.iter().filter(|id| !truth.contains_key(id)).copied().collect();
    if !lost.is_empty() || !invented.is_empty() {
        return Err(Difference { lost, invented, other: None });
    }

    let mut fields: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    let mut statement = connection
        .prepare("SELECT field, column_name, type, part FROM _fields WHERE removed_at IS NULL")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let column =
            Column { name: row.get(1).unwrap(), kind: row.get(2).unwrap(), part: row.get(3).unwrap() };
        fields.entry(row.get(0).unwrap()).or_default().push(column);
    }

    let paths: BTreeMap<i32, String> = pairs(&connection, "SELECT id, path FROM _paths");
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let held: BTreeMap<&str, Value> =
            names.iter().enumerate().map(|(n, name)| (name.as_str(), row.get(n).unwrap())).collect();
        let Some(item) = truth.get(&row.get::<_, i32>("id").unwrap()) else { continue };
        judge_row(item, &held, &fields, paths.get(&item.id))
            .map_err(|other| Difference { other: Some(other), ..Difference::default() })?;
    }
    Ok(())
}

fn judge_row(
    item: &ItemTruth,
    held: &BTreeMap<&str, Value>,
    fields: &BTreeMap<String, Vec<Column>>,
    path: Option<&String>,
) -> Result<(), String> {
    let own = [
        ("sp_unique_id", Value::Text(item.unique_id.to_string())),
        ("sp_folder", Value::Integer(i64::from(item.folder))),
        ("sp_version", Value::Integer(i64::from(item.version))),
        ("sp_raw", raw(item, fields)),
    ];
    for (column, expected) in own {
        if held[column] != expected {
            return Err(format!("item {}: {column} is {:?}, not {expected:?}", item.id, held[column]));
        }
    }
    // Where they are the list's, nothing is told.
    let mask = match &held["sp_perm_mask"] {
        Value::Text(mask) => u64::from_str_radix(mask.trim_start_matches("0x"), 16).ok(),
        _ => Some(item.permissions),
    };
    if mask != Some(item.permissions) {
        let rights = item.permissions;
        return Err(format!("item {}: the rights are {:?}, not {rights:#x}", item.id, held["sp_perm_mask"]));
    }
    if path != Some(&item.path) {
        return Err(format!("item {}: its path is {path:?}, not {}", item.id, item.path));
    }
    for (field, columns) in fields {
        let told = item.fields.iter().find(|truth| truth.name == *field);
        for column in columns.iter().filter(|column| !column.name.starts_with("sp_") && column.name != "id") {
            let value = &held[column.name.as_str()];
            let same = match told {
                None => *value == Value::Null,
                Some(truth) if column.kind.ends_with("Multi") => {
                    truth.held == Held::Nothing || ids_held(value) == ids_told(&truth.text)
                }
                Some(truth) => expected(item, truth, column).is_none_or(|expected| *value == expected),
            };
            if !same {
                return Err(format!(
                    "item {}: {} is {value:?}, the list says {told:?}",
                    item.id, column.name
                ));
            }
        }
    }
    Ok(())
}

/// What no column can hold: the errors of formulas.
fn raw(item: &ItemTruth, fields: &BTreeMap<String, Vec<Column>>) -> Value {
    let is_calculated = |name: &str| {
        fields.get(name).is_some_and(|columns| columns.iter().any(|column| column.kind == "Calculated"))
    };
    let errors =
        item.fields.iter().filter(|field| field.text.starts_with("error;#") && is_calculated(&field.name));
    let errors: BTreeMap<&str, &str> =
        errors.map(|field| (field.name.as_str(), field.text.as_str())).collect();
    if errors.is_empty() { Value::Null } else { Value::Text(serde_json::to_string(&errors).unwrap()) }
}

/// What a column should hold; `None` where the list cannot be held to it.
fn expected(item: &ItemTruth, truth: &FieldTruth, column: &Column) -> Option<Value> {
    if truth.held == Held::Nothing {
        return None;
    }
    // The item's own id stands before what is joined from its own store.
    let own = format!("{};#", item.id);
    let joined = truth.held == Held::Whole && matches!(column.kind.as_str(), "Lookup" | "File");
    let text = truth.text.strip_prefix(&own).filter(|_| joined).unwrap_or(&truth.text);
    let parts: Vec<&str> = text.split(";#").collect();
    let real = |text: &str| Value::Real(text.parse().unwrap());
    let integer = |number: &str| {
        Value::Integer(number.parse().unwrap_or_else(|_| panic!("{}: {text:?} is no number", column.name)))
    };
    let plain = |text: &str| if text.is_empty() { Value::Null } else { Value::Text(text.to_owned()) };
    Some(match (column.kind.as_str(), column.part.as_str()) {
        ("Number" | "Currency", _) => real(text),
        ("Integer" | "Counter" | "ModStat" | "Attachments" | "Boolean", _) => integer(text),
        // A folder has none.
        ("Lookup", _) if column.name == "File_x0020_Size" => {
            if text.is_empty() {
                Value::Null
            } else {
                integer(text)
            }
        }
        ("Lookup" | "User", "id") => integer(parts[0]),
        ("Lookup" | "User", _) if truth.held == Held::Ids => return None,
        ("MultiChoice", _) => {
            let choices: Vec<String> =
                parts.iter().filter(|part| !part.is_empty()).map(|part| format!("{part:?}")).collect();
            Value::Text(format!("[{}]", choices.join(",")))
        }
        ("URL", part) => {
            let (url, caption) = text.split_once(", ").map_or((text, None), |(url, text)| (url, Some(text)));
            match part {
                "" => plain(&url.replace(",,", ",")),
                _ => caption.map_or(Value::Null, plain),
            }
        }
        ("Calculated", _) => match parts[0] {
            "float" => real(parts[1]),
            "boolean" => integer(parts[1]),
            "string" | "datetime" => plain(parts[1]),
            "error" => Value::Null,
            other => panic!("{other} is no result of a formula that these lists have"),
        },
        ("TaxonomyFieldType", "id") => integer(parts[0]),
        ("TaxonomyFieldType", "guid") => plain(parts[1].rsplit_once('|').unwrap().1),
        ("TaxonomyFieldType", _) => plain(parts[1].rsplit_once('|').unwrap().0),
        ("Guid", _) => plain(&text.trim_matches(['{', '}']).to_lowercase()),
        _ => plain(text),
    })
}

/// The ids in the JSON that holds several references.
fn ids_held(value: &Value) -> Vec<i64> {
    let Value::Text(text) = value else { panic!("{value:?} is no text") };
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    json.as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect()
}

/// The ids in `12;#A;#15;#B`.
fn ids_told(text: &str) -> Vec<i64> {
    text.split(";#").step_by(2).filter_map(|id| id.parse().ok()).collect()
}

fn column<T: rusqlite::types::FromSql>(connection: &Connection, sql: &str) -> Vec<T> {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn pairs(connection: &Connection, sql: &str) -> BTreeMap<i32, String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}
