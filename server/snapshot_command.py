"""The command `server snapshots`: the worker that makes screenshots, novelty GIFs and exports."""

import os

import click
from click.core import ParameterSource

from core.process.command_line import run_dir_option
from core.process.logs import log_to_stderr
from core.process.memory import memory_settings
from core.process.output import protect_output
from core.run_directory import RunDirectory
from server.disk import MEGABYTE
from server.options import count, disk_floor_option, page_url_option, span
from server.picture_commands import size_option, take_history, theme_option

MINUTE = 60.0
HOUR = 3_600.0


@click.command()
@run_dir_option
@page_url_option("Page to take screenshots of.")
@span("--screenshot-every", 5, "minutes", "Interval between screenshots")
@click.option(
    "--gif-episodes",
    type=click.IntRange(min=1),
    envvar="HAMLET_GIF_EPISODES",
    default=50,
    show_default=True,
    help="Episodes in a novelty GIF, a frame each.",
)
@span("--export-every", 1, "hours", "Interval between exports of the metrics")
@span("--keep-all", 24, "hours", "How long every screenshot is kept")
@span("--then-every", 1, "hours", "Interval at which one of the older screenshots is kept")
@count("--keep-screenshots", 1000, "Screenshots kept at most; older ones are kept ever more sparsely")
@count("--keep-gifs", 500, "Novelty GIFs kept at most; older ones are kept ever more sparsely")
@count("--keep-exports", 100, "Exports kept at most; older ones are kept ever more sparsely")
@span("--poll", 5, "seconds", "Interval between two checks of what is due")
@disk_floor_option
@click.option(
    "--once",
    type=click.Choice(["screenshot", "gif", "csv"]),
    help="Make one now and end: a screenshot, all GIFs that are missing, or an export.",
)
@click.option(
    "--history",
    is_flag=True,
    help="Make the screenshots of the past that are missing and end: every 50 episodes and all landmarks.",
)
@click.option("--every", type=click.IntRange(min=1), help="With --history: one every so many episodes.")
@click.option("--landmarks", is_flag=True, help="With --history: the landmarks, alone without --every.")
@click.option(
    "--layers",
    default="page",
    show_default=True,
    help="With --history: what to show, such as town,survival.",
)
@theme_option
@size_option
def snapshots(
    run: RunDirectory,
    url: str,
    screenshot_every: float,
    gif_episodes: int,
    export_every: float,
    keep_all: float,
    then_every: float,
    keep_screenshots: int,
    keep_gifs: int,
    keep_exports: int,
    poll: float,
    disk_floor_mb: int,
    once: str | None,
    history: bool,
    every: int | None,
    landmarks: bool,
    layers: str,
    theme: str,
    size: str,
) -> None:
    """Take screenshots, make novelty GIFs and export the metrics, until the process is ended."""
    from server.snapshots.process import make_once, watch  # the other commands need no browser
    from server.snapshots.settings import SnapshotSettings

    protect_output()
    log_to_stderr()
    if history:
        given = click.get_current_context().get_parameter_source("url") is not ParameterSource.DEFAULT
        made = take_history(run, url if given else None, every, landmarks, layers, theme, size)
        click.echo(f"{made} pictures made")
        return
    settings = SnapshotSettings(
        run=run,
        url=url,
        screenshot_every=screenshot_every * MINUTE,
        gif_episodes=gif_episodes,
        export_every=export_every * HOUR,
        keep_all=keep_all * HOUR,
        then_every=then_every * HOUR,
        keep_screenshots=keep_screenshots,
        keep_gifs=keep_gifs,
        keep_exports=keep_exports,
        disk_floor_bytes=disk_floor_mb * MEGABYTE,
        memory=memory_settings(os.environ),
        poll=poll,
    )
    if once is None:
        watch(settings)
    else:
        for name in make_once(settings, once):
            click.echo(name)
