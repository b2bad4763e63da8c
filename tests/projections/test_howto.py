"""The page on read models: its code works, without a change to another file of the project."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import msgspec
import pytest

from projections.engine.reader import ReadModel
from projections.engine.rebuild import rebuild
from projections.export import export
from projections.readmodels import READ_MODELS, ReadModels
from projections.state import read_parts
from tests.support.events import finished, resumed, saved, started
from tests.support.logs import write_log
from tests.support.read_models import ReadModelKit, project_log
from tests.support.servers import serving_here

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "read-model.md").read_text(encoding="utf-8")
MODULE, TEST = (block.split("```")[0] for block in PAGE.split("```python\n")[1:])


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[ModuleType]:
    """The file of the page, in a package of its own."""
    path = tmp_path / "scratch" / "longest.py"
    path.parent.mkdir()
    path.write_text(MODULE)
    spec = importlib.util.spec_from_file_location("scratch_longest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def read_models(scratch: ModuleType) -> ReadModels:
    """The registry with the line of the page."""
    return (*READ_MODELS, scratch.LongestEpisodes)


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A run of four episodes, the last of them after a crash, projected without the new read model."""
    folder = tmp_path / "run"
    folder.mkdir()
    events = [
        started(), finished(1, 40), finished(2, 30), saved(2, 3), finished(3, 90), resumed(2, 3),
        finished(3, 60), finished(4, 50),
    ]  # fmt: skip
    log = write_log(folder / "events.db", [(event, 1000.0 + n) for n, event in enumerate(events)])
    project_log(log, folder / "demo_state.db")
    return folder


def test_the_pages_own_test_passes(tmp_path: Path, read_models: ReadModels) -> None:
    (tmp_path / "kit").mkdir()
    names: dict[str, Any] = {"started": started, "finished": finished, "resumed": resumed}
    exec(TEST, names)
    names["test_only_episodes_longer_than_all_before_are_kept"](ReadModelKit(tmp_path / "kit", read_models))


def test_rebuild_export_and_as_of(run_dir: Path, tmp_path: Path, read_models: ReadModels) -> None:
    rebuilt = rebuild(run_dir / "demo_state.db", run_dir / "events.db", read_models, ["longest"])
    assert rebuilt.names == ("longest",)
    model = ReadModel(run_dir / "demo_state.db")
    with model.snapshot() as connection:
        assert connection is not None
        rows = connection.execute("SELECT * FROM longest_episodes").fetchall()
        assert rows == [(1, 40), (3, 60)]
        assert export(connection, read_models, "longest", "csv", tmp_path / "all.csv") == 2
        assert (tmp_path / "all.csv").read_text() == "episode_id,survival_time\n1,40\n3,60\n"
        assert export(connection, read_models, "longest", "csv", tmp_path / "cut.csv", as_of=2) == 1
        early, late = (read_parts(connection, episode, read_models) for episode in (2, 4))
        assert early is not None
        assert late is not None
        shown = json.loads(msgspec.json.encode((early["longest"], late["longest"])))
        assert shown == [{"episode_id": 1, "survival_time": 40}, {"episode_id": 3, "survival_time": 60}]
    model.close()


def test_it_is_served_with_the_bounds_of_its_query_function(
    run_dir: Path, tmp_path: Path, read_models: ReadModels
) -> None:
    rebuild(run_dir / "demo_state.db", run_dir / "events.db", read_models, ["longest"])
    (tmp_path / "index.html").write_text("<!doctype html>")
    with (
        serving_here(run_dir, tmp_path, read_models) as address,
        httpx.Client(base_url=f"http://{address}/api", timeout=60) as http,
    ):
        first, second = {"episode_id": 1, "survival_time": 40}, {"episode_id": 3, "survival_time": 60}
        assert http.get("/longest").json() == [first, second]
        assert http.get("/longest?first=2").json() == [second]
        assert http.get("/longest?first=0").status_code == 400
        # the state of the page is what it was
        assert http.get("/state").json()["episode"] == 4


def test_a_rebuild_drops_a_read_model_that_is_not_registered(run_dir: Path, read_models: ReadModels) -> None:
    """Taking the line out of the registry takes the tables out of the file, at the next rebuild."""
    rebuild(run_dir / "demo_state.db", run_dir / "events.db", read_models)
    rebuild(run_dir / "demo_state.db", run_dir / "events.db", READ_MODELS)
    model = ReadModel(run_dir / "demo_state.db")
    with model.snapshot() as connection:
        assert connection is not None
        assert connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'longest_episodes'").get is None
    model.close()
