"""Alembic's folder: the environment and, under `versions`, every step of the schema."""
