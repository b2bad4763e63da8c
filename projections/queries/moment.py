"""As of any episode of the present lineage: metrics, heatmap, garden path, stage, layout, checkpoint.

Windows of history are differences of sums from the beginning, see `projections.sums`.
"""

from typing import Any

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from core.events import WorldMap
from projections.sums import NOVELTY_UNIT, EdgeSums, add_edges, as_fixed_point, read_edges
from projections.views import (
    AffordanceGraph,
    GraphEdge,
    Heatmap,
    Metrics,
    NoveltyFrames,
    Place,
    StageProgress,
    State,
)

WINDOW = 100
"""Episodes of the heatmap, of the garden path and of every mean survival."""

METRICS = (
    "episode_id, timestamp, survival_time, total_reward, extrinsic_reward, intrinsic_reward,"
    " intrinsic_weight, curriculum_stage, epsilon, cause, agent"
)


def state(connection: apsw.Connection, episode: int | None = None) -> State | None:
    """Everything as of the end of `episode`, the newest one without it; None where there is none."""
    if episode is None:
        episode = connection.execute("SELECT max(episode_id) FROM lives").get
    if episode is None:
        return None
    row = connection.execute(
        f"SELECT {METRICS} FROM episodes JOIN lives USING (episode_id) WHERE episode_id = ?", (episode,)
    ).fetchone()
    if row is None:
        return None
    first = max(1, episode - WINDOW + 1)
    return State(
        episode=episode,
        metrics=metrics(row),
        mean_survival=_mean_survival(connection, first, episode),
        heatmap=heatmap(connection, first, episode),
        affordance_graph=affordance_graph(connection, first, episode),
        layout=layout(connection, episode),
        stage=_stage(connection, episode),
        checkpoint=connection.execute(
            "SELECT name FROM checkpoints WHERE episode <= ? ORDER BY episode DESC, position DESC LIMIT 1",
            (episode,),
        ).get,
    )


def metrics(row: tuple[Any, ...]) -> Metrics:
    """Name the columns of `METRICS`."""
    return Metrics(**dict(zip(Metrics.__struct_fields__, row, strict=True)))


def heatmap(connection: apsw.Connection, first: int, last: int) -> Heatmap:
    """Mean visits and novelty per cell over the episodes `first` to `last`."""
    width, height = _size(connection)
    first, last = _clip(connection, "heatmap_episodes", first, last)
    sums = _cell_sums(connection, last, width * height) - _cell_sums(connection, first - 1, width * height)
    means = sums / max(1, last - first + 1) * np.array([[1.0], [NOVELTY_UNIT]])
    visits, novelty = means.reshape(2, height, width)
    return Heatmap(first=first, last=last, visits=visits.tolist(), novelty=novelty.tolist())


def novelty_frames(connection: apsw.Connection, first: int, last: int) -> NoveltyFrames:
    """The novelty of every cell at the end of each episode from `first` to `last` that is there."""
    width, height = _size(connection)
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT episode_id, novelty FROM heatmap_episodes WHERE episode_id BETWEEN ? AND ?"
        " ORDER BY episode_id",
        (first, last),
    ).fetchall()
    return NoveltyFrames(
        episodes=[episode for episode, _ in rows],
        novelty=[
            np.nan_to_num(np.frombuffer(packed, "<f2").astype(np.float64)).reshape(height, width).tolist()
            for _, packed in rows
        ],
    )


def affordance_graph(connection: apsw.Connection, first: int, last: int) -> AffordanceGraph:
    """The transitions between affordances within the episodes `first` to `last`."""
    first, last = max(1, first), max(0, last)
    until, before = _edge_sums(connection, last), _edge_sums(connection, first - 1)
    edges = []
    for (source, target), (uses, weighted, first_seen, last_seen) in sorted(until.items()):
        old_uses, old_weighted, _, _ = before.get((source, target), (0, 0, 0, 0))
        count = uses - old_uses
        if count:
            edges.append(
                GraphEdge(
                    source=source,
                    target=target,
                    count=count,
                    first_seen=first_seen,
                    last_seen=last_seen,
                    mean_episode=(weighted - old_weighted) / count,
                )
            )
    world = _world(connection)
    nodes = tuple(place.name for place in world.affordances) if world is not None else ()
    return AffordanceGraph(first=first, last=last, nodes=nodes, edges=edges)


