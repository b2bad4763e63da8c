"""The notebook: the run's tables as Parquet, and an analysis of them, executed while the pack is made.

`analysis.py` is the source, as it is reviewed; `analysis.ipynb` and `analysis.html` have the outputs, too.
All of it runs from the folder alone. Executing needs the extra `teaching`; without it only the source and
the tables are there.
"""

import asyncio
import json
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import apsw

from core.errors import StoreError
from core.resources import TEACHING, resource_folder
from projections.export import datasets, export
from projections.pack.notebook_html import html_of
from projections.pack.percent import notebook_of, read_cells
from projections.readmodels import READ_MODELS

SOURCE = "analysis.py"
NEEDED = ("pandas", "matplotlib", "nbclient", "ipykernel")
LEFT_OUT = frozenset({"replays"})
"""Tables that are too large for a pack, and that the notebook does not read."""
CELL_SECONDS = 600
KERNEL = "hamlet-pack"


def can_execute() -> bool:
    """Whether the packages of the extra `teaching` are installed."""
    return all(find_spec(name) is not None for name in NEEDED)


def write_notebook(folder: Path, connection: apsw.Connection, *, execute: bool) -> None:
    """Write source and tables to `folder`, and with `execute` the notebook with its outputs, twice.

    Raises:
        StoreError: a cell failed; the text says which error.
        OSError: a file cannot be written.
    """
    data = folder / "data"
    data.mkdir(parents=True)
    for name in datasets(READ_MODELS):
        if name not in LEFT_OUT:
            export(connection, READ_MODELS, name, "parquet", data / f"{name}.parquet")
    text = (resource_folder(TEACHING) / SOURCE).read_text(encoding="utf-8")
    (folder / SOURCE).write_text(text, encoding="utf-8")
    if not execute:
        return
    notebook = _executed(notebook_of(read_cells(text)), folder)
    (folder / "analysis.ipynb").write_text(
        json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
    )
    (folder / "analysis.html").write_text(html_of(notebook), encoding="utf-8")


def _executed(notebook: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The notebook with the outputs of a kernel of its own, which runs in `folder`."""
    # these packages are there only with the extra
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    with tempfile.TemporaryDirectory() as scratch:
        # a specification of our own: one that a user once installed may start another Python
        spec = Path(scratch) / "kernels" / KERNEL
        spec.mkdir(parents=True)
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (spec / "kernel.json").write_text(
            json.dumps({"argv": command, "display_name": "Python 3", "language": "python"})
        )
        specs = KernelSpecManager(kernel_dirs=[str(spec.parent)])
        manager = AsyncKernelManager(
            kernel_name=KERNEL,
            kernel_spec_manager=specs,
            # sockets in a folder of our own, since loopback ports may be forbidden
            transport="ipc",
            connection_file=str(Path(scratch) / "kernel.json"),
        )
        node = nbformat.from_dict(notebook)
        client = NotebookClient(
            node,
            km=manager,
            timeout=CELL_SECONDS,
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
        )
        surroundings = {
            **os.environ,
            "IPYTHONDIR": scratch,
            "JUPYTER_RUNTIME_DIR": scratch,
            "MPLCONFIGDIR": scratch,
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

        async def execute() -> None:
            try:
                await client.async_execute(env=surroundings)
            finally:
                # the client leaves a kernel that it did not make
                await manager.shutdown_kernel(now=True)

        try:
            asyncio.run(execute())
        except (CellControlSignal, DeadKernelError) as error:
            raise StoreError(f"the notebook cannot be executed: {error}") from error
    executed: dict[str, Any] = json.loads(json.dumps(node))
    executed["metadata"] = notebook["metadata"]
    for cell in executed["cells"]:
        cell["metadata"] = {}
    return executed
