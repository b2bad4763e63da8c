"""Notebooks written as Python files (percent format): `# %%` begins code, `# %% [markdown]` text."""

from typing import Any, Literal, TypeAlias

import msgspec

MARKER = "# %%"
MARKDOWN = "# %% [markdown]"

CellKind: TypeAlias = Literal["markdown", "code"]


class Cell(msgspec.Struct, frozen=True):
    """A cell: Markdown without its comment signs, or code."""

    kind: CellKind
    source: str


def read_cells(text: str) -> list[Cell]:
    """The cells of a file, in order; what stands before the first marker is left out."""
    cells: list[tuple[CellKind, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(MARKER):
            cells.append(("markdown" if line == MARKDOWN else "code", []))
        elif cells:
            kind, lines = cells[-1]
            lines.append(line.removeprefix("#").removeprefix(" ") if kind == "markdown" else line)
    return [Cell(kind, "\n".join(lines).strip()) for kind, lines in cells]


def notebook_of(cells: list[Cell]) -> dict[str, Any]:
    """The cells as a notebook in Jupyter's format 4.5, without outputs."""
    return {
        "cells": [_cell(number, cell) for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(number: int, cell: Cell) -> dict[str, Any]:
    common = {"cell_type": cell.kind, "id": f"cell-{number}", "metadata": {}, "source": cell.source}
    return common if cell.kind == "markdown" else {**common, "execution_count": None, "outputs": []}
