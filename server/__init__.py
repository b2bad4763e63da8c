"""What viewers see: the HTTP and WebSocket server, and the snapshot worker.

Reads `demo_state.db` through `projections.engine.reader`, `projections.readmodels` and `projections.state`,
and nothing else: never the log, never the trainer. Writes only snapshots and exports.
"""
