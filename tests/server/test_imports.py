"""What the server may not load: it must start in a moment, on a machine without the trainer's libraries."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["server.process", "server.snapshots.process", "server.schema"])
def test_no_process_of_the_server_loads_the_trainers_libraries(module: str) -> None:
    program = (
        f"import sys, {module}\n"
        "heavy = {'torch', 'gymnasium', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert loaded.returncode == 0, loaded.stderr
