//! Whole tables, a row at a time.

use postgres::binary_copy::BinaryCopyInWriter;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{ToSql, Type};

use super::{Postgres, Value, failed, parameters, read};
use crate::error::Error;

impl Postgres {
    /// Hands every row of a table to `take`; they are not held.
    pub(crate) fn each_row(
        &mut self,
        table: &str,
        columns: &[&str],
        mut take: impl FnMut(Vec<Value>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let lost = |error: postgres::Error| failed("each_row", &error);
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        let none: [&(dyn ToSql + Sync); 0] = [];
        let mut rows = self.client.query_raw(&sql, none).map_err(lost)?;
        while let Some(row) = rows.next().map_err(lost)? {
            take(read(&row).map_err(lost)?.into_values())?;
        }
        Ok(())
    }

    /// Puts rows into a table, as fast as the server takes them. `give` calls its argument once a row.
    pub(crate) fn put_rows(
        &mut self,
        table: &str,
        columns: &[&str],
        give: impl FnOnce(&mut dyn FnMut(Vec<Value>) -> Result<(), Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let lost = |error: postgres::Error| failed("put_rows", &error);
        let list = columns.join(", ");
        let shape = self.client.prepare(&format!("SELECT {list} FROM {table}"));
        let shape = shape.map_err(lost)?;
        let kinds: Vec<Type> = shape
            .columns()
            .iter()
            .map(|column| column.type_().clone())
            .collect();
        let into = format!("COPY {table} ({list}) FROM STDIN BINARY");
        let writer = self.client.copy_in(&into).map_err(lost)?;
        let mut writer = BinaryCopyInWriter::new(writer, &kinds);
        give(&mut |row| writer.write(&parameters(&row)).map_err(lost))?;
        writer.finish().map_err(lost)?;
        Ok(())
    }
}
