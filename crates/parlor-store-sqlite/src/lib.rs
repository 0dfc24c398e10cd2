//! Store adapter: SQLite
