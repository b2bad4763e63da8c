"""The log deleted under a trainer that is writing it: the trainer saves it, says where, and a run can go on.

A read model deleted or replaced under projector and server is in `tests/projections/test_process.py` and
`tests/server/test_replacement.py`, a torn checkpoint in `tests/producer/run/test_resume.py`.
"""

from pathlib import Path

import pytest

from core.errors import StoreError
from core.log import EventLog
from tests.support.logs import learning_events, log_head, read_log
from tests.support.processes import Start, wait_until
from tests.support.training import write_paced_config


def test_a_log_deleted_under_the_trainer_is_saved_and_the_run_ends_as_if_nothing_had_happened(
    tmp_path: Path, small_config: Path, episodes: int, uninterrupted_run: Path, start: Start,

) -> None:  # fmt: skip
    robbed = tmp_path / "robbed"
    # two episodes a second: the trainer is alive when the log is deleted, however fast the machine is
    paced = write_paced_config(tmp_path / "paced.yaml", small_config, 7_200)
    trainer = start("producer", "run", "--config", paced, "--episodes", episodes, "--run-dir", robbed)
    arguments = ("producer", "run", "--config", small_config, "--episodes", episodes, "--run-dir")
    events = robbed / "events.db"
    wait_until(lambda: log_head(events) > 10)
    before = read_log(robbed)
    for suffix in ("", "-wal", "-shm"):
        events.with_name(events.name + suffix).unlink(missing_ok=True)
    assert trainer.wait(timeout=600) == 74
    said = (tmp_path / "producer-0.log").read_text()
    assert "events.db: deleted or replaced while in use; everything up to position" in said
    assert "was saved as events.rescued.db; rename that to go on" in said
    assert "Traceback" not in said

    # nobody begins anew by accident, such as a supervisor that starts the trainer again
    with pytest.raises(StoreError, match=r"missing, but events\.rescued\.db beside it was saved"):
        EventLog(events)
    assert not events.exists()

    (robbed / "events.rescued.db").rename(events)
    assert read_log(robbed)[: len(before)] == before
    assert start(*arguments, robbed).wait(timeout=1800) == 0
    assert learning_events(robbed) == learning_events(uninterrupted_run)
