"""Runs side by side: what the page shows of a comparison, how it is reached, and what can be taken along."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from projections.compare import as_csv, compare
from tests.support.accessibility import assert_accessible
from tests.support.many_runs import write_branch, write_run
from tests.support.processes import running
from tests.support.servers import ready_address

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
KEY = "population.gamma"


def asked(*names: str) -> str:
    """The part of an address that names runs."""
    return "&".join(f"run={name.ljust(26, 'x')}" for name in names)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five runs and five with another discount, a branch, and a run of an algorithm that knows no stages."""
    folder = tmp_path_factory.mktemp("many") / "runs"
    for seed in range(5):
        write_run(folder / f"plain{seed}", seed=seed, survival=100 + seed)
        write_run(folder / f"other{seed}", seed=seed, survival=150 + seed, settings={KEY: 0.5})
    write_branch(folder / "branch", seed=0, at=60, after=180, parent="plain0")
    write_run(
        folder / "foreign",
        seed=7,
        survival=120,
        settings={KEY: 0.9},
        of_episode={"intrinsic_weight": None, "epsilon": None, "curriculum_stage": None, "born_stage": None},
    )
    return folder


@pytest.fixture(scope="module")
def address(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    output = tmp_path_factory.mktemp("server") / "server.log"
    with running(output, "server", "run", "--runs", runs, "--port", 0) as server:
        yield f"http://{ready_address(server, output)}"


def panel(page: Page, title: str) -> Locator:
    """One panel of the page, once it is there."""
    found = page.get_by_role("region", name=title, exact=True)
    expect(found).to_be_visible()
    return found


def save(page: Page, button: Locator, folder: Path) -> Path:
    """Press a button and return the file that the browser saved."""
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_runs_are_ticked_in_the_list_and_compared(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.get_by_label("Compare plain0").check()
    expect(page.get_by_text("Tick one more run to compare the two.")).to_be_visible()
    page.get_by_label("Compare branch").check()
    page.wait_for_url(re.compile("run=branch"))
    page.reload()
    expect(page.get_by_label("Compare plain0")).to_be_checked()
    page.get_by_role("link", name="Compare 2 runs").click()
    page.wait_for_url(re.compile(r"/compare\?run=plain0x+&run=branchx+$"))
    expect(panel(page, "Survival")).to_contain_text("Mean of the last 100 episodes")
    expect(page.get_by_role("row", name=re.compile("^branch"))).to_contain_text("from plain0 at episode 60")
    page.get_by_role("link", name="Choose other runs").click()
    expect(page.get_by_label("Compare branch")).to_be_checked()
    expect(page.get_by_label("Compare other1")).not_to_be_checked()


def test_a_branch_leaves_its_parents_line_where_it_was_branched(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/compare?{asked('plain0', 'branch', 'other1')}")
    chart = panel(page, "Survival").get_by_role("img")
    expect(chart.locator(".split")).to_have_count(1)
    # with keys: the end of the parent's line, then back to before the branch point
    chart.focus()
    chart.press("ArrowUp")
    named = chart.locator("[data-test=named]")
    expect(named).to_be_visible()
    for _ in range(20):
        if (named.text_content() or "").startswith("plain0"):
            break
        chart.press("ArrowDown")
    expect(named).to_contain_text("plain0: 100")
    for _ in range(120):
        chart.press("ArrowLeft")
    expect(named).to_contain_text("plain0 and branch: 100")
    expect(panel(page, "Stage").locator(".bold")).to_have_count(1)


def test_groups_have_bands_intervals_n_and_a_verdict(open_page: OpenPage, address: str) -> None:
    names = [f"{kind}{seed}" for kind in ("plain", "other") for seed in range(5)]
    page = open_page(f"{address}/compare?{asked(*names)}&group_by={KEY}")
    expect(panel(page, "Survival")).to_contain_text(f"{KEY} = 0.5: 152 (n = 5, ")
    difference = panel(page, "Difference: survival at the end and before the move")
    expect(difference.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(r"−50 .*, 5 pairs, lower|\+50 .*, 5 pairs, higher|n = 5 and 5")
    )
    page.get_by_label("Groups are drawn as").select_option("iqm")
    page.wait_for_url(re.compile("middle=iqm"))
    page.get_by_label("Across").select_option("agent-steps")
    page.wait_for_url(re.compile("axis=agent-steps"))
    page.get_by_label("Group by").select_option("experiment.seed")
    page.wait_for_url(re.compile(r"group_by=experiment\.seed"))
    expect(page.get_by_label("Groups", exact=True)).to_contain_text("experiment.seed = 3")
    page.reload()
    expect(page.get_by_label("Groups are drawn as")).to_have_value("iqm")
    expect(page.get_by_label("Across")).to_have_value("agent-steps")
    expect(page.get_by_label("Groups", exact=True)).to_contain_text("experiment.seed = 3")
    expect(panel(page, "Configuration")).to_contain_text(KEY)


def test_what_an_algorithm_has_no_notion_of_is_absent(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/compare?{asked('foreign', 'plain0')}")
    expect(panel(page, "Survival")).to_contain_text("foreign: 120")
    expect(panel(page, "Stage")).to_contain_text("plain0: 1")
    expect(panel(page, "Stage")).not_to_contain_text("foreign")


def test_files_hold_what_is_shown(open_page: OpenPage, address: str, runs: Path, tmp_path: Path) -> None:
    page = open_page(f"{address}/compare?{asked('plain0', 'branch', 'other1')}")
    panel(page, "Survival")
    csv = save(page, page.get_by_role("link", name="CSV"), tmp_path)
    assert csv.read_text() == as_csv(compare(["plain0", "branch", "other1"], runs))
    svg = save(page, page.get_by_role("button", name="SVG"), tmp_path).read_text()
    assert "Survival" in svg
    assert "branch" in svg
    assert "var(" not in svg
    with Image.open(save(page, page.get_by_role("button", name="PNG"), tmp_path)) as picture:
        assert picture.width > 1_000
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 10


def test_two_towns_play_the_same_episode(open_page: OpenPage, address: str) -> None:
    # the browser writes to its console that there is no episode 5000
    page = open_page(f"{address}/compare?{asked('plain0', 'branch', 'other1')}", forgiving=True)
    towns = panel(page, "Two towns side by side")
    towns.get_by_role("button", name="Show two towns").click()
    page.wait_for_url(re.compile(r"left=plain0x+&right=branchx+&episode=120"))
    expect(towns.get_by_role("table")).to_contain_text("180")
    towns.get_by_label("Episode", exact=True).fill("50")
    towns.get_by_label("Episode", exact=True).press("Tab")
    page.wait_for_url(re.compile("episode=50"))
    expect(towns).to_contain_text("The two episodes are the same, step by step.")
    towns.get_by_label("Right:").select_option("other1")
    page.reload()
    expect(towns.get_by_role("table")).to_contain_text("151")
    towns.get_by_label("Episode", exact=True).fill("5000")
    towns.get_by_label("Episode", exact=True).press("Tab")
    expect(towns).to_contain_text(re.compile("no .*episode 5000|episode 5000.*no", re.IGNORECASE))


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (asked("plain0", "nobody"), "no run nobodyx"),
        (asked("plain0"), "a comparison needs two runs or more"),
        (f"{asked('plain0', 'other1')}&group_by=population.gama", "did you mean population.gamma"),
    ],
)
def test_a_question_without_an_answer_is_answered_with_a_sentence(
    open_page: OpenPage, address: str, question: str, sentence: str
) -> None:
    page = open_page(f"{address}/compare?{question}", forgiving=True)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("link", name="Choose other runs")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_comparison_is_for_everyone(open_page: OpenPage, address: str, scheme: str, width: int) -> None:
    towns = "left=plain0xxxxxxxxxxxxxxxxxxxx&right=other1xxxxxxxxxxxxxxxxxxxx&episode=7&still"
    page = open_page(
        f"{address}/compare?{asked('plain0', 'branch', 'plain1', 'other1', 'foreign')}&{towns}",
        width,
        800,
        color_scheme=scheme,
    )
    expect(panel(page, "Two towns side by side").get_by_role("table")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
