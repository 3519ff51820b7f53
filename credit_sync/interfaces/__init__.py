"""Interfaces of others that rows are written to, over HTTP or into tables: shared by publishing and writing back."""
