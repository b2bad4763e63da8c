"""Read models: projectors that fill `demo_state.db` from the log, and the query functions for readers.

This package reads the log and never writes it; it knows neither the trainer nor the server.
"""
