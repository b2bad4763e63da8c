"""The mind in another town, of trained runs: the newcomer's story, and a branch beside its parent."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from core import events as e
from core.codec import decode
from tests.browser.conftest import ServeAt
from tests.support.logs import read_log, write_log
from tests.support.odd_town import ODD_TOWN
from tests.support.processes import run_successfully, running, unused_port
from tests.support.read_models import catch_up
from tests.support.servers import ready_address
from tests.support.synthetic_policy import homing

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
EPISODES = 200
MOVED = 100
HABIT = 150
"""The policies up to this episode have not yet learnt where the stove is."""
BRANCHED = 50
TITLE = "What would it do?"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a run in the odd town, whose affordances are moved half-way, and a branch of it."""
    runs = tmp_path_factory.mktemp("runs")
    config = yaml.safe_load(ODD_TOWN)
    config["training"] = {
        "num_episodes": EPISODES,
        "randomize_affordances_at": MOVED,
        "checkpoint_every": 20,
        "keep_replay_every": 20,
    }
    (runs / "odd.yaml").write_text(yaml.safe_dump(config))
    run_successfully("producer", "run", "--config", runs / "odd.yaml", "--run-dir", runs / "parent")
    branch = ("producer", "branch", "--from", runs / "parent", "--at", BRANCHED, "--run-dir", runs / "branch")
    run_successfully(*branch, "--set", "population.learning_rate=0.01")
    for name in ("parent", "branch"):
        catch_up(runs / name)
    return runs


@pytest.fixture(scope="module")
def story(runs: Path, tmp_path_factory: pytest.TempPathFactory, serve: ServeAt) -> str:
    """The server of the same run with other policies: cold, they go to the stove, or to where it was."""
    run_dir = tmp_path_factory.mktemp("story") / "run"
    run_dir.mkdir()
    records = read_log(runs / "parent")
    events = [decode(record) for record in records]
    started = next(event for event in events if isinstance(event, e.RunStarted))
    moved = next(event for event in events if isinstance(event, e.AffordancesRandomized))
    before, after = (
        next((place.x, place.y) for place in places if place.name == "Stove")
        for places in (moved.old, moved.new)
    )
    told: list[tuple[e.Event, float]] = []
    for event, record in zip(events, records, strict=True):
        if isinstance(event, e.PolicyRecorded):
            stove = before if event.episode <= HABIT else after
            told.append((homing(event, "Stove", stove, started.world.width), record.recorded_at))
        else:
            told.append((event, record.recorded_at))
    write_log(run_dir / "events.db", told)
    catch_up(run_dir)
    port = unused_port()
    serve(run_dir, port)
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("episode", "sentence"),
    [
        (90, r"^Cold, by the policy of episode [678]\d: Of 144 cells, 144 lead to Stove[.]"),
        (145, r"^Cold, by the policy of episode 1[234]\d: Of 144 cells, \d+ lead to where Stove was"),
        (EPISODES, r"^Cold, by the policy of episode 200: Of 144 cells, 144 lead to Stove[.]"),
    ],
)
def test_a_cold_agent_goes_to_the_stove_or_to_where_it_was(
    open_page: OpenPage, story: str, episode: int, sentence: str
) -> None:
    page = open_page(f"{story}/?episode={episode}")
    page.locator(".mind").scroll_into_view_if_needed()
    panel = page.get_by_role("region", name=TITLE, exact=True)
    panel.get_by_role("button", name="Cold").click()
    expect(panel.locator(".summary")).to_contain_text(re.compile(sentence))


@pytest.fixture(scope="module")
def many(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server of both runs."""
    output = tmp_path_factory.mktemp("many") / "server.log"
    with running(output, "server", "run", "--runs", runs, "--port", 0) as server:
        yield f"http://{ready_address(server, output)}"


def test_a_branch_has_its_parent_beside_it(open_page: OpenPage, many: str) -> None:
    page = open_page(many)
    page.locator('tr[data-run="branch"]').get_by_role("link", name="branch", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/[^/]+/$"))
    page.locator(".mind").scroll_into_view_if_needed()
    panel = page.get_by_role("region", name=TITLE, exact=True)
    panel.get_by_role("button", name="Cold").click()
    panel.get_by_role("button", name="Its parent beside it").click()
    of_parent = re.compile(r"^The town by the policy of episode 200 of the parent run[.]")
    expect(panel.get_by_role("img", name=of_parent)).to_be_visible()
    expect(panel).to_contain_text(re.compile(r"would act differently in \d+ of 144 cells"))
    expect(page).to_have_url(re.compile(r"beside=[a-z2-7]+@200"))
    choice = panel.get_by_label("Beside it")
    offered = choice.locator("optgroup option").all_inner_texts()
    assert offered
    assert all(int(re.sub(r"\D", "", text)) > BRANCHED for text in offered)
