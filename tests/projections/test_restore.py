"""Back up a run while it trains, restore it elsewhere, go on: as if nothing had happened."""

import contextlib
import shutil
from pathlib import Path

from core.events import CheckpointSaved
from core.log import LogReader
from tests.support.logs import learning_events
from tests.support.processes import Start, wait_until


def checkpoints(folder: Path) -> int:
    if not (folder / "events.db").exists():
        return 0
    reader = LogReader(folder / "events.db")
    try:
        return len(reader.milestones(CheckpointSaved))
    finally:
        reader.close()


def test_a_restored_run_goes_on_and_learns_what_the_original_learnt(
    tmp_path: Path,
    small_config: Path,
    start: Start,
) -> None:
    original, restored = tmp_path / "original", tmp_path / "restored"
    arguments = ["producer", "run", "--config", small_config, "--episodes", 100, "--run-dir"]
    trainer = start(*arguments, original)
    wait_until(lambda: checkpoints(original) >= 2)
    (restored / "checkpoints").mkdir(parents=True)
    for file in sorted((original / "checkpoints").glob("checkpoint_ep*.pt")):
        with contextlib.suppress(FileNotFoundError):  # old replay buffers are thinned out meanwhile
            shutil.copy2(file, restored / "checkpoints")
    copying = start("projections", "backup", "--run-dir", original, "--out", restored / "events.db")
    assert copying.wait(timeout=120) == 0
    assert trainer.wait(timeout=120) == 0
    assert 2 <= checkpoints(restored) <= checkpoints(original)

    assert start(*arguments, restored).wait(timeout=120) == 0
    assert learning_events(restored) == learning_events(original)
    for command in (["rebuild"], ["doctor"]):
        assert start("projections", *command, "--run-dir", restored).wait(timeout=120) == 0
