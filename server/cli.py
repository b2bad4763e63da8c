"""The command `server`: run the server, make pictures, films and streams, print the schema of the wire."""

import json
import os
from pathlib import Path

import click

from core.errors import ConfigError
from core.process.command_line import run_command, run_dir_option, runs_option, version_option
from core.process.logs import log_to_stderr
from core.process.memory import memory_settings
from core.process.output import protect_output
from core.resources import DASHBOARD, resource_folder
from core.run_directory import RunDirectory
from server.disk import MEGABYTE
from server.options import disk_floor_option, is_http
from server.picture_commands import film, screenshot
from server.security import normal_origin, normal_root_path
from server.settings import DEFAULT_HOST, DEFAULT_PORT, ServerSettings
from server.snapshot_command import snapshots
from server.stream_command import stream


@click.group()
@version_option
def group() -> None:
    """Serve the dashboard of a run, and make screenshots, GIFs, exports, films and streams of it."""


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
    if not is_http(url):
        raise ConfigError("HAMLET_ALARM_URL: not an address; it must begin with http:// or https://")
    return url


group.add_command(snapshots)
group.add_command(screenshot)
group.add_command(film)
group.add_command(stream)


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
