"""Looks a run over without touching it; says what is wrong and what to do.

Everything is opened read-only, so a doctor may come while the run goes on. The examinations are in the files
beside this one; each yields findings, the sound ones too.
"""

from collections.abc import Iterator, Sequence

import apsw

from core.errors import StoreError
from core.log import LogReader
from core.run_directory import RunDirectory
from core.sqlite import require_safe_library
from projections.doctor.checkpoints import examine_checkpoints
from projections.doctor.findings import Finding, ok, problem
from projections.doctor.log import RESTORE, examine_log
from projections.doctor.readmodels import examine_read_model
from projections.projector import Projector

__all__ = ["Finding", "examine"]


def examine(run: RunDirectory, projectors: Sequence[type[Projector]], quick: bool) -> Iterator[Finding]:
    """Every finding, one after the other; `quick` looks at samples where all would take long."""
    yield _library(apsw.sqlite_lib_version())
    try:
        log = LogReader(run.events)
    except StoreError as error:
        yield problem("log", str(error), RESTORE)
        return
    try:
        yield from examine_log(run.events, log, quick)
        yield from examine_checkpoints(run.checkpoints, log, quick)
        yield from examine_read_model(run.read_model, log, projectors, quick)
    except apsw.Error as error:
        yield problem("log", f"{run.events}: cannot be read ({error})", RESTORE)
    finally:
        log.close()


def _library(version: str) -> Finding:
    try:
        require_safe_library(version)
    except StoreError as error:
        return problem("SQLite", str(error), "pip install --upgrade apsw")
    return ok("SQLite", version)
