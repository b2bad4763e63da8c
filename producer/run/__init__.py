"""One run on disk: attempts, checkpoints, the event recorder and writer, status, service units."""
