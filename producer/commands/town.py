"""`producer town`: commands about a town that is only described yet."""

from pathlib import Path

import click

__all__ = ["town"]


@click.group("town")
def town() -> None:
    """Look at a town before anybody lives in it."""


@town.command()
@click.argument("config", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--svg",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also draw the town as an SVG picture.",
)
def check(config: Path, svg: Path | None) -> None:
    """Draw the town of a configuration, and say what is odd about it.

    FILE is a YAML file, or the name of a configuration that comes along. What is wrong ends the command with
    an error; what is odd may be meant: an affordance that nobody needs, cells that cannot be reached, a stage
    that can be lived in without work.
    """
    from core.config import load_config
    from core.process.files import atomic_write
    from core.resources import find_config
    from core.world_odd import find_odd, needs
    from producer.environment.town_drawing import draw_svg, draw_text

    checked = load_config(find_config(config, "FILE"))
    world = checked.world
    click.echo(draw_text(world))
    click.echo(f"{world.width} × {world.height} cells, {len(checked.curriculum.stages)} stages")
    for need in needs(checked):
        click.echo(need.text)
    odd = find_odd(checked)
    for sentence in odd:
        click.echo(f"odd: {sentence}")
    if not odd:
        click.echo("nothing is odd")
    if svg is not None:
        atomic_write(svg, draw_svg(world).encode())
        click.echo(f"{svg}: the town as a picture")
