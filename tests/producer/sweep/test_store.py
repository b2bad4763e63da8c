"""Sweeps whose runs are kept in a store, here a directory: uploads, downloads, attempts that come late."""

import shutil
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from core.config import load_config
from core.errors import AlreadyRunningError, ConfigError, StoreError
from core.log import LogReader
from core.run_directory import in_folder
from producer.sweep.local_processes import start_attempt
from producer.sweep.objects import Objects, objects_at, store_url
from producer.sweep.plan import make_plan
from producer.sweep.stored_plan import publish_plan, stored_plan
from producer.sweep.stored_run import StoredRun
from producer.sweep.sweep import agreed_plan
from producer.sweep.uploads import Uploads
from tests.producer.sweep.test_sweep import (
    INTERRUPTED_AT,
    LIMIT,
    paced_config,
    undisturbed,
)
from tests.support.logs import learning_events, log_head
from tests.support.processes import Start, run_command, wait_for_end, wait_until
from tests.support.training import DEFAULT_CONFIG

__all__ = ["paced_config", "undisturbed"]


def test_a_sweep_in_a_store_goes_on_exactly_from_another_directory(
    paced_config: Path, tmp_path: Path, undisturbed: Path, start: Start
) -> None:
    first, second, store = tmp_path / "first", tmp_path / "second", tmp_path / "store"
    driver = start("producer", "sweep", paced_config, "--jobs", 1, "--seeds", 3, "--runs", first,
                   "--store", store)  # fmt: skip
    run = StoredRun(objects_at(store_url(str(store))), "seed-3")
    wait_until(lambda: run.progress().episode >= INTERRUPTED_AT if store.exists() else False, LIMIT)
    beat = run.read_beat(1)
    assert beat is not None
    driver.kill()
    driver.wait()
    wait_until(lambda: not Path(f"/proc/{beat.pid}").exists(), LIMIT)
    shutil.rmtree(first)
    ended = run_command("producer", "sweep", "--jobs", 1, "--runs", second, "--store", store, limit=LIMIT)
    assert ended.returncode == 0, ended.stderr
    assert learning_events(second / "seed-3") == learning_events(undisturbed)
    assert (second / "seed-3/checkpoints/checkpoint_ep00040.pt").exists()
    assert "going on after episode" in (second / "seed-3/attempts/0002.log").read_text()
    head = log_head(second / "seed-3/events.db")
    again = run_command("producer", "sweep", "--jobs", 1, "--runs", second, limit=LIMIT)
    assert again.returncode == 0, again.stderr
    assert log_head(second / "seed-3/events.db") == head
    assert not (store / "seed-3/0003.lease").exists()


def test_an_attempt_that_comes_late_changes_nothing_in_the_store(
    paced_config: Path, tmp_path: Path, undisturbed: Path
) -> None:
    objects = objects_at(store_url(str(tmp_path / "store")))
    run = StoredRun(objects, "seed-3")
    publish_plan(objects, make_plan([3], {}, load_config(paced_config), "paced", store=objects.url))
    first = start_attempt(objects.url, "seed-3", run.take_lease(), tmp_path / "first.log")
    try:
        wait_until(lambda: run.progress().episode >= INTERRUPTED_AT, LIMIT)
        first.send_signal(signal.SIGSTOP)
        # as on another machine: no process id that means anything
        objects.delete(["seed-3/0001.progress.json"])
        second = start_attempt(objects.url, "seed-3", run.take_lease(), tmp_path / "second.log")
        assert second.wait(timeout=LIMIT) == 0, (tmp_path / "second.log").read_text()
        there = _all_files(tmp_path / "store/seed-3/0002")
        first.send_signal(signal.SIGCONT)
        assert wait_for_end(first, LIMIT) == 75
        assert "attempt 2 has taken over this run" in (tmp_path / "first.log").read_text()
        assert _all_files(tmp_path / "store/seed-3/0002") == there
    finally:
        first.send_signal(signal.SIGCONT)
        first.kill()
        first.wait()
    assert run.download(in_folder(tmp_path / "collected"))
    assert learning_events(tmp_path / "collected") == learning_events(undisturbed)


