"""What every read model must keep, whatever it shows: pure, exactly once, rewound by a resume."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import apsw
import msgspec
import pytest

from core.codec import Recorded
from projections.engine.projector import Projector
from projections.engine.reader import ReadModel
from projections.engine.route import QueryError, Route
from projections.readmodels import READ_MODELS
from projections.readmodels.affordances import read_affordance_graph
from projections.readmodels.attempts import read_attempts
from projections.readmodels.behaviour_page import read_behaviours
from projections.readmodels.heatmap import read_heatmap
from projections.readmodels.replays import read_replay
from projections.readmodels.series import read_series
from projections.state import State, read_state, routes
from tests.support import synthetic
from tests.support.logs import without_crashes, write_log
from tests.support.read_models import dump, project_log

Timed = tuple[Any, float]
SPECIFIED_TABLES = ("episodes", "affordance_visits", "position_heatmap", "system_state")


@pytest.fixture(scope="module")
def crashed_log(tmp_path_factory: pytest.TempPathFactory, events_with_crashes: list[Timed]) -> Path:
    return write_log(tmp_path_factory.mktemp("crashed") / "events.db", events_with_crashes)


def uneven(events: list[Recorded]) -> Iterator[list[Recorded]]:
    """Batches of all sizes, whose borders fall inside episodes, resumes and checkpoints."""
    rng = random.Random(5)
    while events:
        size = rng.choice([1, 1, 2, 3, 7, 50, 333])
        yield events[:size]
        events = events[size:]


@pytest.mark.parametrize("projector", READ_MODELS, ids=lambda projector: projector.name)
def test_batches_do_not_show(
    projector: type[Projector],
    crashed_log: Path,
    tmp_path: Path,
) -> None:
    whole = project_log(crashed_log, tmp_path / "whole.db", [projector])
    pieces = project_log(crashed_log, tmp_path / "pieces.db", [projector], uneven)
    assert dump(pieces) == dump(whole)


def test_a_projector_is_the_same_alone_and_among_others(crashed_log: Path, tmp_path: Path) -> None:
    together = apsw.Connection(str(project_log(crashed_log, tmp_path / "together.db")))
    for projector in READ_MODELS:
        alone = apsw.Connection(str(project_log(crashed_log, tmp_path / f"{projector.name}.db", [projector])))
        for table in projector.tables_owned:
            select = f'SELECT * FROM "{table}"'
            assert alone.execute(select).fetchall() == together.execute(select).fetchall()
        alone.close()
    together.close()


def test_five_crashes_leave_the_same_tables_as_the_uninterrupted_run(
    crashed_log: Path,
    events_without_crashes: list[Timed],
    tmp_path: Path,
) -> None:
    straight_log = write_log(tmp_path / "straight.db", events_without_crashes)
    crashed = project_log(crashed_log, tmp_path / "crashed_model.db")
    plain = project_log(straight_log, tmp_path / "straight_model.db")
    one, other = (apsw.Connection(str(path)) for path in (crashed, plain))
    for table in SPECIFIED_TABLES:
        rows = one.execute(f"SELECT * FROM {table}").fetchall()
        assert rows
        assert rows == other.execute(f"SELECT * FROM {table}").fetchall(), table
    for query in (read_behaviours, lambda c: read_series(c, "survival_time", points=50)):
        assert query(one) == query(other)
    assert len(read_attempts(one)) == 6
    one.close()
    other.close()


def up_to(events: Iterable[Timed], episode: int) -> list[Timed]:
    """The events of a straight story before the end of the episode after `episode`."""
    kept: list[Timed] = []
    for event, recorded_at in events:
        if type(event).__name__ == "EpisodeFinished" and event.episode > episode:
            break
        kept.append((event, recorded_at))
    return kept


@pytest.mark.thorough
@pytest.mark.parametrize(
    "episode", [1, 2, 19, 20, 63, 64, 65, 100, 128, 150, 199, 200, 201, 255, 333, 399, 400]
)
def test_as_of_an_episode_equals_a_fresh_replay_up_to_it(
    episode: int,
    crashed_log: Path,
    events_without_crashes: list[Timed],
    tmp_path: Path,
) -> None:
    everything = ReadModel(project_log(crashed_log, tmp_path / "all.db"))
    log = write_log(tmp_path / "past_events.db", up_to(events_without_crashes, episode))
    past = ReadModel(project_log(log, tmp_path / "past.db"))
    with everything.snapshot() as now, past.snapshot() as then:
        assert now is not None
        assert then is not None
        assert read_state(now, episode) == read_state(then)
        first = max(1, episode - 37)
        assert read_heatmap(now, first, episode) == read_heatmap(then, first, episode)
        assert read_affordance_graph(now, first, episode) == read_affordance_graph(then, first, episode)
    everything.close()
    past.close()


@pytest.mark.thorough
@pytest.mark.parametrize(("checkpoint_every", "seed"), [(7, 11), (35, 12), (75, 13)])
def test_nine_crashes_whatever_the_distance_of_the_checkpoints(
    checkpoint_every: int,
    seed: int,
    tmp_path: Path,
) -> None:
    """Several crashes before the first checkpoint, several from the same one, one right after the move."""
    story = synthetic.Scenario(
        episodes=150, resumes=9, seed=seed, checkpoint_every=checkpoint_every, episodes_per_pool=10
    )
    events_with_crashes = list(synthetic.generate_events(story))
    stories = {"crashed": events_with_crashes, "straight": without_crashes(events_with_crashes)}
    crashed, plain = (
        apsw.Connection(
            str(
                project_log(write_log(tmp_path / f"{name}.log", events_with_crashes), tmp_path / f"{name}.db")
            )
        )
        for name, events_with_crashes in stories.items()
    )
    for table in (
        *SPECIFIED_TABLES,
        "heatmap_keyframes",
        "visits_keyframes",
        "series_blocks",
        "survival_means",
    ):
        select = f"SELECT * FROM {table}"
        assert crashed.execute(select).fetchall() == plain.execute(select).fetchall(), table
    for episode in range(1, 151):
        assert read_state(crashed, episode) == read_state(plain, episode)
        one, other = (read_replay(connection, episode) for connection in (crashed, plain))
        assert one is not None
        assert other is not None
        assert (one.path, one.layout, one.uses, one.meters) == (
            other.path,
            other.layout,
            other.uses,
            other.meters,
        )
    crashed.close()
    plain.close()


def test_every_part_of_the_state_has_the_type_that_its_read_model_gives() -> None:
    """`State` names the parts that the page draws; each of them is one read model's `as_of`."""
    parts = {part.name: part.query for read_model in READ_MODELS for part in read_model.as_of}
    fields = get_type_hints(State, include_extras=True)
    assert set(fields) - {"episode", "window"} <= set(parts)
    for name, field in fields.items():
        if name in parts:
            given = get_type_hints(parts[name], include_extras=True)["return"]
            # an episode that is there has metrics
            assert given in (field, field | None), name


def test_no_two_read_models_share_a_name() -> None:
    for names in (
        [table for read_model in READ_MODELS for table in read_model.tables_owned],
        [read_model.name for read_model in READ_MODELS],
        [dataset.name for read_model in READ_MODELS for dataset in read_model.datasets],
        [found.path for found in routes(READ_MODELS)],
        [part.name for read_model in READ_MODELS for part in read_model.as_of],
    ):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("found", routes(READ_MODELS), ids=lambda found: found.path)
def test_a_route_explains_itself_and_refuses_what_is_out_of_bounds(found: Route) -> None:
    assert len(found.summary) > 10
    msgspec.json.schema_components([found.result])
    for parameter in found.parameters:
        if parameter.required:
            with pytest.raises(QueryError, match=f"the parameter {parameter.name} is required"):
                found.arguments({})
        if parameter.name in ("episode", "first", "last", "points", "limit", "attempt"):
            others = {other.name: "1" for other in found.parameters if other.required}
            with pytest.raises(QueryError, match=f"{parameter.name}=0"):
                found.arguments(others | {parameter.name: "0"})
