"""The command `projections compare`: its four formats, and how it refuses."""

import csv
import io
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from projections.compare import Comparison
from tests.support.many_runs import write_run
from tests.support.processes import run_command


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for seed in range(6):
        write_run(folder / f"run{seed}", seed, 100 + seed, settings={"population.gamma": 0.9 + seed % 2 / 20})
    return folder


def test_markdown_json_csv_and_png_tell_the_same(runs: Path, tmp_path: Path) -> None:
    arguments = ("projections", "compare", "--runs", runs, "--group-by", "population.gamma")
    markdown = run_command(*arguments)
    assert markdown.returncode == 0, markdown.stderr
    assert "| Final survival, steps | population.gamma = 0.9 | 3 | 102 |" in markdown.stdout
    found = msgspec.json.decode(run_command(*arguments, "--format", "json").stdout, type=Comparison)
    table = list(csv.DictReader(io.StringIO(run_command(*arguments, "--format", "csv").stdout)))
    for group in found.groups:
        (row,) = [
            row
            for row in table
            if (row["kind"], row["of"], row["key"]) == ("estimate", group.label, "final_survival")
        ]
        assert float(row["value"]) == group.figures["final_survival"].mean
        assert int(row["n"]) == 3
    picture = tmp_path / "curves.png"
    drawn = run_command(*arguments, "--format", "png", "--out", picture)
    assert drawn.returncode == 0, drawn.stderr
    with Image.open(picture) as image:
        colours = image.convert("RGB").getcolors(maxcolors=image.width * image.height)
    assert colours is not None
    assert len(colours) > 10


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["run0"], 64, "a comparison needs two runs or more"),
        (["run0", "/nowhere"], 64, "/nowhere: no such run"),
        (["run0", "run1", "--group-by", "population.gama"], 64, "did you mean population.gamma?"),
        (["run0", "run1", "--format", "png"], 2, "--format png needs --out FILE"),
        (["run0", "run1", "--out", "/nowhere/x.md"], 74, "/nowhere/x.md: cannot be written"),
    ],
)
def test_what_cannot_be_compared_is_said(runs: Path, arguments: list[str], code: int, sentence: str) -> None:
    refused = run_command("projections", "compare", "--runs", runs, *arguments)
    assert refused.returncode == code
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
