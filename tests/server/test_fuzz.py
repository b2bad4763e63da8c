"""Whatever is sent, over HTTP or the WebSocket, what comes back is an answer or a clean refusal.

HAMLET_FUZZ_EXAMPLES sets the number of inputs per test, 300 without it.
"""

import contextlib
import json
import os
from urllib.parse import quote

import httpx
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection, connect

from projections.state import routes
from server.messages import AnyServerMessage, StateUpdate, Waiting
from server.schema import answers
from tests.support.servers import PATIENT, Watch

EXAMPLES = int(os.environ.get("HAMLET_FUZZ_EXAMPLES", "300"))
PER_CONNECTION = 50
thorough = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

numbers = st.integers(-(2**70), 2**70).map(str)
values = st.one_of(
    numbers, st.text(max_size=30), st.sampled_from(["survival_time", "epsilon", "'; DROP TABLE x --", "NaN"])
)
names = st.sampled_from(["episode", "metric", "first", "last", "points", "attempt", "limit", "x"])
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
methods = st.sampled_from(["GET"] * 8 + ["HEAD", "OPTIONS", *WITH_BODY])
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
headers = st.dictionaries(
    st.sampled_from(
        ["accept", "accept-encoding", "cookie", "if-none-match", "origin", "range", "x-forwarded-for"]
    ),
    texts.map(str.strip),
    max_size=3,
)
addresses = st.one_of(
    st.sampled_from([path for path in answers(routes()) if "{" not in path]),
    values.map(lambda value: f"/api/replay/{value}"),
    st.tuples(st.sampled_from(["snapshots", "exports", "assets"]), values).map("/".join).map("/{}".format),
    st.text(max_size=30).map(lambda text: f"/{text}"),
)


def test_whatever_is_asked_over_http_is_answered_or_refused_cleanly(shared_server: str) -> None:
    with httpx.Client(base_url=f"http://{shared_server}", timeout=120) as http:

        @thorough
        @given(
            methods, addresses, st.dictionaries(names, values, max_size=4), headers, st.binary(max_size=300)
        )
        def ask(
            method: str, path: str, parameters: dict[str, str], more: dict[str, str], body: bytes
        ) -> None:
            content = body if method in WITH_BODY else None
            answer = http.request(method, quote(path), params=parameters, headers=more, content=content)
            assert answer.status_code < 500, (method, path, parameters, more, answer.text)
            if answer.status_code >= 400 and method != "HEAD":
                assert list(answer.json()) == ["error"], answer.text

        ask()


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20),
    st.sampled_from(["pause", "live", "state_update"]),
)  # fmt: skip
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(["type", "position", "x"])
messages = st.one_of(
    st.dictionaries(fields, trees, max_size=5).map(json.dumps),
    trees.map(json.dumps),
    st.text(max_size=200),
    st.binary(max_size=200),
)
decoder: msgspec.json.Decoder[AnyServerMessage] = msgspec.json.Decoder(AnyServerMessage)


def test_whatever_a_viewer_says_it_is_still_served(shared_server: str) -> None:
    def say_all(said: list[str | bytes]) -> None:
        with connect(f"ws://{shared_server}/ws", **PATIENT, close_timeout=1) as viewer:
            for message in said:
                viewer.send(message)
            await_state(viewer)

    @settings(thorough, max_examples=max(1, EXAMPLES // PER_CONNECTION))
    @given(st.lists(messages, min_size=PER_CONNECTION, max_size=PER_CONNECTION))
    def talk(said: list[str | bytes]) -> None:
        say_all(said)

    talk()


def await_state(viewer: ClientConnection) -> None:
    """Ask for the newest state until it comes; everything before it must be one of our messages, too."""
    for _ in range(10 * PER_CONNECTION):
        viewer.send('{"type": "live"}')
        message = decoder.decode(viewer.recv(timeout=120))
        assert not isinstance(message, Waiting)
        if isinstance(message, StateUpdate):
            return
    raise AssertionError("the newest state did not come")


def test_frames_that_are_no_websocket_frames_close_one_connection_only(
    shared_server: str, watch: Watch
) -> None:
    bystander = watch(shared_server)

    @settings(thorough, max_examples=max(1, EXAMPLES // 10))
    @given(st.binary(min_size=1, max_size=400))
    def send_garbage(garbage: bytes) -> None:
        with connect(f"ws://{shared_server}/ws", **PATIENT, close_timeout=1) as viewer:
            viewer.socket.sendall(garbage)
        # a viewer that reads: one that does not would be taken for gone
        with contextlib.suppress(TimeoutError):
            while bystander.recv(timeout=0):
                pass

    send_garbage()
    await_state(bystander)
