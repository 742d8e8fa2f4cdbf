//! Opening a database, and the two ways to use it: reading, and writing in a transaction.

use crate::migration::Migrator;
use crate::sql::{run, values};
use crate::{Store, StoreError};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a writer waits for the lock of another process on the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a task waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections for reading.
const READERS: u32 = 8;
/// Connections for writing on PostgreSQL. They have a pool of their own, so that writers who wait for each other do
/// not keep readers waiting.
const WRITERS: u32 = 4;
/// Password hashes computed at the same time; each takes 19 MiB.
const HASHES_AT_ONCE: usize = 2;
/// Key of the PostgreSQL advisory lock that serial writers hold until they commit.
const SERIAL_LOCK: i64 = 0x6775_616e_6c61_6e00;

impl Store {
    /// Opens `sqlite:PATH` (the path as it is, created when missing) or `postgres://…` and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Address`] for any other address, [`StoreError::NewerSchema`] when a newer program has written the
    /// database, [`StoreError::Database`] when it cannot be reached or written.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        let (reader, writer) = connect(url).await?;
        let store = Store { reader, writer, hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)) };
        store.migrate().await?;
        Ok(store)
    }

    /// Does not touch a database that is up to date, so that reading works where writing cannot.
    async fn migrate(&self) -> Result<(), StoreError> {
        let pending = Migrator::get_pending_migrations_read_only(&self.reader).await.map_err(newer_schema)?;
        if pending.is_empty() {
            return Ok(());
        }
        let tx = self.write_serial().await?;
        Migrator::up(&tx, None).await.map_err(newer_schema)?;
        Ok(tx.commit().await?)
    }

    /// A transaction for writing. On SQLite it holds the one write connection and has the lock from its first moment.
    /// Dropped without a commit, it changes nothing.
    pub(crate) async fn write(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }

    /// Like [`Store::write`], and one at a time on PostgreSQL as well: for stories, alerts and the audit chain, which
    /// are read before they are written.
    pub(crate) async fn write_serial(&self) -> Result<DatabaseTransaction, StoreError> {
        let tx = self.write().await?;
        if self.backend() == DbBackend::Postgres {
            run(&tx, "SELECT pg_advisory_xact_lock($1)", values![SERIAL_LOCK]).await?;
        }
        Ok(tx)
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }
}

/// A pool for reading and a pool for writing. SQLite has one writer at a time, so the second pool has one connection
/// and the waiting happens in the pool, not in the database.
async fn connect(url: &str) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let reader = Database::connect(pool_options(url, READERS)).await?;
        return Ok((reader, Database::connect(pool_options(url, WRITERS)).await?));
    }
    let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    let Some(path) = path.filter(|path| !path.is_empty() && !path.starts_with(':')).map(str::to_owned) else {
        return Err(StoreError::Address(url.to_owned()));
    };
    // The path is set on the options: in an address, `%` and `?` would mean something else.
    let file = sqlite_options(SqliteConnectOptions::new().filename(path));
    let mut writing = pool_options("sqlite:", 1);
    let created = file.clone().create_if_missing(true);
    writing.map_sqlx_sqlite_opts(move |_| created.clone());
    let writer = Database::connect(writing).await?;
    let mut reading = pool_options("sqlite:", READERS);
    let query_only = file.pragma("query_only", "ON");
    reading.map_sqlx_sqlite_opts(move |_| query_only.clone());
    Ok((Database::connect(reading).await?, writer))
}

fn pool_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
    options
}

/// Set on the options, not by a statement: a statement would reach one connection of the pool only.
fn sqlite_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging()
}

/// The migrator reports an unknown applied migration as text only.
fn newer_schema(error: DbErr) -> StoreError {
    match error {
        DbErr::Custom(message) if message.contains("its file is missing") => StoreError::NewerSchema(message),
        other => StoreError::Database(other),
    }
}
