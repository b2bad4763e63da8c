"""Runs side by side: what is a group, what counts as a seed, and what must never change a number."""

from pathlib import Path

import numpy as np
import pytest

from projections.compare import Comparison, Group, compare
from projections.compare.runs import grid
from projections.engine.route import QueryError
from tests.support.many_runs import write_branch, write_run

KEY = "population.learning_rate"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five slow and five fast runs, seeds 0 to 4 each, and one run that is shorter."""
    folder = tmp_path_factory.mktemp("runs")
    for seed in range(5):
        write_run(folder / f"slow{seed}", seed, 100 + seed, settings={KEY: 0.001})
        write_run(folder / f"fast{seed}", seed, 150 + seed, settings={KEY: 0.01})
    return folder


def group(comparison: Comparison, label: str) -> Group:
    (found,) = [one for one in comparison.groups if label in one.label]
    return found


def test_runs_that_differ_in_the_seed_only_are_a_group(runs: Path) -> None:
    found = compare([], runs)
    assert sorted(len(one.run_ids) for one in found.groups) == [5, 5]
    slow = group(found, "0.001").figures["final_survival"]
    assert (slow.n, slow.mean, slow.iqm, slow.smallest) == (5, 102.0, 102.0, 100.0)
    (difference,) = [one for one in found.differences if one.figure == "final_survival"]
    assert abs(difference.difference.difference or 0.0) == 50.0
    assert difference.difference.verdict in ("higher", "lower")
    assert not difference.difference.paired


def test_uses_of_an_affordance_are_counted_per_episode(runs: Path) -> None:
    found = compare([], runs)
    assert {one.figures["uses:Bed"].mean for one in found.groups} == {1.0}
    assert {one.figures["uses:Fridge"].mean for one in found.groups} == {0.0}


def test_the_configuration_is_compared_key_by_key(runs: Path) -> None:
    found = {one.key: one.values for one in compare([], runs).configuration}
    assert set(found) == {KEY, "experiment.seed"}
    assert found[KEY]["slow0".ljust(26, "x")] == 0.001


def test_grouping_and_order_change_no_number(runs: Path) -> None:
    by_default = compare([], runs)
    by_key = compare(sorted((path.name for path in runs.iterdir()), reverse=True), runs, KEY)
    for label in ("0.001", "0.01"):
        one, other = (
            next(found for found in comparison.groups if found.label.endswith(label))
            for comparison in (by_default, by_key)
        )
        assert one.figures == other.figures
        assert one.bands == other.bands
    curves = [{run.run_id: (run.curves, run.colour) for run in found.runs} for found in (by_default, by_key)]
    assert curves[0] == curves[1]


def test_a_longer_run_beside_changes_no_value_at_a_point(runs: Path, tmp_path: Path) -> None:
    long = write_run(tmp_path / "long", 9, episodes=1_000)
    alone = compare([], runs)
    together = compare([*sorted(runs.iterdir()), long])
    assert (alone.grid[1], together.grid[1]) == (2, 10)
    values = dict(zip(alone.grid, alone.runs[0].curves["survival"], strict=True))
    (again,) = [run for run in together.runs if run.run_id == alone.runs[0].run_id]
    for at, value in zip(together.grid, again.curves["survival"], strict=True):
        assert value == (values[at] if at <= 120 else None)
    assert together.reach[0] == 11
    assert together.reach[-1] == 1


def test_the_axis_of_agent_steps_takes_the_newest_finished_episode(runs: Path) -> None:
    found = compare([], runs, axis="agent-steps")
    assert found.runs[0].agent_steps == 120 * 10 * 2  # vector steps of two agents
    first = found.runs[0].curves["survival"][found.grid.index(20 * (20 // found.grid[0])) :]
    assert first[0] is not None
    assert found.grid[-1] <= 2_400


def test_grid_points_are_round_and_few() -> None:
    for longest in (1, 7, 120, 201, 10_000, 123_456, 10_000_000):
        points = grid(longest)
        assert 1 <= points.size <= 200
        assert points[-1] <= longest
        assert set(np.diff(points).tolist()) <= {int(points[0])}
    assert grid(10_000)[0] == 50


def test_branches_of_one_parent_are_no_independent_seeds(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / "parent", 0)]
    folders += [write_branch(tmp_path / f"branch{k}", 0, 60, 100 + 10 * k) for k in range(6)]
    folders += [write_run(tmp_path / f"other{seed}", seed) for seed in (1, 2)]
    found = compare(folders)
    history, seeds = sorted(found.groups, key=lambda one: not one.one_history)
    assert (history.one_history, len(history.run_ids)) == (True, 7)
    assert (seeds.one_history, len(seeds.run_ids)) == (False, 2)
    assert any("share a history" in note for note in found.notes)
    assert {one.difference.verdict for one in found.differences} == {"too few seeds"}
    branch = next(run for run in found.runs if run.name == "branch3")
    assert (branch.parent_run_id, branch.split_at) == ("parent".ljust(26, "x"), 60)
    parent = found.runs[0]
    shared = sum(at <= 60 for at in found.grid)
    assert branch.curves["survival"][:shared] == parent.curves["survival"][:shared]
    assert branch.curves["survival"][-1] != parent.curves["survival"][-1]


def test_a_history_that_runs_share_is_drawn_once(tmp_path: Path) -> None:
    parent = write_run(tmp_path / "parent", 0)
    early = write_branch(tmp_path / "early", 0, 40, 150)
    late = write_branch(tmp_path / "late", 0, 80, 150)
    for axis, steps in (("episodes", 1), ("agent-steps", 20)):
        with_parent = {run.name: run for run in compare([late, parent, early], axis=axis).runs}
        assert (with_parent["parent"].drawn_with, with_parent["parent"].drawn_from) == (None, 0)
        found = compare([early, late], axis=axis)
        without = {run.name: run for run in found.runs}
        assert (without["late"].drawn_with, without["late"].drawn_from) == (None, 0)
        for run in (with_parent["early"], with_parent["late"], without["early"]):
            assert run.drawn_with is not None
        assert without["early"].drawn_with == without["late"].run_id
        assert (
            found.grid[without["early"].drawn_from]
            <= 40 * steps
            < found.grid[without["early"].drawn_from + 1]
        )
    last = with_parent["early"].drawn_from
    assert with_parent["early"].curves["survival"][last] == with_parent["parent"].curves["survival"][last]


def test_groups_with_one_branch_of_each_parent_are_compared_in_pairs(tmp_path: Path) -> None:
    runs = [
        write_branch(
            tmp_path / f"{arm}{seed}",
            seed,
            at=60,
            after=steps + 40 * seed,
            settings={KEY: arm},
            parent=f"parent{seed}",
        )
        for seed in range(5)
        for arm, steps in (("off", 120), ("on", 130))
    ]
    found = compare(runs, group_by=KEY)
    assert [(one.label, one.one_history) for one in found.groups] == [
        (f"{KEY} = off", False),
        (f"{KEY} = on", False),
    ]
    (final,) = [one.difference for one in found.differences if one.figure == "final_survival"]
    # the last 100 of 120 episodes, 60 of them after the branch point
    assert (final.paired, final.n_first, final.verdict) == (True, 5, "higher")
    assert final.difference == pytest.approx(6.0)
    assert any("in 5 pairs" in note for note in found.notes)


def test_one_seed_twice_is_one_experiment(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, 3) for name in ("once", "again")]
    found = compare(runs)
    assert [one.one_history for one in found.groups] == [True]


def test_few_runs_get_dots_and_no_verdict(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / f"a{seed}", seed, 100, settings={KEY: 1}) for seed in range(3)]
    runs += [write_run(tmp_path / f"b{seed}", seed, 300 + seed, settings={KEY: 2}) for seed in range(3)]
    found = compare(runs)
    assert {one.difference.verdict for one in found.differences} == {"too few seeds"}
    assert sum("Too few seeds" in note for note in found.notes) == 2
    assert found.groups[0].bands["survival"].iqm_low[0] is None


def test_runs_without_the_key_are_a_group(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "with", 0, settings={KEY: 1}), write_run(tmp_path / "without", 1)]
    assert [one.label for one in compare(runs, group_by=KEY).groups] == [f"{KEY} = 1", f"{KEY} (not set)"]


def test_a_short_run_is_named_and_has_no_final_figure(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "whole", 0), write_run(tmp_path / "short", 1, episodes=60)]
    found = compare(runs)
    assert found.groups[0].figures["final_survival"].n == 1
    assert any("Fewer than 100 episodes: short" in note for note in found.notes)
    assert found.reach[-1] == 1


@pytest.mark.parametrize(
    ("names", "key", "expected"),
    [
        (["slow0"], None, "a comparison needs two runs or more; name another one"),
        (["slow0", "slw1"], None, r"slw1: no such run in .*; did you mean slow1\?"),
        (["slow0", "copy"], None, r"slow0 and copy are the same run \(slow0x+\), perhaps a copied directory"),
        (
            ["slow0", "slow1"],
            "population.learning_rat",
            r"no run has this key; did you mean population\.learning_rate\?",
        ),
        (
            ["slow0", "fresh"],
            None,
            "fresh: no read model yet; `projections run --run-dir .*fresh --until-caught-up`",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    runs: Path, tmp_path: Path, names: list[str], key: str | None, expected: str
) -> None:
    for path in runs.iterdir():
        (tmp_path / path.name).symlink_to(path)
    write_run(tmp_path / "copy", 0, run_id="slow0".ljust(26, "x"))
    (write_run(tmp_path / "fresh", 0) / "demo_state.db").unlink()
    with pytest.raises(QueryError, match=expected):
        compare(names, tmp_path, key)


def test_a_directory_that_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(QueryError, match="not a run directory"):
        compare([tmp_path / "empty", tmp_path / "empty"])
    with pytest.raises(QueryError, match="no run directory in there"):
        compare([], tmp_path)
