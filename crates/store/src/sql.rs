//! One SQL text for both engines.
//!
//! Queries are written in the dialect that SQLite (3.35 and later) and PostgreSQL share, with `$n` for values. Every
//! value passes through [`clean`], so both engines store the same thing.

use crate::StoreError;
use chrono::SubsecRound;
use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable, Value};
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The values of a query, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$(sea_orm::Value::from($value)),*] };
}
pub(crate) use values;

/// A row of a query, read by column name.
pub(crate) struct Columns<'a>(&'a QueryResult);

impl Columns<'_> {
    pub(crate) fn get<T: TryGetable>(&self, column: &str) -> Result<T, StoreError> {
        Ok(self.0.try_get("", column)?)
    }

    /// A count or size: never negative.
    pub(crate) fn count<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        let number: i64 = self.get(column)?;
        T::try_from(number).map_err(|_| StoreError::Damaged(format!("{column} = {number}")))
    }

    /// A word of a closed vocabulary.
    pub(crate) fn word<T: FromStr>(&self, column: &str) -> Result<T, StoreError> {
        let word: String = self.get(column)?;
        word.parse().map_err(|_| StoreError::Damaged(format!("{column} = `{word}`")))
    }

    /// A word of a closed vocabulary, or nothing.
    pub(crate) fn word_or_none<T: FromStr>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let word: Option<String> = self.get(column)?;
        word.map(|w| w.parse().map_err(|_| StoreError::Damaged(format!("{column} = `{w}`")))).transpose()
    }

    /// A value that was stored as JSON text.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|e| StoreError::Damaged(format!("{column}: {e}")))
    }
}

/// A type that is read from one row.
pub(crate) trait Row: Sized {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError>;
}

/// A single number, in a column named `n`.
impl Row for i64 {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        row.get("n")
    }
}

/// A single text, in a column named `t`.
impl Row for String {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        row.get("t")
    }
}

/// A word and how often it occurs, in columns named `t` and `n`.
impl Row for (String, i64) {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok((row.get("t")?, row.get("n")?))
    }
}

/// Runs a statement and says how many rows it changed.
pub(crate) async fn run(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected())
}

/// All rows of a query.
pub(crate) async fn all<T: Row>(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<T>, StoreError> {
    let rows = conn.query_all_raw(statement(conn, sql, values)).await?;
    rows.iter().map(|row| T::read(&Columns(row))).collect()
}

/// The first row of a query.
pub(crate) async fn first<T: Row>(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Option<T>, StoreError> {
    let row = conn.query_one_raw(statement(conn, sql, values)).await?;
    row.map(|row| T::read(&Columns(&row))).transpose()
}

/// The one number of a query that always answers.
pub(crate) async fn number(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<i64, StoreError> {
    first(conn, sql, values).await?.ok_or_else(|| StoreError::Damaged(format!("no answer to: {sql}")))
}

/// `$from, $from+1, …` for `count` values.
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

fn statement(conn: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(conn.get_database_backend(), sql, values.into_iter().map(clean))
}

/// PostgreSQL refuses U+0000 in text and keeps microseconds; SQLite would keep both as they are.
fn clean(value: Value) -> Value {
    match value {
        Value::String(Some(text)) if text.contains('\0') => Value::String(Some(text.replace('\0', ""))),
        Value::ChronoDateTimeUtc(Some(time)) => Value::ChronoDateTimeUtc(Some(time.trunc_subsecs(6))),
        other => other,
    }
}
