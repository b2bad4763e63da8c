"""Replicas: two servers behind an nginx, one killed under its viewers, and nobody goes back in time.

`HAMLET_VIEWERS=500 python -m pytest -s -k killed tests/server/test_replicas.py` takes so many viewers, and
prints the longest time that any of them was without a connection.
"""

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from core.process.lock import exclusive
from projections.cli import group
from projections.engine.rebuild import build_until
from projections.readmodels import READ_MODELS
from tests.support.many_runs import write_run
from tests.support.processes import Start, wait_until
from tests.support.proxy import HOST, nginx, nginx_for_many_viewers
from tests.support.servers import PATIENT, Serve, ready_address

PARTS = 4
VIEWERS = int(os.environ.get("HAMLET_VIEWERS", "12"))
LIMIT = 90.0 + VIEWERS
"""Seconds: far beyond what so many viewers need."""


@pytest.fixture
def show(synthetic_run: Path, tmp_path: Path) -> Callable[[int], int]:
    """Put the read model of the first n parts of the log into the directory `live`; gives its position."""
    (tmp_path / "live").mkdir()

    def show_part(part: int) -> int:
        head = 1_000
        until = head * part // PARTS
        made = tmp_path / f"part-{part}.db"
        build_until(made, synthetic_run / "events.db", READ_MODELS, until)
        made.replace(tmp_path / "live/demo_state.db")
        return until

    return show_part


def replicate(tmp_path: Path, *targets: object) -> Result:
    arguments = ["replicate", "--from", str(tmp_path / "live"), "--once"]
    for target in targets:
        arguments += ["--to", str(target)]
    return CliRunner().invoke(group, arguments)


class Viewers:
    """Viewers that connect through a proxy, again whenever they are cut off; the positions each has seen."""

    def __init__(self, address: str, count: int) -> None:
        self.seen: list[list[int]] = [[] for _ in range(count)]
        self.longest_gap = 0.0
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(address, own)) for own in self.seen]
        for thread in self._threads:
            thread.start()

    def all_at(self, position: int) -> bool:
        """Whether every viewer has seen the position."""
        return all(own and own[-1] >= position for own in self.seen)

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _watch(self, address: str, own: list[int]) -> None:
        cut_off_at: float | None = None
        while not self._ended.is_set():
            try:
                with connect(f"ws://{address}/ws", **PATIENT, close_timeout=1) as viewer:
                    while not self._ended.is_set():
                        message = json.loads(viewer.recv(timeout=30))
                        if "position" in message:
                            if cut_off_at is not None:
                                self.longest_gap = max(self.longest_gap, time.monotonic() - cut_off_at)
                                cut_off_at = None
                            own.append(message["position"])
            except (ConnectionClosed, InvalidHandshake, TimeoutError, OSError):
                cut_off_at = cut_off_at or time.monotonic()
                self._ended.wait(0.05)


@pytest.fixture
def pair(
    tmp_path: Path, dist: Path, show: Callable[[int], int], start: Start
) -> Iterator[tuple[str, list[object]]]:
    """Two servers on replicas behind an nginx: the proxy's address, and the processes."""
    show(2)
    assert replicate(tmp_path, tmp_path / "a", tmp_path / "b").exit_code == 0
    servers, addresses = [], []
    for number, name in enumerate("ab"):
        flags = ("--run-dir", tmp_path / name, "--port", 0, "--frontend", dist)
        servers.append(start("server", "run", *flags))
        addresses.append(ready_address(servers[-1], tmp_path / f"server-{number}.log"))
    with nginx_for_many_viewers(tmp_path / "nginx", addresses) as address:
        yield address, list(servers)


