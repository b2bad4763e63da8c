"""Do the success criteria hold? Trains one run per seed and prints each criterion with its figure.

`python tests/bench/bench_criteria.py --seeds 0,1,2` (`make criteria`). A run takes minutes: not for CI.
"""

import sys
import time
from pathlib import Path

import click
import torch

from core.config import load_config, parse_setting
from core.errors import HamletError
from core.resources import find_config
from producer.training.criteria import Criterion, bound_without_work, judge
from producer.training.memory_recorder import MemoryRecorder
from producer.training.trainer import Trainer, train


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), default="sparse_adaptive")
@click.option("--seeds", default="0,1,2", help="Comma-separated.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Instead of a key of the file.")
@click.option("--verbose", is_flag=True, help="A line every 250 episodes.")
def main(path: Path, seeds: str, settings: tuple[str, ...], verbose: bool) -> None:
    """Train one run per seed and print the criteria as a Markdown table; exit 1 if one fails."""
    columns: dict[int, list[Criterion]] = {}
    try:
        config = load_config(find_config(path), dict(map(parse_setting, settings)))
        torch.set_num_threads(config.training.num_threads)
        bound = bound_without_work(config)
        for seed in map(int, seeds.split(",")):
            began = time.perf_counter()
            history = MemoryRecorder(config, verbose)
            trainer = Trainer(config, history, seed)
            train(trainer)
            columns[seed] = judge(config, history, trainer, bound)
            seconds = time.perf_counter() - began
            click.echo(f"seed {seed}: {seconds:.0f} s, {trainer.vector_steps} vector steps")
            if verbose:
                click.echo("\n".join(f"  {_cell(criterion)} {criterion.name}" for criterion in columns[seed]))
    except HamletError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    click.echo("\n| criterion |" + "".join(f" seed {seed} |" for seed in columns))
    click.echo("|---|" + "---|" * len(columns))
    for row in zip(*columns.values(), strict=True):
        click.echo(f"| {row[0].name} |" + "".join(f" {_cell(criterion)} |" for criterion in row))
    if not all(criterion.holds or criterion.aim for column in columns.values() for criterion in column):
        sys.exit(1)


def _cell(criterion: Criterion) -> str:
    return f"{'✓' if criterion.holds else '✗'} {criterion.figure}"


if __name__ == "__main__":
    main()
