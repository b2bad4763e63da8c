"""Read models: projectors that fill `demo_state.db` from the log, and the queries readers may ask of it.

Reads the log, never writes it; knows neither the trainer nor the server.
"""
