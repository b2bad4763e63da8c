"""`projections export --format tensorboard`: TensorBoard itself reads back what was written."""

from pathlib import Path

import pytest

from tests.support.many_runs import write_run
from tests.support.processes import run_command


def test_scalars_by_episode_are_read_back(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the optional extra tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = write_run(tmp_path / "run", 0, 77, episodes=12, of_episode={"epsilon": None})
    out = tmp_path / "logs" / "run"
    said = run_command(
        "projections",
        "export",
        "--run-dir",
        run,
        "--what",
        "episodes",
        "--format",
        "tensorboard",
        "--out",
        out,
    )
    assert said.returncode == 0, said.stderr
    assert "12 rows" in said.stdout
    events = EventAccumulator(str(out), size_guidance={"scalars": 0})
    events.Reload()
    tags = events.Tags()["scalars"]
    assert "episodes/epsilon" not in tags
    survival = events.Scalars("episodes/survival_time")
    assert [(point.step, point.value) for point in survival] == [(at, 77.0) for at in range(1, 13)]
    assert survival[1].wall_time > survival[0].wall_time > 0


@pytest.mark.parametrize(
    ("what", "sentence"), [("system_state", "has no column episode_id"), ("events", "--what events has none")]
)
def test_a_table_without_episodes_is_refused(tmp_path: Path, what: str, sentence: str) -> None:
    run = write_run(tmp_path / "run", 0, episodes=2)
    refused = run_command(
        "projections", "export", "--run-dir", run, "--what", what, "--format", "tensorboard",
        "--out", tmp_path / "logs",
    )  # fmt: skip
    assert refused.returncode != 0
    assert sentence in refused.stderr
