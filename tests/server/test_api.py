"""Looking back over HTTP: every address answers with its view, the unchanged with 304, nonsense with 4xx."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import apsw
import httpx
import msgspec
import pytest

from projections.engine.projector import Projector
from projections.engine.route import EpisodeNumber, route
from projections.readmodels import READ_MODELS
from projections.state import routes
from server.schema import answers, schema
from tests.support.servers import Serve, serving_here

OF_MANY_RUNS = {"/api/runs", "/api/compare"}
"""Answered by a server of many runs: test_runs.py, test_compare.py."""
ANSWERS = {path: answer for path, answer in answers(routes()).items() if path not in OF_MANY_RUNS}


@pytest.fixture
def http(shared_server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{shared_server}", timeout=120) as client:
        yield client


QUESTIONS = {
    "/api/series": "?metric=survival_time",
    "/api/websocket": "?origin=http://x",
    "/api/replay/{episode}": "",
}


def test_every_address_of_the_schema_answers_with_its_view(http: httpx.Client) -> None:
    for path, kind in ANSWERS.items():
        if path == "/api/town/check":
            answer = http.post(path, json={"text": "extends: quick"})
        else:
            answer = http.get(path.replace("{episode}", "42") + QUESTIONS.get(path, ""))
        if path == "/api/policy":
            # a synthetic run has no networks
            assert answer.status_code == HTTPStatus.NOT_FOUND
            continue
        assert answer.status_code == HTTPStatus.OK, (path, answer.text)
        msgspec.json.decode(answer.content, type=kind)


def test_state_is_of_the_episode_asked_for_and_the_newest_otherwise(
    http: httpx.Client, episodes: int
) -> None:
    assert http.get("/api/state?episode=42").json()["episode"] == 42
    assert http.get("/api/state").json()["episode"] == episodes
    missing = http.get("/api/state?episode=999999")
    assert missing.status_code == HTTPStatus.NOT_FOUND
    assert missing.json() == {"error": "episode 999999 is not in the present lineage"}


def test_the_garden_path_is_of_the_last_hundred_unless_asked_otherwise(
    http: httpx.Client, episodes: int
) -> None:
    newest = http.get("/api/graph").json()
    assert (newest["first"], newest["last"]) == (episodes - 99, episodes)
    asked = http.get("/api/graph?first=11&last=20").json()
    assert (asked["first"], asked["last"]) == (11, 20)


def test_what_did_not_change_is_not_sent_again(http: httpx.Client) -> None:
    first = http.get("/api/state?episode=42")
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    again = http.get("/api/state?episode=42", headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
    assert again.headers["etag"] == etag
    other = http.get("/api/state?episode=43", headers={"if-none-match": etag})
    assert other.status_code == HTTPStatus.OK


def test_long_answers_are_compressed_for_those_who_can_read_it(http: httpx.Client) -> None:
    question = "/api/series?metric=total_reward"
    plain = http.get(question, headers={"accept-encoding": "identity"})
    compressed = http.get(question, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.headers["vary"] == "accept-encoding"
    assert int(compressed.headers["content-length"]) < len(plain.content)
    assert compressed.json() == plain.json()
    assert "content-encoding" not in http.get("/api/run", headers={"accept-encoding": "gzip"}).headers


@pytest.mark.parametrize(
    ("question", "status", "says"),
    [
        ("/api/state?episode=zero", 400, "episode"),
        ("/api/state?episode=0", 400, "episode"),
        ("/api/state?episode=99999999999999999999", 400, "episode"),
        ("/api/series", 400, "metric"),
        ("/api/series?metric=happiness", 400, "happiness"),
        ("/api/series?metric=survival_time&points=1", 400, "points"),
        ("/api/series?metric=survival_time&points=2001", 400, "points"),
        ("/api/behaviours?limit=-1", 400, "limit"),
        ("/api/replay/0", 400, "episode"),
        ("/api/replay/1000000", 404, "episode 1000000 is not in the present lineage"),
        ("/api/replay/1?attempt=99", 404, "attempt 99"),
        ("/api/replay/one", 404, "nothing is at"),
        ("/api/everything", 404, "nothing is at"),
    ],
)
def test_bad_questions_are_told_what_is_wrong(
    http: httpx.Client, question: str, status: int, says: str
) -> None:
    answer = http.get(question)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert says in answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/state", "/api/nothing"])
def test_head_is_get_without_the_body(http: httpx.Client, path: str) -> None:
    plain = {"accept-encoding": "identity"}
    got, headed = http.get(path, headers=plain), http.head(path, headers=plain)
    assert headed.status_code == got.status_code
    assert headed.content == b""
    assert headed.headers["content-length"] == str(len(got.content))


def test_nothing_can_be_written(http: httpx.Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = http.request(method, "/api/run", content=b"{}")
        assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        assert list(answer.json()) == ["error"]


def test_before_the_run_the_answer_is_to_come_back(tmp_path: Path, serve: Serve) -> None:
    with httpx.Client(base_url=f"http://{serve(tmp_path / 'nothing')}", timeout=120) as http:
        for path in ANSWERS:
            if path in ("/api/gallery", "/api/websocket", "/api/towns", "/api/town/check"):
                continue
            answer = http.get(path.replace("{episode}", "42") + QUESTIONS.get(path, ""))
            assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, path
            assert answer.headers["retry-after"] == "1"
            assert "demo_state.db" in answer.json()["error"]


def one_schema() -> Any:
    return json.loads(json.dumps(schema(routes())))


def test_the_schema_names_every_message_and_every_answer() -> None:
    wire = one_schema()
    tags = {
        definition["properties"]["type"]["enum"][0]
        for definition in wire["$defs"].values()
        if "type" in definition.get("properties", {})
    }
    assert tags == {
        "state_update", "tick", "waiting", "error", "pause", "live",
    }  # fmt: skip
    assert set(ANSWERS) < set(wire["properties"])


def test_the_openapi_description_names_every_route_its_bounds_and_its_answer(http: httpx.Client) -> None:
    described = http.get("/schema/openapi.json").json()
    assert set(ANSWERS) < set(described["paths"])
    assert {"/healthz", "/metrics", "/snapshots/{name}"} < set(described["paths"])
    state = described["paths"]["/api/state"]["get"]
    ok = state["responses"]["200"]["content"]["application/json"]["schema"]
    assert ok == {"$ref": "#/components/schemas/State"}
    assert "minimum" in json.dumps(state["parameters"])
    assert http.get("/schema/openapi.yaml").text.startswith("components:")


def test_the_descriptions_load_nothing_from_elsewhere(http: httpx.Client) -> None:
    for path in ("/schema", "/schema/openapi.json", "/schema/openapi.yaml"):
        answer = http.get(path)
        assert answer.status_code == HTTPStatus.OK
        assert "html" not in answer.headers["content-type"]
    for path in ("/schema/redoc", "/schema/swagger", "/schema/elements", "/schema/rapidoc"):
        assert http.get(path).status_code == HTTPStatus.NOT_FOUND


def count_attempts(connection: apsw.Connection, least: EpisodeNumber = 1) -> int:
    """How many attempts have at least `least` episodes."""
    return int(connection.execute("SELECT count(*) FROM attempts WHERE last_episode >= ?", (least,)).get)


class AttemptCount(Projector):
    """A read model of another package."""

    name = "attempt_count"
    version = 1
    tables_owned = ()
    ddl = ""
    routes = (route("attempt-count", count_attempts),)


@pytest.fixture
def scratch_server(synthetic_run: Path, dist: Path) -> Iterator[str]:
    """A server with one read model more than ours."""
    with serving_here(synthetic_run, dist, (*READ_MODELS, AttemptCount)) as address:
        yield address


def test_a_route_that_a_read_model_declares_is_served_checked_and_described(scratch_server: str) -> None:
    with httpx.Client(base_url=f"http://{scratch_server}", timeout=120) as http:
        assert http.get("/api/attempt-count").json() == 2
        assert http.get("/api/attempt-count?least=1000").json() == 0
        refused = http.get("/api/attempt-count?least=0")
        assert (refused.status_code, "least" in refused.json()["error"]) == (400, True)
        described = http.get("/schema/openapi.json").json()["paths"]["/api/attempt-count"]["get"]
        assert described["description"] == "How many attempts have at least `least` episodes."
