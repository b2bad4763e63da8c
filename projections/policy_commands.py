"""The commands that read the recorded policies: `projections policy` and `projections ask`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import apsw
import click
import msgspec
import numpy as np

from core.errors import StoreError
from core.process.command_line import run_dir_option
from core.process.files import atomic_replace
from core.run_directory import RunDirectory
from projections.engine.reader import read_once
from projections.readmodels.policies import Answer, ask_policy, policy_of_run

Result = TypeVar("Result")

EPISODE_HELP = "As of the end of this episode; the newest policy without it."


@click.command()
@run_dir_option
@click.option("--episode", type=click.IntRange(min=1), help=EPISODE_HELP)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write, FILE.npz.")
def policy(run: RunDirectory, episode: int | None, out: Path) -> None:
    """Write a recorded Q-network as numpy arrays: weight_0 [out, in], bias_0 [out], and so on."""
    found = _read(run, lambda connection: policy_of_run(connection, episode))
    arrays: dict[str, Any] = {
        f"{kind}_{at}": part
        for at, layer in enumerate(found.layers())
        for kind, part in zip(("weight", "bias"), layer, strict=True)
    }
    for name in ("episode", "checkpoint", "cells", "meters", "affordances", "actions", "sight"):
        arrays[name] = np.array(getattr(found, name))
    try:
        with atomic_replace(out) as unfinished, unfinished.open("wb") as file:
            np.savez(file, **arrays)
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror})") from error
    click.echo(f"{out}: the policy of {found.checkpoint}, which stands for episode {found.episode}")


@click.command()
@run_dir_option
@click.option("--episode", type=click.IntRange(min=1), help=EPISODE_HELP)
@click.option(
    "--cell", required=True, metavar="X,Y", help="Column and row of the cell, from the top left, from 0."
)
@click.option("--meters", default="", metavar="NAME=LEVEL,…", help="Levels 0 to 1; other meters are full.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def ask(run: RunDirectory, episode: int | None, cell: str, meters: str, as_json: bool) -> None:
    """Print what the agents would do in a state: the value of every action, the best one, and its margin."""
    at, levels = _cell(cell), _meters(meters)
    answer = _read(run, lambda connection: ask_policy(connection, episode, at, levels))
    click.echo(msgspec.json.encode(answer).decode() if as_json else "\n".join(_lines(answer)))


def _lines(answer: Answer) -> list[str]:
    here = answer.affordance_here or "no affordance"
    levels = ", ".join(f"{name} {level:.2f}" for name, level in answer.meters.items())
    ranked = sorted(answer.q_values.items(), key=lambda item: -item[1])
    return [
        f"policy of {answer.checkpoint}, which stands for episode {answer.episode}",
        f"state     cell {answer.cell[0]},{answer.cell[1]} ({here}); {levels}",
        f"action    {answer.action}, by a margin of {answer.margin:.4f}",
        *(f"          {value:9.4f}  {action}" for action, value in ranked),
    ]


def _cell(text: str) -> tuple[int, int]:
    try:
        x, y = text.split(",")
        return int(x), int(y)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r}: give two whole numbers, as in 3,4", param_hint="--cell"
        ) from error


def _meters(text: str) -> dict[str, float]:
    levels: dict[str, float] = {}
    for part in filter(str.strip, text.split(",")):
        name, _, level = (piece.strip() for piece in part.partition("="))
        if name in levels:
            problem = f"{text!r}: gives {name} twice; keep one of the two"
            raise click.BadParameter(problem, param_hint="--meters")
        try:
            levels[name] = float(level)
        except ValueError as error:
            problem = f"{text!r}: give names and levels, as in energy=.2,money=0"
            raise click.BadParameter(problem, param_hint="--meters") from error
    return levels


def _read(run: RunDirectory, query: Callable[[apsw.Connection], Result]) -> Result:
    """Ask the read model of a run.

    Raises:
        StoreError: there is no read model.
    """
    with read_once(run.read_model) as connection:
        return query(connection)
