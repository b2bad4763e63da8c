#!/bin/sh
# The demo's trainer: train, then keep the page up for looking back, or, with EPISODES, show it once and end.
set -eu

if [ -z "$EPISODES" ]; then
    producer run --config "$CONFIG" --run-dir "$RUN_DIR"
    echo "Training is over; the page stays up at $ADDRESS until Ctrl-C"
    exec sleep infinity
fi

producer run --config "$CONFIG" --run-dir "$RUN_DIR" --episodes "$EPISODES"
# The snapshot worker writes the final export once the read models have caught up with the end of the run.
waited=0
until [ -e "$RUN_DIR/exports/final_metrics.csv" ]; do
    [ "$waited" -lt 120 ] || { echo "error: no $RUN_DIR/exports/final_metrics.csv after 120 s" >&2; exit 1; }
    sleep 1
    waited=$((waited + 1))
done
server snapshots --run-dir "$RUN_DIR" --once screenshot
echo "Shown: $ADDRESS, its picture is the newest in $RUN_DIR/snapshots"
