#!/bin/sh
# Start trainer, projector, server and snapshot worker together; Ctrl-C or closing the terminal stops all four.
#
# RUN_DIR, PORT, CONFIG and EPISODES come from the Makefile. With EPISODES the demo ends when that many
# episodes are trained and shown; without, the page stays up until Ctrl-C.
set -u
mkdir -p "$RUN_DIR"
# honcho gives every process a PORT of its own, so ours goes by the server's variable
export PYTHONUNBUFFERED=1 HAMLET_VIZ_PORT="$PORT" ADDRESS="http://127.0.0.1:$PORT" RUN_DIR CONFIG EPISODES
export HAMLET_BROWSER_URL="$ADDRESS"

echo "Hamlet trains in $RUN_DIR and shows itself at $ADDRESS (Ctrl-C ends everything)"
exec python configs/demo/together.py configs/demo/Procfile
