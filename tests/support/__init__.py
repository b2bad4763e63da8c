"""Helpers that several suites import: processes, logs, read models, servers, and synthetic runs."""
