"""Alarms on the page: what endangers the run is said where everybody looks."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ServeAt
from tests.support.processes import Start

pytestmark = pytest.mark.browser


def test_memory_near_its_limit_is_said_at_the_top_of_the_page(
    tmp_path: Path,
    free_port: int,
    serve: ServeAt,
    open_page: Callable[..., Page],
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HAMLET_MEMORY_LIMIT_MB", "20")
    serve(tmp_path, free_port)
    start("projections", "run", "--run-dir", tmp_path)
    start("producer", "run", "--config", "configs/townlet/multi_day.yaml", "--run-dir", tmp_path)
    page = open_page(f"http://127.0.0.1:{free_port}")
    alarms = page.locator("[data-test=alarm]")
    expect(alarms).to_have_text(
        [
            re.compile(rf"{who}: \d+ MiB of memory are \d+% of the limit of 19 MiB")
            for who in ("Trainer", "Server")
        ],
        timeout=120_000,
    )
