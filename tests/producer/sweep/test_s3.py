"""A sweep whose runs are kept in S3: moto's server on this machine.

`make test-cluster` installs s3fs and moto and runs these; without them they are left out.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.run_directory import in_folder
from producer.sweep.objects import objects_at
from producer.sweep.stored_run import StoredRun
from producer.sweep.uploads import Uploads
from tests.producer.sweep.test_sweep import INTERRUPTED_AT, LIMIT, SHORT, paced_config, undisturbed
from tests.support.logs import learning_events
from tests.support.processes import Start, run_command, wait_until
from tests.support.s3 import s3_server

pytestmark = pytest.mark.filterwarnings("default")  # those of the AWS client

__all__ = ["paced_config", "undisturbed"]


@pytest.fixture
def store(tmp_path: Path, free_port: int) -> Iterator[str]:
    """The URL of a folder in an empty bucket."""
    with s3_server(tmp_path, free_port) as bucket:
        yield f"{bucket}/sweep"


def test_a_sweep_in_s3_goes_on_exactly_from_another_directory(
    paced_config: Path, tmp_path: Path, undisturbed: Path, store: str, start: Start
) -> None:
    first, second, run = tmp_path / "first", tmp_path / "second", StoredRun(objects_at(store), "seed-3")
    options = ("--seeds", 3, "--runs", first, "--store", store)
    driver = start(sys.executable, "-m", "producer.cli", "sweep", paced_config, "--jobs", 1, *options)
    wait_until(lambda: run.progress().episode >= INTERRUPTED_AT, LIMIT)
    beat = run.read_beat(1)
    assert beat is not None
    driver.kill()
    driver.wait()
    wait_until(lambda: not Path(f"/proc/{beat.pid}").exists(), LIMIT)
    ended = run_command(sys.executable, "-m", "producer.cli", "sweep", "--jobs", 1, "--runs", second,
                        "--store", store, limit=LIMIT)  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert learning_events(second / "seed-3") == learning_events(undisturbed)
    assert "going on after episode" in (second / "seed-3/attempts/0002.log").read_text()


def test_one_lease_is_given_to_one_attempt_only(store: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        epochs = list(threads.map(lambda _: StoredRun(objects_at(store), "a/run").take_lease(), range(16)))
    assert sorted(epochs) == list(range(1, 17))


def test_a_run_comes_back_as_it_was_uploaded(store: str, tmp_path: Path, undisturbed: Path) -> None:
    objects = objects_at(store)
    run = StoredRun(objects, "a/run")
    for _ in range(2):
        Uploads(objects, "a/run", run.take_lease(), in_folder(undisturbed)).upload()
    assert run.download(in_folder(tmp_path / "back"))
    assert learning_events(tmp_path / "back") == learning_events(undisturbed)
    for path in undisturbed.glob("checkpoints/*"):
        assert (tmp_path / "back/checkpoints" / path.name).read_bytes() == path.read_bytes()
    assert objects.names("a/run/0001") == []


def test_a_bucket_that_is_not_there_is_named(store: str, tmp_path: Path) -> None:
    options = (*SHORT, "--jobs", 1, "--runs", tmp_path / "runs", "--store", "s3://nowhere/sweep")
    ended = run_command(sys.executable, "-m", "producer.cli", "sweep", "quick", *options, limit=LIMIT)
    assert ended.returncode == 74, ended.stderr
    assert "s3://nowhere/sweep: cannot be used" in ended.stderr
