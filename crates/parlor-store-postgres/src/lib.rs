//! Store adapter: PostgreSQL
