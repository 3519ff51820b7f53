"""Telling people how a night went: digests to departments, failure notices to operators, figures for monitoring."""
