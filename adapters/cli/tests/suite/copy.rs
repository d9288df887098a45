//! Copies made by `mirror`, and how to look into them.

use std::path::Path;

use rusqlite::{Connection, types::Value};

use crate::{Ended, run};

/// A file of its own for a copy.
pub(crate) struct Copy {
    _folder: tempfile::TempDir,
    pub(crate) path: String,
}

impl Copy {
    pub(crate) fn new() -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.sqlite").to_str().unwrap().to_owned();
        Copy { _folder: folder, path }
    }

    /// The arguments that mirror a list of this address into the file.
    pub(crate) fn args<'a>(&'a self, address: &'a str, list: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["mirror", address, "--list", list, "--into", &self.path], more].concat()
    }

    pub(crate) fn mirror(&self, address: &str, list: &str, more: &[&str]) -> Ended {
        run(&self.args(address, list, more))
    }

    pub(crate) fn open(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }

    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.open().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Every row of the list's table with its path, as text: all that the list says, without what depends on when
    /// it was read.
    pub(crate) fn dump(&self) -> Vec<String> {
        dump(Path::new(&self.path))
    }
}

fn dump(path: &Path) -> Vec<String> {
    let file = Connection::open(path).unwrap();
    let table: String = file.query_row("SELECT table_name FROM _mirror", [], |row| row.get(0)).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut statement = file.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let moving = names("SELECT column_name FROM _fields WHERE as_of_last_change = 1");
    let columns: Vec<String> = names(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY name"))
        .into_iter()
        .filter(|name| !moving.contains(name) && !["sp_mark", "sp_dir"].contains(&&**name))
        .map(|name| format!("held.\"{name}\""))
        .collect();
    assert!(columns.len() > 8, "{columns:?}");
    let sql = format!(
        "SELECT path, {} FROM \"{table}\" AS held LEFT JOIN _paths USING (id) ORDER BY held.id",
        columns.join(", ")
    );
    let mut statement = file.prepare(&sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
        let values: Vec<Value> = (0..=columns.len()).map(|n| row.get(n)).collect::<Result<_, _>>()?;
        Ok(columns
            .iter()
            .zip(&values[1..])
            .fold(format!("{:?}", values[0]), |text, (name, value)| format!("{text} {name}={value:?}")))
    };
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}
