"""The command `server`: run the server, take snapshots, print the schema of what goes over the wire."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from core.errors import ConfigError
from core.process.command_line import FiniteRange, run_command, run_dir_option, runs_option, version_option
from core.process.logs import log_to_stderr
from core.process.memory import memory_settings
from core.process.output import protect_output
from core.resources import DASHBOARD, resource_folder
from core.run_directory import RunDirectory
from server.disk import DEFAULT_FLOOR_MB, MEGABYTE
from server.picture_commands import film, screenshot, size_option, take_history, theme_option
from server.security import normal_origin, normal_root_path
from server.settings import DEFAULT_HOST, DEFAULT_PORT, ServerSettings

Command = TypeVar("Command", bound=Callable[..., Any])

MINUTE = 60.0
HOUR = 3_600.0

disk_floor_option = click.option(
    "--disk-floor",
    "disk_floor_mb",
    type=click.IntRange(min=0),
    envvar="HAMLET_DISK_FLOOR_MB",
    default=DEFAULT_FLOOR_MB,
    show_default=True,
    help="Free space, in MB, below which no snapshots are written.",
)


@click.group()
@version_option
def group() -> None:
    """Serve the dashboard of a run, and make screenshots, GIFs and exports of it."""


@group.command()
@run_dir_option
@runs_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="HAMLET_VIZ_PORT",
    default=DEFAULT_PORT,
    show_default=True,
    help="Port to listen on; 0 takes any free one.",
)
@click.option(
    "--host",
    envvar="HAMLET_VIZ_HOST",
    default=DEFAULT_HOST,
    show_default=True,
    help="Address to listen on; 0.0.0.0 shows the run to the whole network.",
)
@click.option(
    "--frontend",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="HAMLET_FRONTEND_DIR",
    default=lambda: resource_folder(DASHBOARD),
    show_default="the one that is installed",
    help="Folder of the built dashboard.",
)
@click.option(
    "--allow-origin",
    "allowed_origins",
    multiple=True,
    envvar="HAMLET_ALLOWED_ORIGINS",
    help="Another site whose pages may open the WebSocket, such as http://localhost:5173; repeatable.",
)
@click.option(
    "--allow-frame",
    "allowed_frames",
    multiple=True,
    envvar="HAMLET_ALLOWED_FRAMES",
    help="A site whose pages may show the dashboard in a frame, such as http://localhost:8888; repeatable.",
)
@click.option(
    "--root-path",
    envvar="HAMLET_ROOT_PATH",
    default="",
    help="Path under which a proxy shows the dashboard, such as /hamlet.",
)
@click.option(
    "--max-viewers",
    type=click.IntRange(min=1),
    envvar="HAMLET_MAX_VIEWERS",
    default=None,
    show_default="2000, or as many as the limit of open files allows",
    help="WebSocket connections at once; more are refused.",
)
@disk_floor_option
@click.option(
    "--on-alarm",
    "alarm_command",
    metavar="COMMAND",
    envvar="HAMLET_ON_ALARM",
    help="Run this with sh when an incident begins and when it is over, JSON on stdin. HAMLET_ALARM_URL, a"
    " variable only, names an address that gets the same JSON by POST.",
)
def run(
    run: RunDirectory | None,
    runs: Path | None,
    port: int,
    host: str,
    frontend: Path,
    allowed_origins: tuple[str, ...],
    allowed_frames: tuple[str, ...],
    root_path: str,
    max_viewers: int | None,
    disk_floor_mb: int,
    alarm_command: str | None,
) -> None:
    """Serve the dashboard, its live feed and the run's history; waits for a run that has not begun.

    With --runs all runs below a directory: `/` lists them, `/runs/RUN_ID/` is the dashboard of one.
    """
    from server.process import allow_viewers, serve  # the other commands need not load the web framework

    protect_output()
    log_to_stderr()
    settings = ServerSettings(
        run=run,
        runs=runs,
        frontend=frontend,
        allowed_origins=tuple(normal_origin(origin, "--allow-origin") for origin in allowed_origins),
        allowed_frames=tuple(normal_origin(origin, "--allow-frame") for origin in allowed_frames),
        root_path=normal_root_path(root_path),
        max_viewers=allow_viewers(max_viewers),
        disk_floor_bytes=disk_floor_mb * MEGABYTE,
        memory=memory_settings(os.environ),
        alarm_command=alarm_command,
        alarm_url=_alarm_url(),
    )
    serve(settings, host, port, lambda address: click.echo(f"The dashboard is at {address}"))


def _alarm_url() -> str | None:
    """The address for notifications; no option, since options can be seen by every user of the machine.

    Raises:
        ConfigError: it is no HTTP address; the text does not repeat it.
    """
    url = os.environ.get("HAMLET_ALARM_URL")
    if not url:
        return None
    if not _is_http(url):
        raise ConfigError("HAMLET_ALARM_URL: not an address; it must begin with http:// or https://")
    return url


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _http(_context: click.Context, _parameter: click.Parameter, url: str) -> str:
    if not _is_http(url):
        raise ConfigError(f"--url {url}: not an address of a page; give one such as http://127.0.0.1:8765/")
    return url


def _default_url() -> str:
    return f"http://127.0.0.1:{os.environ.get('HAMLET_VIZ_PORT', DEFAULT_PORT)}/"


def _span(flag: str, default: float, unit: str, help_text: str) -> Callable[[Command], Command]:
    """An option for a span of time, with a variable of its own: `--keep-all` is HAMLET_KEEP_ALL."""
    return click.option(
        flag,
        type=FiniteRange(min=0, min_open=True),
        envvar="HAMLET_" + flag.removeprefix("--").replace("-", "_").upper(),
        default=default,
        show_default=True,
        help=f"{help_text}, in {unit}.",
    )


def _count(flag: str, default: int, help_text: str) -> Callable[[Command], Command]:
    """An option for a number of files, with a variable of its own: `--keep-gifs` is HAMLET_KEEP_GIFS."""
    return click.option(
        flag,
        type=click.IntRange(min=1),
        envvar="HAMLET_" + flag.removeprefix("--").replace("-", "_").upper(),
        default=default,
        show_default=True,
        help=f"{help_text}.",
    )


@group.command()
@run_dir_option
@click.option(
    "--url",
    envvar="HAMLET_BROWSER_URL",
    default=_default_url,
    callback=_http,
    show_default="the server's own address",
    help="Page to take screenshots of.",
)
@_span("--screenshot-every", 5, "minutes", "Interval between screenshots")
@click.option(
    "--gif-episodes",
    type=click.IntRange(min=1),
    envvar="HAMLET_GIF_EPISODES",
    default=50,
    show_default=True,
    help="Episodes in a novelty GIF, a frame each.",
)
@_span("--export-every", 1, "hours", "Interval between exports of the metrics")
@_span("--keep-all", 24, "hours", "How long every screenshot is kept")
@_span("--then-every", 1, "hours", "Interval at which one of the older screenshots is kept")
@_count("--keep-screenshots", 1000, "Screenshots kept at most; older ones are kept ever more sparsely")
@_count("--keep-gifs", 500, "Novelty GIFs kept at most; older ones are kept ever more sparsely")
@_count("--keep-exports", 100, "Exports kept at most; older ones are kept ever more sparsely")
@_span("--poll", 5, "seconds", "Interval between two checks of what is due")
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


group.add_command(screenshot)
group.add_command(film)


@group.command()
def schema() -> None:
    """Print one JSON Schema of all messages and API answers."""
    from projections.state import routes
    from server.schema import schema as wire_schema

    click.echo(json.dumps(wire_schema(routes()), indent=2))


def main() -> None:
    """Entry point of the console script `server`."""
    run_command(group)


if __name__ == "__main__":
    main()
