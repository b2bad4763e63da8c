"""`/api/compare`: runs side by side, as JSON and as CSV, by the same functions as `projections compare`."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, TypeAlias

import anyio
from anyio import to_thread
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from core.errors import StoreError
from projections.compare.comparison import compare_runs
from projections.compare.result import Comparison
from projections.compare.runs import Axis, NamedRun
from projections.compare.tables import as_csv
from projections.runs.catalogue import ListedRun, RunCatalogue
from server.responses import REVALIDATE, JsonResponse

__all__ = ["Comparisons", "compare_routes"]

KEPT = 4
"""Comparisons kept in memory, the newest ones; one of 200 runs takes about ten megabytes."""
SHOWN = 64
"""Characters of an unknown run id that an error shows."""

RunIds: TypeAlias = Annotated[
    list[str] | None,
    QueryParameter(
        name="run", description="Run ids, one parameter for each run; without any, all runs are compared."
    ),
]
Key: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        description="A key of the configuration, or `layout`; without it, runs that differ in the seed only"
        " are a group.",
        max_length=200,
    ),
]
Across: TypeAlias = Annotated[Axis, QueryParameter(description="What the curves are drawn over.")]


class Comparisons:
    """Compares runs of a catalogue, one comparison at a time, and keeps the newest comparisons."""

    def __init__(self, catalogue: RunCatalogue) -> None:
        self._catalogue = catalogue
        # reading 200 runs takes seconds of a core: several viewers together get no more than one
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._kept: dict[object, Comparison] = {}

    async def compare(self, run_ids: Sequence[str], group_by: str | None, axis: Axis) -> Comparison:
        """Compare the runs `run_ids`, all runs of the catalogue without any.

        Raises:
            NotFoundException: no run is shown under one of the ids.
            QueryError: as `compare_runs`.
            StoreError: a read model cannot be read.
        """
        runs = self._find(run_ids)
        key = (tuple(_history(run) for run in runs), group_by, axis)
        async with self._one_at_a_time:
            if key not in self._kept:
                found = await to_thread.run_sync(_compare, runs, group_by, axis)
                self._kept = dict([*self._kept.items(), (key, found)][-KEPT:])
            return self._kept[key]

    def _find(self, run_ids: Sequence[str]) -> list[ListedRun]:
        if not run_ids:
            return self._catalogue.shown()
        found: list[ListedRun] = []
        for run_id in dict.fromkeys(run_ids):
            run = self._catalogue.find(run_id)
            if run is None:
                raise NotFoundException(
                    f"no run {run_id[:SHOWN]} is here; it may have been moved away: choose the runs again in"
                    " the list"
                )
            found.append(run)
        return found


def _history(run: ListedRun) -> object:
    """What decides the numbers of a run: the same projectors at the same positions have read the same log."""
    projectors = run.reading.projectors if run.reading is not None else ()
    return run.folder, run.summary.run_id, tuple((one.name, one.version, one.position) for one in projectors)


def _compare(runs: Sequence[ListedRun], group_by: str | None, axis: Axis) -> Comparison:
    named = [NamedRun(run.folder.name, run.folder.files.read_model) for run in runs]
    try:
        return compare_runs(named, group_by, axis)
    except StoreError as error:
        # viewers read the error: where the folder is on the machine is none of their business
        text = str(error)
        for run in runs:
            text = text.replace(str(run.folder.path), run.folder.name)
        raise StoreError(text) from error


def compare_routes(comparisons: Comparisons) -> list[HTTPRouteHandler]:
    """`/api/compare` and `/api/compare.csv`."""

    @get("/api/compare", response_class=JsonResponse)
    async def compare(run: RunIds = None, group_by: Key = None, axis: Across = "episodes") -> Comparison:
        """Runs side by side: curves, figures and differences with 95 % intervals, differing keys."""
        return await comparisons.compare(run or (), group_by or None, axis)

    @get("/api/compare.csv", media_type="text/csv")
    async def compare_csv(
        run: RunIds = None, group_by: Key = None, axis: Across = "episodes"
    ) -> Response[bytes]:
        """The comparison in one long table, as `projections compare --format csv` prints it."""
        found = await comparisons.compare(run or (), group_by or None, axis)
        headers = {
            "content-disposition": 'attachment; filename="hamlet-compare.csv"',
            "cache-control": REVALIDATE,
        }
        return Response(
            as_csv(found).encode(), status_code=HTTPStatus.OK, headers=headers, media_type="text/csv"
        )

    return [compare, compare_csv]
