"""The page while things happen: a run begins, trains and dies; a server is killed and comes back."""

import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.codec import decode
from core.events import AffordancesRandomized, RunStopped
from tests.browser.conftest import ENDLESS_RUN, ServeAt, make_history
from tests.support.logs import read_log, write_log
from tests.support.processes import Start, end, run_successfully
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, generate_events

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
MOMENT = "[data-test=moment]"
CONNECTION = "[data-test=connection]"
TRAINER = "[data-test=trainer]"
COUNT_SLIDES = """() => {
    window.slides = 0;
    new MutationObserver((changes) => {
        for (const { target, oldValue } of changes)
            if (target.classList.contains("sliding") && !oldValue.split(" ").includes("sliding")) slides += 1;
    }).observe(document.querySelector("#town"),
        { subtree: true, attributeFilter: ["class"], attributeOldValue: true });
}"""
"""Counts the signs that begin to slide on the map."""


def test_the_page_follows_a_run_from_before_its_beginning(
    tmp_path: Path, free_port: int, serve: ServeAt, open_page: OpenPage, start: Start
) -> None:
    serve(tmp_path, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}")
    expect(page.get_by_role("heading", name="The town is still asleep")).to_be_visible()

    start("projections", "run", "--run-dir", tmp_path)
    trainer = start("producer", "run", "--run-dir", tmp_path, *ENDLESS_RUN)
    expect(page.get_by_role("button", name="LIVE", exact=True)).to_be_visible(timeout=120_000)
    expect(page.locator(TRAINER)).to_have_text("Training")
    caption = (
        r"^Replay of episode [\d,]+, [\d,]+ episodes? ago\. Agent \d+: step \d+ of \d+, \d+ steps a second\."
    )
    expect(page.get_by_text(re.compile(caption))).to_be_visible()
    assert end(trainer) == 0
    stopped = decode(read_log(tmp_path)[-1])
    assert isinstance(stopped, RunStopped)
    expect(page.locator(TRAINER)).to_have_text("Trainer stopped: SIGTERM", timeout=120_000)
    expect(page.locator(MOMENT)).to_contain_text(f"Episode {stopped.episode:,}", timeout=120_000)
    expect(page.get_by_role("button", name="Newest", exact=True)).to_be_visible()


def test_at_the_move_the_signs_slide_once_under_a_banner(
    tmp_path: Path, free_port: int, serve: ServeAt, open_page: OpenPage
) -> None:
    events = list(generate_events(Scenario(episodes=120)))
    shift = time.time() - events[-1][1]
    timed = [(event, at + shift) for event, at in events]
    move = next(i for i, (event, _) in enumerate(events) if isinstance(event, AffordancesRandomized))
    write_log(tmp_path / "events.db", timed[:move])
    catch_up(tmp_path)
    serve(tmp_path, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}")
    expect(page.get_by_text(re.compile("^Replay of episode"))).to_be_visible()
    page.evaluate(COUNT_SLIDES)
    banner = page.get_by_text(re.compile(r"^After episode \d+ everything in town was moved\."))
    expect(banner).to_have_count(0)
    write_log(tmp_path / "events.db", timed[move:])
    catch_up(tmp_path)
    expect(banner).to_be_visible()
    expect(banner).to_have_count(0)
    signs = page.locator("#town g.sign").count()
    assert page.evaluate("slides") == signs, "each sign slides, and none of them twice"


def test_in_a_paced_run_the_next_episode_is_announced(
    tmp_path: Path, free_port: int, serve: ServeAt, open_page: OpenPage, start: Start
) -> None:
    shipped = Path("configs/townlet/quick.yaml").resolve()
    config = tmp_path / "paced.yaml"
    config.write_text(f"extends: {shipped}\ntraining: {{pace: {{episodes_per_hour: 360}}}}\n")
    start("projections", "run", "--run-dir", tmp_path)
    start("producer", "run", "--run-dir", tmp_path, "--config", config)
    serve(tmp_path, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}")
    expect(
        page.get_by_text(re.compile(r"The next episode is due (in about \d+ s|any moment)\."))
    ).to_be_visible(timeout=180_000)


def test_a_finished_run_is_complete_and_goes_on_walking(
    tmp_path: Path, free_port: int, serve: ServeAt, open_page: OpenPage
) -> None:
    quick = ("--config", "configs/townlet/quick.yaml", "--episodes", 40)
    run_successfully("producer", "run", "--run-dir", tmp_path, *quick)
    catch_up(tmp_path)
    serve(tmp_path, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}")
    expect(page.locator(TRAINER)).to_have_text("Training completed")
    expect(page.locator(MOMENT)).to_contain_text("Episode 40")
    transport = page.get_by_role("group", name="Watching one episode")
    transport.get_by_role("combobox").select_option("30")
    for episode in (40, 39, 38):
        expect(page.get_by_text(re.compile(f"^Replay of episode {episode}, "))).to_be_visible(timeout=60_000)


def test_the_page_comes_back_when_the_server_does(
    history: Path, free_port: int, serve: ServeAt, open_page: OpenPage
) -> None:
    server = serve(history, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}/?episode=700", forgiving=True)
    expect(page.locator(CONNECTION)).to_have_text("Connected")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 700")

    server.send_signal(signal.SIGKILL)
    server.wait(timeout=120)
    expect(page.locator(CONNECTION)).to_contain_text("Reconnecting")
    expect(page.locator(CONNECTION)).to_contain_text(re.compile(r"stale for \d+ s"))
    expect(page.locator("main")).to_have_class(re.compile("stale"))
    expect(page.locator(MOMENT)).to_contain_text("Looking at 700")

    serve(history, free_port)
    expect(page.locator(CONNECTION)).to_have_text("Connected")
    page.get_by_role("slider", name="Moment of the run").press("ArrowRight")
    expect(page.locator("main dl").first).to_contain_text("701")


def test_a_trainer_that_fell_silent_is_shown_as_such(
    tmp_path: Path,
    free_port: int,
    serve: ServeAt,
    open_page: OpenPage,
) -> None:
    make_history(tmp_path, 300, ended=False)
    serve(tmp_path, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}")
    expect(page.locator(TRAINER)).to_contain_text("Trainer silent for 1 h")
    expect(page.get_by_role("button", name="LIVE", exact=True)).to_have_count(0)


def test_a_replaced_read_model_leaves_no_gap(
    tmp_path: Path,
    free_port: int,
    serve: ServeAt,
    open_page: OpenPage,
) -> None:
    shown, next_one = tmp_path / "shown", tmp_path / "next"
    shown.mkdir()
    next_one.mkdir()
    make_history(shown, 200)
    make_history(next_one, 260)
    serve(shown, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}")
    expect(page.locator(MOMENT)).to_contain_text("Episode 200")
    shutil.copy(next_one / "demo_state.db", shown / "demo_state.db.next")
    (shown / "demo_state.db.next").rename(shown / "demo_state.db")
    expect(page.locator(MOMENT)).to_contain_text("Episode 260")
    expect(page.locator(CONNECTION)).to_have_text("Connected")
