//! The database: SQLite by default, PostgreSQL for many workers.
