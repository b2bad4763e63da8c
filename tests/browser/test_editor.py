"""The town editor: a town is made, checked while it is made, saved, and lived in."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.config import load_config
from core.resources import configurations
from tests.support.accessibility import assert_accessible
from tests.support.processes import run_successfully

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
FINE = re.compile("^Nothing is wrong")


def editor(
    open_page: OpenPage, address: str, width: int = 1280, height: int = 800, **options: object
) -> Page:
    """The editor with the town of the run, once it is checked."""
    page = open_page(f"{address}/editor", width, height, **options)
    expect(page.locator("[data-settled]")).to_be_visible()
    return page


def begin(page: Page, town: str) -> None:
    page.get_by_label("A town").select_option(town)
    page.get_by_role("button", name="Begin", exact=True).click()
    expect(page.get_by_text(f"Here is the town {town}")).to_be_visible()


def yaml_of(page: Page) -> Locator:
    return page.get_by_role("region", name="The town's YAML")


def findings(page: Page) -> Locator:
    return page.locator("[data-test=findings]")


def type_into(page: Page, field: Locator, text: str) -> None:
    """Replace what is in a field, by keys."""
    field.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def press(page: Page, control: Locator, *keys: str) -> None:
    """Press keys while a control has the focus."""
    control.focus()
    for key in keys:
        page.keyboard.press(key)


def saved(page: Page, folder: Path) -> Path:
    """Save the town, by keys; the path of the file."""
    with page.expect_download() as download:
        press(page, page.get_by_role("button", name=re.compile("^Save ")), "Enter")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_town_is_made_from_nothing_by_keys_and_lived_in(
    open_page: OpenPage, address: str, tmp_path: Path
) -> None:
    page = editor(open_page, address)
    press(page, page.get_by_role("button", name="Begin", exact=True), "Enter")
    expect(page.get_by_text("Here is an empty town")).to_be_visible()
    expect(findings(page)).to_contain_text("3 things are wrong.")
    press(page, page.get_by_role("button", name="Add a need"), "Enter")
    need = page.get_by_role("group", name="need", exact=True).first
    type_into(page, need.get_by_label("Name"), "warmth")
    town = page.get_by_role("application")
    said = page.locator("[data-test=said]")

    press(page, page.get_by_role("radio", name="New place"), "Space")
    press(page, town, "ArrowRight", "ArrowRight", "ArrowDown", "Space")
    expect(said).to_contain_text("Place is new at x 2, y 1")
    place = page.get_by_role("group", name="Place", exact=True)
    type_into(page, place.get_by_label("Name"), "Stove")
    place = page.get_by_role("group", name="Stove", exact=True)
    type_into(page, place.get_by_role("group", name="warmth").get_by_label("Effect"), "0.5")

    press(page, page.get_by_role("radio", name="Wall"), "Space")
    press(page, town, "ArrowUp", "Shift+ArrowRight", "Shift+ArrowRight")
    expect(said).to_have_text("x 4, y 0: wall")
    press(page, page.get_by_role("radio", name="Move places"), "Space")
    press(page, town, "ArrowLeft", "ArrowLeft", "ArrowDown", "Space", "ArrowUp", "ArrowRight", "Space")
    expect(said).to_contain_text("Stove needs an empty cell")
    press(page, town, "ArrowDown", "ArrowDown", "Space")
    expect(said).to_have_text("Stove stands at x 3, y 2.")

    type_into(page, page.get_by_label("Name of the run"), "Stove town")
    type_into(page, page.get_by_label("Episodes", exact=True), "20")
    expect(findings(page)).to_contain_text(FINE)
    expect(page.get_by_text("Without it an agent lives 100 steps of walking")).to_be_visible()
    expect(yaml_of(page)).to_contain_text("num_episodes: 20")
    path = saved(page, tmp_path)
    assert path.name == "stove_town.yaml"
    assert path.read_text() == yaml_of(page).text_content()

    world = load_config(path).world
    assert [(place.name, place.cell, place.effects) for place in world.affordances] == [
        ("Stove", (3, 2), {"warmth": 0.5})
    ]
    assert world.obstacle_cells == {3: "wall", 4: "wall"}
    assert "warmth lasts 100 steps" in run_successfully("producer", "town", "check", path)
    commands = page.get_by_role("region", name="Commands").text_content() or ""
    assert f"producer run --config {path.name} --run-dir runs/stove_town" in commands
    run_dir = tmp_path / "run"
    run_successfully("producer", "run", "--config", path, "--run-dir", run_dir)
    assert (run_dir / "events.db").is_file()


def test_a_value_that_cannot_be_is_named_at_its_field(open_page: OpenPage, address: str) -> None:
    page = editor(open_page, address)
    begin(page, "sparse_adaptive")
    page.get_by_role("button", name="Bed", exact=True).click()
    # the group of a place is called as the place, which is renamed below
    bed = page.get_by_role("region", name="Places", exact=True)
    energy = page.get_by_role("group", name="energy", exact=True).last
    town = page.get_by_role("region", name="Town", exact=True)
    for field, value, sentence in (
        (bed.get_by_label("Price"), "abc", "expected float, got str, but it is 'abc'"),
        (bed.get_by_label("Price"), "-1", "expected float >= 0.0, but it is -1"),
        (bed.get_by_label("Price"), "NaN", "expected float, got str, but it is 'NaN'"),
        (
            bed.get_by_label("x", exact=True),
            "8",
            "cell of Bed is [8, 1], outside the town; x goes from 0 to 7",
        ),
        (bed.get_by_label("x", exact=True), "2.5", "expected int, got float, but it is 2.5"),
        (bed.get_by_label("y", exact=True), "3", "cell of Fridge is [1, 3], taken by Bed"),
        (bed.get_by_label("Name", exact=True), "Job", "name 'Job' is taken already"),
        (energy.get_by_label("Drain a step"), "-0.1", "expected float >= 0.0, but it is -0.1"),
        (town.get_by_label("Width"), "300", "expected int <= 256, but it is 300"),
    ):
        before = field.input_value()
        field.fill(value)
        expect(findings(page)).to_contain_text("wrong.")
        expect(page.get_by_text(sentence).first).to_be_visible()
        if "taken" not in sentence:
            expect(field).to_have_attribute("aria-invalid", "true")
        field.fill(before)
        expect(findings(page)).to_contain_text(FINE)
    town.get_by_label("Width").fill("65")
    town.get_by_label("Height").fill("65")
    expect(town.get_by_label("Width")).to_have_accessible_description(re.compile("a town has at most 4096"))
    expect(town.get_by_label("Height")).to_have_value("65")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(town.get_by_label("Height")).to_have_value("8")
    expect(findings(page)).to_contain_text(FINE)


def test_a_shipped_town_with_its_bed_moved_differs_only_there(open_page: OpenPage, address: str) -> None:
    page = editor(open_page, address)
    begin(page, "sparse_adaptive")
    expect(yaml_of(page)).to_have_text("extends: sparse_adaptive\n")
    drawing = page.get_by_role("application").locator("svg").first
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    edge = box["width"] / 8

    def middle(x: int, y: int) -> tuple[float, float]:
        return box["x"] + (x + 0.5) * edge, box["y"] + (y + 0.5) * edge

    page.mouse.move(*middle(1, 1))
    page.mouse.down()
    page.mouse.move(*middle(2, 3), steps=4)
    page.mouse.move(*middle(3, 4), steps=4)
    page.mouse.up()
    moved = "extends: sparse_adaptive\n\nworld:\n  affordances:\n    Bed: {cell: [3, 4]}\n"
    expect(yaml_of(page)).to_have_text(moved)
    page.get_by_role("radio", name="Water").check()
    page.mouse.move(*middle(0, 5))
    page.mouse.down()
    page.mouse.move(*middle(0, 6))
    page.mouse.up()
    expect(yaml_of(page)).to_contain_text("- {kind: water, cell: [0, 5], to: [0, 6]}")
    page.get_by_role("application").press("ControlOrMeta+z")
    expect(yaml_of(page)).to_have_text(moved)
    # a reload does not lose it
    page.reload()
    expect(yaml_of(page)).to_have_text(moved)
    page.get_by_label("The file extends").select_option("")
    expect(yaml_of(page)).to_contain_text("- {name: Bed, cell: [3, 4], price: 5, effects: {energy: 0.5}")


def test_a_file_is_loaded_and_one_that_cannot_be_read_is_refused(
    open_page: OpenPage, address: str, tmp_path: Path
) -> None:
    page = editor(open_page, address)
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: no_money\nexperiment: {name: mine}\n"
        "world: {affordances: {Meadow: null, 床: {cell: [0, 0]}}}\n"
    )
    page.get_by_label("A YAML file").set_input_files(path)
    expect(page.get_by_text("Here is the town in mine.yaml")).to_be_visible()
    expect(yaml_of(page)).to_contain_text("Meadow: null")
    expect(findings(page)).to_contain_text("nobody needs 床")
    again = saved(page, tmp_path / "saved")
    assert load_config(again) == load_config(path)

    page.get_by_text("Paste YAML").click()
    for text, sentence in (
        ("extends: other.yaml", "only `producer town check FILE` can read other files"),
        ("extends: quick\nworld: {width: 4, width: 5}", "the key width is given twice"),
        ("extends: quick\nworld: &town [*town]", "an alias names what it stands in"),
        ("extends: quick\nworld: {meters: {luck: {}}}", "world.meters[6]: missing key start"),
    ):
        page.get_by_label("The text of a configuration").fill(text)
        page.get_by_role("button", name="Read the text").click()
        expect(page.get_by_text(sentence)).to_be_visible()
    expect(yaml_of(page)).to_contain_text("Meadow: null")


def test_the_editor_says_when_the_server_does_not_answer(open_page: OpenPage, address: str) -> None:
    page = editor(open_page, address, forgiving=True)
    begin(page, "quick")
    page.route("**/api/town/check", lambda route: route.abort())
    page.get_by_role("region", name="Town", exact=True).get_by_label("Width").fill("9")
    expect(findings(page)).to_contain_text("Nothing can be checked now")
    page.unroute("**/api/town/check")
    page.get_by_role("region", name="Town", exact=True).get_by_label("Width").fill("10")
    expect(findings(page)).to_contain_text(FINE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "side"), [(320, 8), (1280, 64)])
def test_the_editor_is_for_everyone(
    open_page: OpenPage, address: str, scheme: str, width: int, side: int
) -> None:
    page = editor(open_page, address, width, 800, color_scheme=scheme)
    begin(page, "sparse_adaptive")
    town = page.get_by_role("region", name="Town", exact=True)
    town.get_by_label("Width").fill(str(side))
    town.get_by_label("Height").fill(str(side))
    page.get_by_role("button", name="Job", exact=True).click()
    page.get_by_role("group", name="Job", exact=True).get_by_label("Price").fill("-1")
    expect(findings(page)).to_contain_text("One thing is wrong.")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # the cursor stays in view in a town that is larger than its frame
    frame = page.get_by_role("application")
    press(page, frame, *["ArrowDown"] * (side - 1))
    cursor, shown = frame.locator(".cursor").bounding_box(), frame.bounding_box()
    assert cursor is not None
    assert shown is not None
    assert shown["y"] <= cursor["y"]
    assert cursor["y"] + cursor["height"] <= shown["y"] + shown["height"] + 1


def test_every_shipped_town_can_be_begun_with(open_page: OpenPage, address: str) -> None:
    page = editor(open_page, address)
    for name in configurations():
        begin(page, name)
        expect(yaml_of(page)).to_have_text(f"extends: {name}\n")
