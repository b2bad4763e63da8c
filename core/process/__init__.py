"""Process plumbing, one module each: locks, memory, signals, retries, logs, command line, SQLite."""
