"""The commands of `server` that make pictures of history: `screenshot`, `film`, and `snapshots --history`."""

import sys
from pathlib import Path

import click

from core.errors import ConfigError
from core.process.command_line import run_dir_option
from core.process.output import protect_output
from core.run_directory import RunDirectory, in_folder

MAX_PIXELS = 7680
SIZE = "1920x1080"


def parse_size(text: str) -> tuple[int, int]:
    """(width, height) in pixels of "1920x1080".

    Raises:
        ConfigError: the text is none, or a side is no number from 100 to `MAX_PIXELS`.
    """
    sides = text.split("x")
    if len(sides) == 2 and all(side.isdecimal() and 100 <= int(side) <= MAX_PIXELS for side in sides):
        return int(sides[0]), int(sides[1])
    raise ConfigError(f"--size {text}: not a size in pixels such as {SIZE}, each side 100 to {MAX_PIXELS}")


def picture_path(out: Path, kinds: tuple[str, ...]) -> Path:
    """`out` as a file that can be written.

    Raises:
        ConfigError: its extension is none of `kinds`, or its folder does not exist.
    """
    if out.suffix not in kinds:
        raise ConfigError(f"--out {out}: the name must end with {', '.join(kinds)}")
    if not out.parent.is_dir():
        raise ConfigError(f"--out {out}: there is no folder {out.parent}")
    return out


theme_option = click.option(
    "--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Colours."
)
size_option = click.option("--size", default=SIZE, show_default=True, help="Width and height in pixels.")
url_option = click.option("--url", help="A server that shows the run; without it one is started.")


def take_history(
    run: RunDirectory,
    url: str | None,
    every: int | None,
    landmarks: bool,
    layers: str,
    theme: str,
    size: str,
) -> int:
    """Make the pictures of history that are missing; returns how many were made.

    Raises:
        HamletError: a setting is wrong, or a picture cannot be made.
    """
    from server.pictures import Wanted, picture_history, unknown_layers  # needs a browser
    from server.snapshots.moments import LAYERS

    names = [name.strip() for name in layers.split(",") if name.strip()]
    if unknown := unknown_layers(names):
        raise ConfigError(f"--layers: no layer {', '.join(unknown)}; there are {', '.join(LAYERS)}")
    if not names:
        raise ConfigError(f"--layers: names no layer; there are {', '.join(LAYERS)}")
    both = every is None and not landmarks
    wanted = Wanted(
        every=50 if both else every,
        landmarks=landmarks or both,
        layers=names,
        theme=theme,
        size=parse_size(size),
    )
    made = picture_history(run, wanted, url, show_progress)
    if sys.stderr.isatty() and made:
        click.echo(err=True)
    return made


def show_progress(made: int, total: int) -> None:
    """Write how many of how many pictures are made over the last line, where somebody watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{made} of {total} pictures", nl=False, err=True)


@click.command()
@run_dir_option
@click.option("--episode", type=click.IntRange(min=1), required=True, help="The moment: its end.")
@click.option("--step", type=click.IntRange(min=1), help="Step of the episode that walks; its end without.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write, .png or .jpg.")
@click.option("--panel", help='Only the panel of this title, such as "Survival".')
@click.option("--full-page", is_flag=True, help="Also what lies below the screen.")
@theme_option
@size_option
@url_option
def screenshot(
    run: RunDirectory,
    episode: int,
    step: int | None,
    out: Path,
    panel: str | None,
    full_page: bool,
    theme: str,
    size: str,
    url: str | None,
) -> None:
    """Write a picture of one moment to a file, which the gallery does not show."""
    from server.pictures import picture_moment

    protect_output()
    path = picture_path(out, (".png", ".jpg", ".jpeg"))
    whole = panel is not None or full_page
    search = f"?still{'=page' if whole else ''}&episode={episode}&theme={theme}"
    if step is not None:
        search += f"&step={step}"
    picture_moment(run, path, search, episode, parse_size(size), url, panel, full_page)
    click.echo(str(path))


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write, such as F.mp4.")
@click.option("--seconds", type=click.FloatRange(5, 3600), default=60, show_default=True, help="Length.")
@click.option("--heatmap", is_flag=True, help="Novelty fading over the whole run, at one speed.")
@click.option("--episode", type=click.IntRange(min=1), help="One episode step by step; also as .gif, .webp.")
@click.option("--compare", type=(click.IntRange(min=1),) * 2, help="Two episodes side by side, step by step.")
@click.option(
    "--with",
    "other",
    metavar="RUN",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="With --compare: the second episode is one of this run.",
)
@theme_option
@click.option("--size", default="1280x720", show_default=True, help="Width and height in pixels, both even.")
def film(
    folder: Path,
    out: Path,
    seconds: float,
    heatmap: bool,
    episode: int | None,
    compare: tuple[int, int] | None,
    other: Path | None,
    theme: str,
    size: str,
) -> None:
    """Make a film of the run in the folder RUN: slow at its landmarks, fast between them.

    Captions (.vtt) and a description with time stamps (.txt) are written beside an .mp4.
    """
    from server.film.encoder import KINDS, find_ffmpeg
    from server.film.make import Comparison, make_comparison, make_film, plan_comparison, plan_film

    protect_output()
    path = picture_path(out, KINDS)
    pixels = parse_size(size)
    if pixels[0] % 2 or pixels[1] % 2:
        raise ConfigError(f"--size {size}: the sides of a film are even numbers of pixels")
    if path.suffix != ".mp4" and episode is None and compare is None:
        raise ConfigError(
            f"--out {out}: only a film of one episode (--episode) or of two (--compare) can be {path.suffix}"
        )
    if heatmap + (episode is not None) + (compare is not None) > 1:
        raise ConfigError("--heatmap, --episode, --compare: a film is one of them")
    if other is not None and compare is None:
        raise ConfigError("--with names the run of the second episode of --compare: give that, too")
    find_ffmpeg()
    run = in_folder(folder)
    if compare is not None:
        compared = Comparison(*compare, None if other is None else in_folder(other))
        scenes = plan_comparison(run, compared)
        make_comparison(run, compared, path, scenes, pixels, theme, show_film_progress)
        end_progress(path)
        return
    scenes = plan_film(run, seconds, heatmap, episode)
    view = "map=novelty&slide=curiosity" if heatmap else "map=none" if episode is not None else "map=visits"
    make_film(run, path, scenes, pixels, theme, view, show_film_progress)
    end_progress(path)


def end_progress(path: Path) -> None:
    """Leave the line of the bar, and say which file was written."""
    if sys.stderr.isatty():
        click.echo(err=True)
    click.echo(str(path))


def show_film_progress(made: int, total: int, seconds_left: float) -> None:
    """Write a bar with the time left over the last line, where somebody watches."""
    if sys.stderr.isatty():
        done = 30 * made // total
        bar = "#" * done + "." * (30 - done)
        left = f"{int(seconds_left) // 60}:{int(seconds_left) % 60:02} left"
        click.echo(f"\r[{bar}] {made} of {total} pictures, {left} ", nl=False, err=True)
