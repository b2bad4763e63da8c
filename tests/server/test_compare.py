"""The comparison of a server over many runs: the same numbers as the command's, and clear refusals."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import msgspec
import pytest

from projections.compare import Comparison, as_csv, compare
from tests.support.many_runs import write_branch, write_run
from tests.support.processes import running
from tests.support.servers import ready_address

KEY = "population.gamma"


def id_of(name: str) -> str:
    """The run id that `tests.support.many_runs` gives to the run of this name."""
    return name.ljust(26, "x")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and its branch, two runs with another discount, and a run directory that has not begun."""
    folder = tmp_path_factory.mktemp("many") / "runs"
    write_run(folder / "parent", seed=0)
    write_branch(folder / "branch", seed=0, at=60, after=300)
    for seed in (1, 2):
        write_run(folder / f"other{seed}", seed=seed, survival=200 + seed, settings={KEY: 0.5})
    return folder


@pytest.fixture(scope="module")
def http(runs: Path, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    output = tmp_path_factory.mktemp("server") / "server.log"
    with running(output, "server", "run", "--runs", runs, "--port", 0, "--frontend", dist) as process:
        address = ready_address(process, output)
        with httpx.Client(base_url=f"http://{address}", timeout=120) as client:
            yield client


def test_the_api_answers_what_the_command_computes(http: httpx.Client, runs: Path) -> None:
    names = ["other2", "parent", "branch"]
    asked = {"run": [id_of(name) for name in names], "group_by": KEY, "axis": "agent-steps"}
    answer = http.get("/api/compare", params=asked)
    assert answer.status_code == HTTPStatus.OK
    expected = compare(names, runs, KEY, "agent-steps")
    assert msgspec.json.decode(answer.content, type=Comparison) == expected
    again = http.get("/api/compare", params=asked, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == HTTPStatus.NOT_MODIFIED


def test_without_a_choice_all_runs_are_compared(http: httpx.Client, runs: Path) -> None:
    found = http.get("/api/compare").json()
    assert [run["name"] for run in found["runs"]] == ["branch", "other1", "other2", "parent"]
    assert (found["axis"], found["group_by"]) == ("episodes", None)


def test_the_csv_is_a_file_to_save_with_the_same_numbers(http: httpx.Client, runs: Path) -> None:
    answer = http.get("/api/compare.csv", params={"run": [id_of("other1"), id_of("parent")]})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "hamlet-compare.csv" in answer.headers["content-disposition"]
    assert answer.text == as_csv(compare(["other1", "parent"], runs))


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ({"run": ["nobody", id_of("parent")]}, 404, "no run nobody is here"),
        ({"run": id_of("parent")}, 400, "a comparison needs two runs or more"),
        ({"run": [id_of("parent")] * 2}, 400, "a comparison needs two runs or more"),
        ({"group_by": "population.gama"}, 400, "no run has this key; did you mean population.gamma"),
        ({"axis": "hours"}, 400, "axis"),
    ],
)
def test_a_question_without_an_answer_is_refused_in_a_sentence(
    http: httpx.Client, asked: dict[str, str | list[str]], status: int, sentence: str
) -> None:
    for address in ("/api/compare", "/api/compare.csv"):
        answer = http.get(address, params=asked)
        assert answer.status_code == status
        assert sentence in answer.json()["error"]


def test_the_page_and_the_description_of_the_api_know_the_comparison(http: httpx.Client) -> None:
    page = http.get("/compare", params={"run": [id_of("parent"), id_of("branch")]})
    assert page.status_code == HTTPStatus.OK
    assert "text/html" in page.headers["content-type"]
    described = http.get("/schema/openapi.json").json()["paths"]["/api/compare"]["get"]
    assert {parameter["name"] for parameter in described["parameters"]} == {"run", "group_by", "axis"}