def test_a_server_is_killed_under_its_viewers_and_nobody_goes_back_in_time(
    pair: tuple[str, list[object]], tmp_path: Path, show: Callable[[int], int]
) -> None:
    address, servers = pair
    viewers = Viewers(address, VIEWERS)
    try:
        wait_until(lambda: viewers.all_at(500), LIMIT)
        third = show(3)
        assert replicate(tmp_path, tmp_path / "a", tmp_path / "b").exit_code == 0
        wait_until(lambda: viewers.all_at(third), LIMIT)
        servers[0].send_signal(signal.SIGKILL)  # type: ignore[attr-defined]
        fourth = show(4)
        assert replicate(tmp_path, tmp_path / "a", tmp_path / "b").exit_code == 0
        with httpx.Client(base_url=f"http://{address}", timeout=60) as http:
            # whichever server nginx tries first: what the page asks is answered by the one that lives
            for path in ("/", "/api/state", "/api/state?episode=3", "/api/health") * 2:
                assert http.get(path).status_code == HTTPStatus.OK, path
            wait_until(lambda: http.get("/api/trainer").json()["position"] == fourth, LIMIT)
        wait_until(lambda: viewers.all_at(fourth), LIMIT)
    finally:
        viewers.end()
    print(f"{VIEWERS} viewers, one of two servers killed: the longest gap was {viewers.longest_gap:.1f} s")
    assert all(own == sorted(own) for own in viewers.seen)


def test_the_proxy_asks_once_a_second_for_all_viewers(
    synthetic_run: Path, serve: Serve, tmp_path: Path
) -> None:
    """The nginx of docs/operate/many-viewers.md: one answer of the server for any number of viewers."""
    cache = f"proxy_cache_path {tmp_path}/cache keys_zone=hamlet:1m;"
    location = (
        "proxy_cache hamlet; proxy_ignore_headers Cache-Control; proxy_cache_valid 200 304 1h;"
        " proxy_cache_lock on; add_header X-Cache $upstream_cache_status;"
    )
    server = serve(synthetic_run)
    with (
        nginx(tmp_path / "nginx", server, {"/": HOST + location}, cache) as address,
        httpx.Client(base_url=f"http://{address}", timeout=60) as http,
    ):
        answers = [http.get("/api/state", params={"episode": 100}) for _ in range(5)]
        assert answers[0].status_code == HTTPStatus.OK, answers[0].text
        again = http.get("/api/state?episode=100", headers={"if-none-match": answers[0].headers["etag"]})
    assert answers[0].status_code == HTTPStatus.OK, answers[0].text
    assert [answer.headers["x-cache"] for answer in answers] == ["MISS", *["HIT"] * 4]
    assert len({answer.content for answer in answers}) == 1
    assert again.status_code == HTTPStatus.NOT_MODIFIED


def test_a_replica_is_never_replaced_by_an_older_one(tmp_path: Path, show: Callable[[int], int]) -> None:
    show(3)
    assert replicate(tmp_path, tmp_path / "a").exit_code == 0
    newer = (tmp_path / "a/demo_state.db").read_bytes()
    show(2)
    result = replicate(tmp_path, tmp_path / "a")
    assert "is older than 750" in str(result.exception)
    assert (tmp_path / "a/demo_state.db").read_bytes() == newer
    assert not list((tmp_path / "a").glob(".*"))


def test_the_replica_of_another_run_is_left_alone(tmp_path: Path, show: Callable[[int], int]) -> None:
    show(2)
    other = write_run(tmp_path / "other", seed=1, episodes=3)
    content = (other / "demo_state.db").read_bytes()
    result = replicate(tmp_path, other)
    assert "another run" in str(result.exception)
    assert (other / "demo_state.db").read_bytes() == content


def test_mistakes_are_named_and_nothing_is_written(tmp_path: Path, show: Callable[[int], int]) -> None:
    assert "no such read model" in str(replicate(tmp_path, tmp_path / "a").exception)
    show(2)
    assert "the directory of the read model itself" in str(replicate(tmp_path, tmp_path / "live").exception)
    assert "cannot be used" in str(replicate(tmp_path, "nonsense://bucket/run").exception)
    with exclusive(tmp_path / "b/demo_state.db", "projections run"):
        assert "in use by projections run" in str(replicate(tmp_path, tmp_path / "b").exception)
    assert not (tmp_path / "b/demo_state.db").exists()


def test_another_machine_copies_from_a_url(tmp_path: Path, show: Callable[[int], int]) -> None:
    pytest.importorskip("fsspec")
    show(3)
    store = f"local://{tmp_path / 'store'}"
    (tmp_path / "store").mkdir()
    assert replicate(tmp_path, store).exit_code == 0
    shutil.rmtree(tmp_path / "live")
    options = ["replicate", "--from", store, "--to", str(tmp_path / "c"), "--once"]
    assert CliRunner().invoke(group, options).exit_code == 0
    assert (tmp_path / "c/demo_state.db").read_bytes() == (tmp_path / "store/demo_state.db").read_bytes()
