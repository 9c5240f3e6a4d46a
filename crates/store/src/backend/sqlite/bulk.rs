//! Whole tables, a row at a time.

use super::{Sqlite, Value, failed, value_of};
use crate::error::Error;

impl Sqlite {
    /// Hands every row of a table to `take`; they are not held.
    pub(crate) fn each_row(
        &self,
        table: &str,
        columns: &[&str],
        mut take: impl FnMut(Vec<Value>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let lost = |error: rusqlite::Error| failed("each_row", &error);
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        let mut prepared = self.connection.prepare(&sql).map_err(lost)?;
        let mut rows = prepared.query([]).map_err(lost)?;
        while let Some(row) = rows.next().map_err(lost)? {
            let values = (0..columns.len()).map(|at| row.get_ref(at).map(value_of));
            take(values.collect::<rusqlite::Result<_>>().map_err(lost)?)?;
        }
        Ok(())
    }

    /// Puts one row into a table.
    pub(crate) fn put_row(
        &self,
        table: &str,
        columns: &[&str],
        row: &[Value],
    ) -> Result<(), Error> {
        let places: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES ({})",
            columns.join(", "),
            places.join(", ")
        );
        let put = || {
            let mut prepared = self.connection.prepare_cached(&sql)?;
            prepared.execute(rusqlite::params_from_iter(row))
        };
        put().map_err(|error| failed("put_row", &error))?;
        Ok(())
    }
}
