"""Streams that drop what cannot be written, on real pipes and /dev/full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.process.output import LossyStream

PROGRAM = """
import sys
from core.process.output import protect_errors, protect_output
protect_errors()
protect_output()
for number in range(1000):
    print("a line of a process that runs for days", number, flush=True)
    print("a warning", number, file=sys.stderr)
with open(sys.argv[1], "w") as file:
    file.write("all of the work is done\\n")
sys.exit(3)
"""


@pytest.mark.parametrize("where", [">/dev/full 2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-", "2>&1 | head -1"])
def test_work_goes_on_wherever_the_lines_go(tmp_path: Path, where: str) -> None:
    command = f'"{sys.executable}" -c "$PROGRAM" "{tmp_path}/done" {where}; echo "${{PIPESTATUS[0]}}"'
    shell = subprocess.run(
        ["bash", "-c", command], env=os.environ | {"PROGRAM": PROGRAM}, capture_output=True, text=True
    )
    assert shell.stdout.splitlines()[-1] == "3", shell.stderr
    assert "Traceback" not in shell.stderr
    assert (tmp_path / "done").read_text() == "all of the work is done\n"


def test_a_reader_that_does_not_read_delays_no_line_and_gets_the_number_of_dropped_ones() -> None:
    reader, writer = os.pipe()
    stream = LossyStream(writer)
    for number in range(5_000):
        print(f"line {number} of very many that fill the pipe", file=stream)
    os.set_blocking(reader, False)
    heard = os.read(reader, 1 << 20).decode()
    print("read again", file=stream)
    resumed = os.read(reader, 1 << 20).decode().splitlines()
    os.close(reader)
    os.close(writer)
    lines = heard.splitlines()
    assert lines == [f"line {number} of very many that fill the pipe" for number in range(len(lines))]
    assert resumed == [f"({5_000 - len(lines)} lines could not be written here)", "read again"]


def test_what_is_written_arrives_whole() -> None:
    reader, writer = os.pipe()
    stream = LossyStream(writer)
    stream.write("half ")
    stream.write("a line\nand ")
    assert os.read(reader, 100) == b"half a line\n"
    stream.flush()
    assert os.read(reader, 100) == b"and "
    os.close(reader)
    print("nobody reads this", file=stream)
    os.close(writer)
    print("not even a descriptor is left", file=stream)