def test_an_upload_that_fails_anywhere_leaves_what_was_there_and_can_be_repeated(
    undisturbed: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    shutil.copytree(undisturbed, older)
    for path in sorted(older.glob("checkpoints/checkpoint_ep0004*")):
        path.unlink()
    names = [{path.name for path in (at / "checkpoints").iterdir()} for at in (older, undisturbed)]
    for fails_at in range(1, 12):
        objects = objects_at(store_url(str(tmp_path / f"store-{fails_at}")))
        run, between, after = StoredRun(objects, "a/run"), tmp_path / "between", tmp_path / "after"
        assert run.take_lease() == 1
        Uploads(objects, "a/run", 1, in_folder(older)).upload()
        assert run.take_lease() == 2
        uploads = Uploads(_Failing(objects, fails_at), "a/run", 2, in_folder(undisturbed))
        with pytest.raises(StoreError, match="fails on purpose"):
            uploads.upload()
        assert run.download(in_folder(between))
        assert {path.name for path in (between / "checkpoints").iterdir()} in names
        uploads.upload()
        assert run.download(in_folder(after))
        for path in undisturbed.glob("checkpoints/*"):
            assert (after / "checkpoints" / path.name).read_bytes() == path.read_bytes()
        assert _digest(after) == _digest(undisturbed)
        assert not _all_files(tmp_path / f"store-{fails_at}/a/run/0001")
        shutil.rmtree(between)
        shutil.rmtree(after)


def test_a_later_lease_ends_the_uploads_of_an_earlier_attempt(undisturbed: Path, tmp_path: Path) -> None:
    objects = objects_at(store_url(str(tmp_path / "store")))
    run = StoredRun(objects, "run")
    assert (run.take_lease(), run.take_lease()) == (1, 2)
    with pytest.raises(AlreadyRunningError, match="attempt 2 has taken over"):
        Uploads(objects, "run", 1, in_folder(undisturbed)).upload()
    Uploads(objects, "run", 2, in_folder(undisturbed)).upload()
    assert run.progress().complete


def test_a_damaged_object_is_named(undisturbed: Path, tmp_path: Path) -> None:
    objects = objects_at(store_url(str(tmp_path / "store")))
    run = StoredRun(objects, "run")
    Uploads(objects, "run", run.take_lease(), in_folder(undisturbed)).upload()
    largest = max((tmp_path / "store/run/0001").iterdir(), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1])
    with pytest.raises(StoreError, match=rf"/run: 0001/{largest.name} is damaged; restore the object"):
        run.download(in_folder(tmp_path / "collected"))
    assert not (tmp_path / "collected/events.db").exists()


def test_another_plan_or_another_store_is_refused(tmp_path: Path) -> None:
    url = store_url(str(tmp_path / "store"))
    objects, config = objects_at(url), load_config(DEFAULT_CONFIG)
    plan = make_plan([0], {}, config, "it", store=url)
    publish_plan(objects, plan)
    assert stored_plan(objects) == plan
    assert agreed_plan(tmp_path / "runs", None, url) == plan
    other = make_plan([0, 1], {}, config, "it", store=url)
    with pytest.raises(ConfigError, match="another plan"):
        publish_plan(objects, other)
    with pytest.raises(ConfigError, match="another plan"):
        agreed_plan(tmp_path / "runs", other, url)


@pytest.mark.parametrize(
    ("store", "said"),
    [("memory://it", "other processes do not see"), ("nothing://it", "cannot be used")],
)
def test_a_store_that_cannot_be_used_is_named(tmp_path: Path, store: str, said: str) -> None:
    ended = run_command(
        "producer", "sweep", "quick", "--jobs", 1, "--runs", tmp_path / "runs", "--store", store
    )
    assert ended.returncode == 78, ended.stderr
    assert said in ended.stderr
    assert not (tmp_path / "runs/sweep.yaml").exists()


class _Failing:
    """Objects of which the n-th call fails, once; what it was asked to do is not done."""

    def __init__(self, objects: Objects, fails_at: int) -> None:
        self.url = objects.url
        self._objects = objects
        self._left = fails_at

    def put(self, key: str, content: bytes) -> None:
        self._count()
        self._objects.put(key, content)

    def create(self, key: str, content: bytes) -> bool:
        self._count()
        return self._objects.create(key, content)

    def get(self, key: str) -> bytes | None:
        self._count()
        return self._objects.get(key)

    def exists(self, key: str) -> bool:
        self._count()
        return self._objects.exists(key)

    def names(self, folder: str) -> list[str]:
        self._count()
        return self._objects.names(folder)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._count()
            self._objects.delete([key])

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise StoreError(f"{self.url}: fails on purpose")


def _all_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def _digest(run: Path) -> bytes:
    log = LogReader(run / "events.db")
    try:
        return log.head_digest()
    finally:
        log.close()