def layout(connection: apsw.Connection, episode: int) -> list[Place]:
    """Where the affordances stood at the end of `episode`."""
    placements = connection.execute(
        "SELECT placements FROM layouts WHERE episode <= ? ORDER BY position DESC LIMIT 1", (episode,)
    ).get
    if placements is None:
        return []
    cells = msgspec.json.decode(placements, type=dict[str, tuple[int, int]])
    return [Place(name=name, x=x, y=y) for name, (x, y) in cells.items()]


def _mean_survival(connection: apsw.Connection, first: int, last: int) -> float:
    mean = connection.execute(
        "SELECT avg(survival_time) FROM episodes WHERE episode_id BETWEEN ? AND ?", (first, last)
    ).get
    return float(mean or 0.0)


def _stage(connection: apsw.Connection, episode: int) -> StageProgress:
    facts = connection.execute("SELECT config, world FROM run_facts").fetchone()
    config: dict[str, Any] = msgspec.json.decode(facts[0]) if facts is not None else {}
    max_steps = msgspec.json.decode(facts[1], type=WorldMap).max_steps if facts is not None else 0
    curriculum = config.get("curriculum", {})
    changed = connection.execute(
        "SELECT to_stage, episode FROM stage_changes WHERE episode <= ? AND agent IS NULL"
        " ORDER BY position DESC LIMIT 1",
        (episode,),
    ).fetchone()
    stage, after = changed if changed is not None else (curriculum.get("start_stage", 1), 0)
    stages = len(curriculum.get("stages", ())) or 5
    advance = curriculum.get("survival_advance_threshold")
    retreat = curriculum.get("survival_retreat_threshold")
    return StageProgress(
        stage=stage,
        since_episode=after + 1,
        mean_survival=_mean_survival(connection, max(after + 1, episode - WINDOW + 1), episode),
        episodes_in_stage=episode - after,
        advance_at=advance * max_steps if advance is not None and stage < stages else None,
        retreat_at=retreat * max_steps if retreat is not None and stage > 1 else None,
    )


def _world(connection: apsw.Connection) -> WorldMap | None:
    text = connection.execute("SELECT world FROM run_facts").get
    return msgspec.json.decode(text, type=WorldMap) if text is not None else None


def _size(connection: apsw.Connection) -> tuple[int, int]:
    size = connection.execute("SELECT width, height FROM heatmap_town").fetchone()
    return size if size is not None else (8, 8)


def _clip(connection: apsw.Connection, table: str, first: int, last: int) -> tuple[int, int]:
    newest = connection.execute(f"SELECT max(episode_id) FROM {table}").get or 0
    last = min(last, newest)
    return max(1, min(first, last)), last


def _cell_sums(connection: apsw.Connection, episode: int, cells: int) -> npt.NDArray[np.int64]:
    """Sums of visits and fixed-point novelty over the episodes up to `episode`: int64 `[2, cells]`."""
    keyframe = connection.execute(
        "SELECT episode_id, sums FROM heatmap_keyframes WHERE episode_id <= ?"
        " ORDER BY episode_id DESC LIMIT 1",
        (episode,),
    ).fetchone()
    since, sums = 0, np.zeros((2, cells), np.int64)
    if keyframe is not None:
        since, sums = keyframe[0], np.frombuffer(keyframe[1], "<i8").reshape(2, cells)
    rows = connection.execute(
        "SELECT visits, novelty FROM heatmap_episodes WHERE episode_id > ? AND episode_id <= ?",
        (since, episode),
    ).fetchall()
    return sums + as_fixed_point(rows, cells)


def _edge_sums(connection: apsw.Connection, episode: int) -> EdgeSums:
    keyframe = connection.execute(
        "SELECT episode_id, edges FROM visits_keyframes WHERE episode_id <= ?"
        " ORDER BY episode_id DESC LIMIT 1",
        (episode,),
    ).fetchone()
    since, edges = (keyframe[0], read_edges(keyframe[1])) if keyframe is not None else (0, {})
    rows = connection.execute(
        "SELECT from_affordance, to_affordance, sum(visit_count), sum(visit_count * episode_id),"
        " min(episode_id), max(episode_id) FROM affordance_visits"
        " WHERE episode_id > ? AND episode_id <= ? GROUP BY 1, 2",
        (since, episode),
    )
    return add_edges(edges, {(row[0], row[1]): row[2:] for row in rows})
