#!/bin/sh
# Refuse an interpreter that is too old, or cannot make virtual environments, with a sentence that says what to do.
set -u
python=${1:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "error: $python is not Python 3.11 or later; name one with make PYTHON=/path/to/python3.11" >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || configs/setup/install-missing.sh python3-venv || exit 1
node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "error: Node.js 20 or later is needed to build the dashboard; install it and try again" >&2
    exit 1
}
