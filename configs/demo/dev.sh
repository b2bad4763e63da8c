#!/bin/sh
# Start a short run, its projector, the server, and the dashboard with hot reload, in one terminal; Ctrl-C ends all.
#
# RUN_DIR, PORT and CONFIG come from the Makefile. A change under frontend/src shows at once; a change of Python code
# shows after Ctrl-C and another `make dev`, which resumes the run.
set -u
mkdir -p "$RUN_DIR"
export PYTHONUNBUFFERED=1 HAMLET_VIZ_PORT="$PORT" ADDRESS="http://127.0.0.1:5173" RUN_DIR CONFIG EPISODES=
export HAMLET_SERVER="http://127.0.0.1:$PORT"

echo "The dashboard with hot reload is at $ADDRESS; the server it asks is at $HAMLET_SERVER (Ctrl-C ends everything)"
exec python configs/demo/together.py configs/demo/Procfile.dev
