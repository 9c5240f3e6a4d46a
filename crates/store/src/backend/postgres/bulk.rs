//! Whole tables, a row at a time.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use postgres::types::{ToSql, Type};
use tokio_postgres::binary_copy::BinaryCopyInWriter;

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
        let rows = self
            .client
            .wait(async |client| client.query_raw(&sql, none).await)
            .map_err(lost)?;
        let mut rows = pin!(rows);
        while let Some(row) = self
            .client
            .wait(async |_| rows.try_next().await)
            .map_err(lost)?
        {
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
        let shape = format!("SELECT {list} FROM {table}");
        let shape = self
            .client
            .wait(async |client| client.prepare(&shape).await);
        let shape = shape.map_err(lost)?;
        let kinds: Vec<Type> = shape
            .columns()
            .iter()
            .map(|column| column.type_().clone())
            .collect();
        let into = format!("COPY {table} ({list}) FROM STDIN BINARY");
        let client = &mut self.client;
        let sink = client.wait(async |client| client.copy_in(&into).await);
        let mut writer = pin!(BinaryCopyInWriter::new(sink.map_err(lost)?, &kinds));
        give(&mut |row| {
            let row = parameters(&row);
            let written = client.wait(async |_| writer.as_mut().write(&row).await);
            written.map_err(lost)
        })?;
        client
            .wait(async |_| writer.as_mut().finish().await)
            .map_err(lost)?;
        Ok(())
    }
}
