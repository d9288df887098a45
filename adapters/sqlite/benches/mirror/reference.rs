//! The reference: rows that lie ready in memory, inserted with rusqlite and nothing else.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection,
    types::{ToSqlOutput, Value},
};

/// The table a copy made, and the rows in it.
pub(crate) struct Prepared {
    /// What makes the table and its indexes.
    made_by: Vec<String>,
    insert: String,
    rows: Vec<Vec<Value>>,
    rows_a_page: usize,
}

impl Prepared {
    /// Reads the list's table out of a copy.
    pub(crate) fn read(copy: &Path, rows_a_page: u64) -> Prepared {
        let connection = Connection::open(copy).unwrap();
        let table = table(&connection);
        let made_by = connection
            .prepare("SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY rowid")
            .unwrap()
            .query_map([&table], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let rows = rows(&connection, &table);
        let places: Vec<String> = (1..=rows[0].len()).map(|n| format!("?{n}")).collect();
        Prepared {
            made_by,
            insert: format!("INSERT INTO \"{table}\" VALUES ({})", places.join(", ")),
            rows,
            rows_a_page: usize::try_from(rows_a_page).unwrap(),
        }
    }

    /// Makes the same table in another file.
    pub(crate) fn insert(&self, file: &Path) -> Duration {
        let begin = Instant::now();
        let mut connection = Connection::open(file).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
        for sql in &self.made_by {
            connection.execute_batch(sql).unwrap();
        }
        for page in self.rows.chunks(self.rows_a_page) {
            let open = connection.transaction().unwrap();
            let mut insert = open.prepare_cached(&self.insert).unwrap();
            for row in page {
                for (n, value) in row.iter().enumerate() {
                    insert.raw_bind_parameter(n + 1, ToSqlOutput::Borrowed(value.into())).unwrap();
                }
                insert.raw_execute().unwrap();
            }
            drop(insert);
            open.commit().unwrap();
        }
        drop(connection);
        begin.elapsed()
    }

    /// Whether both files hold the same rows.
    pub(crate) fn check(&self, ours: &Path, copy: &Path) {
        let ours = Connection::open(ours).unwrap();
        assert!(rows(&ours, &table(&Connection::open(copy).unwrap())) == self.rows);
    }
}

fn table(copy: &Connection) -> String {
    copy.query_row("SELECT table_name FROM _mirror", [], |row| row.get(0)).unwrap()
}

fn rows(connection: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY id")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.push((0..columns).map(|n| row.get(n).unwrap()).collect());
    }
    all
}
