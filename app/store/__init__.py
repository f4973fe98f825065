"""PostgreSQL: engine, sessions, column types, tables."""
