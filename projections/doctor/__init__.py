"""Checks a run without changing it: reports what is wrong and what to do.

Every file is opened read-only, so the doctor may check a run that is going on. The checks are in the modules
of this package; each yields findings, of what is sound too.
"""

from collections.abc import Iterator, Sequence

import apsw

from core.errors import StoreError
from core.log import LogReader
from core.process.sqlite import open_reader, require_safe_library
from core.process.whole_file import close_reader
from core.run_directory import RunDirectory
from projections.doctor.checkpoints import examine_checkpoints
from projections.doctor.comparison import SUBJECT, compare
from projections.doctor.findings import Finding, ok, problem
from projections.doctor.log import RESTORE, examine_log
from projections.doctor.readmodels import examine_read_model
from projections.engine.projector import Projector

__all__ = ["Finding", "examine"]


def examine(
    run: RunDirectory, projectors: Sequence[type[Projector]], quick: bool, thorough: bool = False
) -> Iterator[Finding]:
    """Every finding, one after the other; `quick` checks samples where a full check would take long.

    `thorough` projects the log once more and compares every row, which takes as long as a rebuild.
    """
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
        if thorough and run.read_model.exists():
            yield from _compare(run, projectors)
    except apsw.Error as error:
        yield problem("log", f"{run.events}: cannot be read ({error})", RESTORE)
    except StoreError as error:
        yield problem("log", str(error), RESTORE)
    finally:
        log.close()


def _compare(run: RunDirectory, projectors: Sequence[type[Projector]]) -> Iterator[Finding]:
    try:
        connection = open_reader(run.read_model)
    except StoreError:
        # `examine_read_model` has reported it
        return
    try:
        connection.execute("BEGIN")
        yield compare(connection, run.events, projectors)
    except (apsw.Error, StoreError, UnicodeDecodeError) as error:
        yield problem(SUBJECT, f"cannot be compared ({error})", "`projections rebuild`")
    finally:
        close_reader(connection, run.read_model)


def _library(version: str) -> Finding:
    try:
        require_safe_library(version)
    except StoreError as error:
        return problem("SQLite", str(error), "pip install --upgrade apsw")
    return ok("SQLite", version)
