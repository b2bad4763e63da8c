"""The notebook of a pack: reviewed as a Python file, executed on tables, readable without a network."""

import ast
import json
import re
from pathlib import Path

import pytest

from core.resources import TEACHING, resource_folder
from projections.pack.notebook import can_execute
from projections.pack.percent import Cell, notebook_of, read_cells

SOURCE = resource_folder(TEACHING) / "analysis.py"
READER_NEEDS = {"contextlib", "pathlib", "matplotlib", "matplotlib_inline", "numpy", "pandas"}
OUTSIDE = re.compile(r"(?:src|href)\s*=\s*[\"'](?!data:|#)|@import|url\((?!data:|#)")


def test_cells_are_read_from_the_percent_format() -> None:
    text = "lost\n# %% [markdown]\n# # Title\n#\n# words\n\n# %%\nx = 1  # %% no marker\n"
    assert read_cells(text) == [Cell("markdown", "# Title\n\nwords"), Cell("code", "x = 1  # %% no marker")]
    code = notebook_of(read_cells(text))["cells"][1]
    assert (code["source"], code["outputs"], code["execution_count"]) == ("x = 1  # %% no marker", [], None)


def test_the_source_needs_nothing_of_hamlet() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SOURCE.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    assert imported <= READER_NEEDS


def test_source_and_tables_are_in_every_pack(full_pack: Path) -> None:
    folder = full_pack / "notebook"
    assert (folder / "analysis.py").read_bytes() == SOURCE.read_bytes()
    read = set(re.findall(r'table\("(\w+)"\)', SOURCE.read_text()))
    assert len(read) > 5
    assert read <= {path.stem for path in (folder / "data").glob("*.parquet")}


@pytest.mark.skipif(not can_execute(), reason="needs the extra: pip install -e '.[teaching]', or make pack")
def test_it_is_executed_and_its_page_names_no_outside_address(full_pack: Path) -> None:
    notebook = json.loads((full_pack / "notebook/analysis.ipynb").read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = {output["output_type"] for cell in code for output in cell["outputs"]}
    assert "error" not in kinds
    assert {"stream", "display_data", "execute_result"} <= kinds
    page = (full_pack / "notebook/analysis.html").read_text()
    assert OUTSIDE.search(page) is None
    assert "<script" not in page
