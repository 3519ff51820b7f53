"""The store: tables, migrations and queries. SQLAlchemy Core; SQLite by default, PostgreSQL for real."""
