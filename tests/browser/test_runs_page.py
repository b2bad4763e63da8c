"""The list of all runs of a server of many, and the ways from one run to another."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.accessibility import assert_accessible
from tests.support.many_runs import write_branch, write_run
from tests.support.processes import running
from tests.support.servers import ready_address

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a run, its branch, two runs with another discount, and a folder whose log is damaged."""
    folder = tmp_path_factory.mktemp("many")
    runs = folder / "runs"
    write_run(runs / "parent", seed=0)
    write_branch(runs / "branch", seed=0, at=60, after=300)
    for seed, survival in ((1, 200), (2, 250)):
        write_run(runs / f"other-{seed}", seed=seed, survival=survival, settings={"population.gamma": 0.5})
    (runs / "damaged").mkdir()
    (runs / "damaged" / "events.db").write_bytes(b"no database" * 100)
    output = folder / "server.log"
    with running(output, "server", "run", "--runs", runs, "--port", 0) as server:
        yield f"http://{ready_address(server, output)}"


def names(page: Page) -> list[str | None]:
    """The names of the runs in the list, from top to bottom."""
    return [row.get_attribute("data-run") for row in page.locator("tr[data-run]").all()]


def listed(page: Page, name: str) -> Locator:
    """The row of one run."""
    row = page.locator(f'tr[data-run="{name}"]')
    expect(row).to_be_visible()
    return row


def test_a_branch_stands_under_its_parent_and_damage_is_named(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    expect(page.get_by_role("status")).to_contain_text("5 runs")
    assert names(page) == ["damaged", "other-1", "other-2", "parent", "branch"]
    expect(listed(page, "branch")).to_contain_text("branched from parent at episode 60")
    expect(listed(page, "other-1")).to_contain_text("200")
    expect(listed(page, "damaged")).to_contain_text("not readable")
    expect(listed(page, "damaged").locator(".problem")).to_contain_text("events.db")


def test_order_filter_and_group_are_in_the_address(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    listed(page, "parent")
    head = page.get_by_role("columnheader", name="Survival")
    head.get_by_role("button").press("Enter")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    page.wait_for_url(re.compile(r"sort=-survival"))
    assert names(page)[-1] == "damaged", "a run without a figure comes last, whichever way"
    page.get_by_label("Group by").select_option("population.gamma")
    expect(page.locator(".group", has_text="population.gamma = 0.5")).to_contain_text("n = 2")
    page.get_by_label("Filter").fill("other")
    expect(page.get_by_role("status")).to_contain_text("2 of them shown")
    page.wait_for_url(re.compile(r"filter=other"))
    page.reload()
    expect(page.get_by_label("Filter")).to_have_value("other")
    listed(page, "other-2")
    assert names(page) == ["other-2", "other-1"]
    page.get_by_label("Filter").fill("nowhere")
    expect(page.get_by_text("No run holds all of these words.")).to_be_visible()


def test_a_run_leads_to_its_relatives_and_back_to_the_list(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    listed(page, "branch").get_by_role("link", name="branch", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/[^/]+/$"))
    parent = page.locator("[data-test=parent]")
    parent.scroll_into_view_if_needed()
    expect(parent).to_contain_text("parent at episode 60")
    parent.get_by_role("link").click()
    branches = page.locator("[data-test=branches]")
    branches.scroll_into_view_if_needed()
    expect(branches).to_contain_text("branch at episode 60")
    page.get_by_role("link", name="All runs").click()
    listed(page, "other-1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_list_is_for_everyone(open_page: OpenPage, address: str, scheme: str, width: int) -> None:
    page = open_page(f"{address}/?group=population.gamma", width, 800, color_scheme=scheme)
    listed(page, "damaged")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_server_of_one_run_has_no_list(open_page: OpenPage, tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "only", seed=0)
    output = tmp_path / "server.log"
    with running(output, "server", "run", "--run-dir", tmp_path / "runs" / "only", "--port", 0) as server:
        page = open_page(f"http://{ready_address(server, output)}")
        expect(page.get_by_role("heading", name="The town", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="All runs")).to_have_count(0)
