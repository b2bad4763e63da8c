"""Viewers of every kind: prompt, paused, sending nonsense, too many, from another site."""

import contextlib
import json
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from server.messages import AnyServerMessage, Error, StateUpdate, Tick, Waiting
from tests.support.servers import Serve, Watch

Message = TypeVar("Message")
decoder: msgspec.json.Decoder[AnyServerMessage] = msgspec.json.Decoder(AnyServerMessage)


def receive(viewer: ClientConnection) -> AnyServerMessage:
    return decoder.decode(viewer.recv(timeout=120))


def receive_a(kind: type[Message], viewer: ClientConnection) -> Message:
    """The next message of a kind; others may come before it."""
    for _ in range(50):
        message = receive(viewer)
        if isinstance(message, kind):
            return message
    raise AssertionError(f"no {kind.__name__} in 50 messages")


def say(viewer: ClientConnection, **message: Any) -> None:
    viewer.send(json.dumps(message))


@pytest.fixture
def address(shared_server: str) -> str:
    return shared_server


def test_a_viewer_gets_the_newest_state_at_once_and_then_ticks(
    address: str, episodes: int, watch: Watch
) -> None:
    viewer = watch(address)
    state = receive(viewer)
    assert isinstance(state, StateUpdate)
    assert state.state.episode == state.state.metrics.episode_id == episodes
    assert [len(row) for row in state.state.heatmap.visits] == [8] * 8
    assert len(state.state.affordance_graph.nodes) == len(state.state.layout) == 8
    assert state.run.num_episodes == episodes
    assert state.trainer.status == "completed"
    assert state.disk.total_bytes >= state.disk.free_bytes > 0
    for _ in range(2):
        tick = receive(viewer)
        assert isinstance(tick, Tick)
        assert tick.position == state.position
        assert tick.server_time > state.server_time


def test_who_comes_late_gets_the_same_state_with_the_present_time_on_it(address: str, watch: Watch) -> None:
    early = watch(address)
    first = receive_a(StateUpdate, early)
    ticks = [receive_a(Tick, early) for _ in range(2)]
    late = receive_a(StateUpdate, watch(address))
    assert late.server_time >= ticks[-1].server_time > first.server_time
    assert (late.position, late.state) == (first.position, first.state)


def test_before_the_run_viewers_are_told_what_the_server_waits_for(
    tmp_path: Path, serve: Serve, watch: Watch
) -> None:
    viewer = watch(serve(tmp_path / "nothing"))
    waiting = receive(viewer)
    assert isinstance(waiting, Waiting)
    assert "demo_state.db" in waiting.reason
    assert isinstance(receive(viewer), Waiting)


def test_a_paused_viewer_gets_answers_only_until_it_wants_the_present(address: str, watch: Watch) -> None:
    viewer, other = watch(address), watch(address)
    receive_a(StateUpdate, viewer)
    receive_a(StateUpdate, other)
    say(viewer, type="pause")
    say(viewer, type="shout")
    receive_a(Error, viewer)
    for _ in range(3):
        receive_a(Tick, other)
    with pytest.raises(TimeoutError):
        viewer.recv(timeout=0)
    say(viewer, type="live")
    assert isinstance(receive(viewer), StateUpdate)
    assert isinstance(receive(viewer), Tick)


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "hello",
        "null",
        "[]",
        "{}",
        '{"type": "shout"}',
        '{"type": "state_update"}',
        '{"type": "seek", "episode": 1, "request": 1}',
        '{"type": null}',
        '{"type": 99999999999999999999999}',
        '{"x": ' + "[" * 2000 + "]" * 2000 + "}",
        b"\x00\xff",
    ],
)
def test_an_invalid_message_gets_an_error_and_the_connection_stays_open(
    address: str, watch: Watch, nonsense: str | bytes
) -> None:
    viewer = watch(address)
    viewer.send(nonsense)
    assert receive_a(Error, viewer).message
    say(viewer, type="live")
    assert receive_a(StateUpdate, viewer).state is not None


def read_until_closed(viewer: ClientConnection) -> None:
    for _ in range(1000):
        viewer.recv(timeout=120)


def closing_code(viewer: ClientConnection) -> tuple[int, str]:
    """Read until the server closes; its code and reason."""
    with pytest.raises(ConnectionClosed) as closed:
        read_until_closed(viewer)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def test_a_message_too_long_closes_with_1009(address: str, watch: Watch) -> None:
    viewer = watch(address)
    viewer.send("x" * 5000)
    assert closing_code(viewer)[0] == 1009


def test_a_flood_closes_with_1008(address: str, watch: Watch) -> None:
    viewer, bystander = watch(address), watch(address)
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            viewer.send('{"type": "pause"}')
    assert closing_code(viewer) == (1008, "more than 60 messages a second")
    assert isinstance(receive(bystander), StateUpdate)


def test_over_the_cap_a_viewer_is_refused_with_1013_until_one_leaves(
    synthetic_run: Path, serve: Serve, watch: Watch
) -> None:
    address = serve(synthetic_run, "--max-viewers", 2)
    first, second = watch(address), watch(address)
    receive(first), receive(second)
    assert closing_code(watch(address)) == (1013, "2 viewers are watching; try again later")
    first.close()
    assert isinstance(receive_a(StateUpdate, watch(address)), StateUpdate)


def test_only_pages_of_this_server_or_an_allowed_one_may_listen(
    synthetic_run: Path, serve: Serve, watch: Watch
) -> None:
    address = serve(synthetic_run, "--allow-origin", "http://localhost:5173")
    for origin in (f"http://{address}", "http://localhost:5173", None):
        assert isinstance(receive(watch(address, origin)), StateUpdate)
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "", f"http://{address}.evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            watch(address, origin)
        assert refused.value.response.status_code == 403
