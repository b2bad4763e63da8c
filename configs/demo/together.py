"""Run the processes of a Procfile together: `together.py PROCFILE`.

All of them end when one of them ends, at Ctrl-C, at SIGTERM, and when the terminal is closed (SIGHUP, unless
it is ignored, as under `nohup`). honcho starts and ends the processes, in a session of its own: a closed
terminal must not end honcho before honcho has ended the processes. Lines that the terminal does not take are
dropped.
"""

import signal
import subprocess
import sys
from types import FrameType

from core.process.output import protect_errors, protect_output
from core.process.signals import shutdown_signals


def main(procfile: str) -> int:
    """Run until all processes have ended; the exit code of the first one, 0 if the end was asked for."""
    protect_errors()
    protect_output()
    honcho: subprocess.Popen[str] | None = None
    asked = False

    def end(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        if honcho is not None:
            honcho.terminate()

    for number in shutdown_signals():
        signal.signal(number, end)
    honcho = subprocess.Popen(
        ["honcho", "--procfile", procfile, "--app-root", ".", "start"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    if asked:
        honcho.terminate()
    assert honcho.stdout is not None
    for line in honcho.stdout:
        print(line, end="", flush=True)
    code = honcho.wait()
    return 0 if asked else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
