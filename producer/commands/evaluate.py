"""`producer evaluate`: play episodes with the network of a checkpoint."""

from pathlib import Path

import click
import msgspec

from core.config_schema import MAX_SEED
from core.process.command_line import FiniteRange

__all__ = ["evaluate"]


@click.command()
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), required=True, help="A checkpoint_ep….pt of any run."
)
@click.option(
    "--episodes", type=click.IntRange(min=2), default=200, show_default=True, help="Episodes per policy."
)
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    default=0,
    show_default=True,
    help="Draws the starts and the random actions.",
)
@click.option(
    "--layout",
    default="trained",
    show_default=True,
    help="Where the affordances stand: trained (as in the episodes before the checkpoint), start (as"
    " configured), moved (as the run rearranges them), or a configuration file with the same affordances.",
)
@click.option("--stage", type=click.IntRange(min=1), help="Stage from 1; the checkpoint's without it.")
@click.option(
    "--epsilon", type=FiniteRange(0.0, 1.0), help="Part of random actions; the checkpoint's without it."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def evaluate(
    checkpoint: Path,
    episodes: int,
    seed: int,
    layout: str,
    stage: int | None,
    epsilon: float | None,
    as_json: bool,
) -> None:
    """Play episodes with a trained network, as in training and greedily: survival, causes of death."""
    from producer.run.evaluate import evaluate as play

    evaluation = play(checkpoint, episodes, seed, layout=layout, stage=stage, epsilon=epsilon)
    if as_json:
        click.echo(msgspec.json.encode(evaluation).decode())
        return
    for line in evaluation.lines():
        click.echo(line)
