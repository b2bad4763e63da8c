"""A server over many runs: the list, the dashboard of each at its address, and what is wrong with some."""

import shutil
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
from websockets.sync.client import connect

from tests.support.many_runs import write_branch, write_run
from tests.support.processes import running, wait_until
from tests.support.servers import PATIENT, ready_address

ROOT = "/town"


def id_of(name: str) -> str:
    """The run id that `tests.support.many_runs` gives to the run of this name."""
    return name.ljust(26, "x")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs and a branch, a copy, a damaged log, a log of a newer program, and a folder with no run."""
    folder = tmp_path_factory.mktemp("many") / "runs"
    write_run(folder / "parent", seed=0)
    write_run(folder / "seeds" / "other", seed=1, survival=200, settings={"population.gamma": 0.5})
    write_branch(folder / "branch", seed=0, at=60, after=300)
    shutil.copytree(folder / "parent", folder / "parent-copy")
    (folder / "damaged").mkdir()
    (folder / "damaged" / "events.db").write_bytes(b"no database" * 100)
    (folder / "newer").mkdir()
    shutil.copy(folder / "parent" / "events.db", folder / "newer" / "events.db")
    connection = apsw.Connection(str(folder / "newer" / "events.db"))
    connection.pragma("user_version", 99)
    connection.close()
    (folder / "notes").mkdir()
    return folder


@pytest.fixture(scope="module")
def http(runs: Path, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    output = tmp_path_factory.mktemp("server") / "server.log"
    command = ("server", "run", "--runs", runs, "--port", 0, "--frontend", dist, "--root-path", ROOT)
    with running(output, *command) as process:
        address = ready_address(process, output)
        with httpx.Client(base_url=f"http://{address}{ROOT}", timeout=120) as client:
            yield client


def listed(http: httpx.Client) -> dict[str, Any]:
    return {run["name"]: run for run in http.get("/api/runs").json()["runs"]}


def test_the_list_says_of_each_run_what_its_read_model_says(http: httpx.Client) -> None:
    runs = listed(http)
    other = runs["seeds/other"]
    assert (other["run_id"], other["seed"], other["state"]) == (id_of("other"), 1, "running")
    assert (other["episodes"], other["planned"], other["mean_survival"]) == (120, 120, 200.0)
    assert set(other["survival"]) == {200.0}
    assert runs["branch"]["parent"] == {"run_id": id_of("parent"), "episode": 60}
    assert "notes" not in runs


def test_only_keys_that_differ_are_offered_for_grouping(http: httpx.Client) -> None:
    answer = http.get("/api/runs").json()
    assert {"population.gamma", "experiment.seed"} <= set(answer["keys"])
    assert "population.num_agents" not in answer["keys"]
    assert listed(http)["seeds/other"]["values"]["population.gamma"] == 0.5


def test_what_cannot_be_shown_is_said_in_a_sentence_and_stops_nothing_else(http: httpx.Client) -> None:
    runs = listed(http)
    assert "holds the same run as parent (a copied directory)" in runs["parent-copy"]["problem"]
    assert "damaged, or no database; restore a backup" in runs["damaged"]["problem"]
    assert "log schema version 99, this program knows" in runs["newer"]["problem"]
    for name in ("parent-copy", "damaged", "newer"):
        assert runs[name]["run_id"] is None
        assert "/tmp" not in runs[name]["problem"]
    assert http.get(f"/runs/{id_of('parent')}/api/run").json()["run_id"] == id_of("parent")


def test_each_run_has_its_dashboard_its_api_its_files_and_its_health(http: httpx.Client) -> None:
    listed_names = {"parent": "parent", "other": "seeds/other", "branch": "branch"}
    for name in listed_names:
        home = f"/runs/{id_of(name)}/"
        assert http.get(f"{home}api/run").json()["run_id"] == id_of(name)
        # a feed begins when somebody looks at its run for the first time
        wait_until(lambda home=home: http.get(f"{home}healthz").status_code == HTTPStatus.OK)
        assert http.get(f"{home}healthz").json()["run_id"] == id_of(name)
        for page in ("", "stream", "gallery"):
            answer = http.get(f"{home}{page}?episode=5")
            assert answer.status_code == HTTPStatus.OK
            assert f'og:title" content="Hamlet: {listed_names[name]}' in answer.text
            assert f'content="http://{answer.url.host}:{answer.url.port}{ROOT}{home}' in answer.text
        assert http.get(f"{home}assets/page-0a.js").status_code == HTTPStatus.OK
        assert http.get(f"{home}snapshots/nothing.png").status_code == HTTPStatus.NOT_FOUND


def test_the_live_feed_of_a_run_is_at_its_address(http: httpx.Client) -> None:
    address = f"{http.base_url.host}:{http.base_url.port}{ROOT}/runs/{id_of('other')}/ws"
    with connect(f"ws://{address}", **PATIENT) as viewer:
        wait_until(lambda: '"state_update"' in str(viewer.recv(timeout=120)))


def test_an_address_without_its_last_slash_leads_to_the_run_and_keeps_its_question(
    http: httpx.Client,
) -> None:
    answer = http.get(f"/runs/{id_of('parent')}?episode=5")
    assert answer.status_code == HTTPStatus.PERMANENT_REDIRECT
    assert answer.headers["location"] == f"{ROOT}/runs/{id_of('parent')}/?episode=5"


@pytest.mark.parametrize("path", ["/runs/nobody", "/runs/nobody/", "/runs/nobody/api/run", "/runs/../x"])
def test_a_run_that_is_not_there_is_not_found(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == HTTPStatus.NOT_FOUND


def test_health_and_figures_say_which_run_they_are_of(http: httpx.Client) -> None:
    health = http.get("/healthz").json()
    assert health["ready"]
    figures = http.get("/metrics").text
    for name, episodes in (("parent", 120.0), ("other", 120.0), ("branch", 120.0)):
        assert f'hamlet_episodes_finished{{run="{id_of(name)}"}} {episodes}' in figures


def test_an_unchanged_list_is_not_sent_twice(http: httpx.Client) -> None:
    first = http.get("/api/runs")
    again = http.get("/api/runs", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == HTTPStatus.NOT_MODIFIED


def test_runs_come_and_go_and_a_single_one_is_shown_at_once(tmp_path: Path, dist: Path, runs: Path) -> None:
    folder, output = tmp_path / "few", tmp_path / "server.log"
    folder.mkdir()
    command = ("server", "run", "--runs", folder, "--port", 0, "--frontend", dist)
    with (
        running(output, *command) as process,
        httpx.Client(base_url=f"http://{ready_address(process, output)}", timeout=120) as http,
    ):
        assert "no run in this directory" in http.get("/api/runs").json()["problem"]
        shutil.copytree(runs / "parent", folder / "parent")
        wait_until(lambda: len(listed(http)) == 1)
        home = http.get("/?episode=7")
        assert home.status_code == HTTPStatus.TEMPORARY_REDIRECT
        assert home.headers["location"] == f"/runs/{id_of('parent')}/?episode=7"
        assert http.get(f"/runs/{id_of('parent')}/api/run").status_code == HTTPStatus.OK
        shutil.copytree(runs / "branch", folder / "branch")
        wait_until(lambda: len(listed(http)) == 2)
        assert http.get("/").status_code == HTTPStatus.OK
        shutil.rmtree(folder / "parent")
        wait_until(lambda: http.get(f"/runs/{id_of('parent')}/api/run").status_code == HTTPStatus.NOT_FOUND)
        assert http.get(f"/runs/{id_of('branch')}/api/run").status_code == HTTPStatus.OK


def test_a_folder_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    output = tmp_path / "server.log"
    with running(output, "server", "run", "--runs", tmp_path / "nowhere", "--port", 0) as process:
        assert process.wait(timeout=300) == 78
    assert "no such directory; make it first" in output.read_text()
