"""PostgreSQL: engine, sessions, the one clock, the embedded server, migrations, backups."""
