"""The command `server stream`: the page of the run, live, to an RTMP server or into a file."""

from pathlib import Path
from urllib.parse import urlencode

import click

from core.errors import ConfigError, StoreError
from core.process.command_line import FiniteRange, run_dir_option
from core.process.logs import log_to_stderr
from core.process.output import protect_output
from core.run_directory import RunDirectory
from server.disk import MEGABYTE
from server.options import disk_floor_option, page_url_option, span
from server.picture_commands import parse_size, theme_option
from server.stream.settings import StreamSettings
from server.stream.target import KEY_FILE_VARIABLE, SCHEMES, Target, parse_target, read_key

HOUR = 3_600.0
GIGABYTE = 1_000_000_000
RECORDINGS = "stream"
"""Folder of the hourly recordings, beside that of the snapshots."""


@click.command()
@run_dir_option
@click.option(
    "--to",
    metavar="TARGET",
    envvar="HAMLET_STREAM_TO",
    help="Where the stream goes: rtmps://HOST/APP, rtmp://HOST/APP, or a file F.mkv.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    envvar=KEY_FILE_VARIABLE,
    help="File that holds the stream key; HAMLET_STREAM_KEY, a variable only, is the key itself.",
)
@click.option("--preflight", is_flag=True, help="Stream for 10 s to this machine, check what came, and end.")
@page_url_option("The server whose page /stream is shown.")
@click.option("--size", default="1280x720", show_default=True, help="Width and height in pixels, both even.")
@click.option("--fps", type=click.IntRange(1, 60), default=30, show_default=True, help="Frames a second.")
@click.option(
    "--kbps", type=click.IntRange(100, 50_000), default=3000, show_default=True, help="Kilobits a second."
)
@theme_option
@span("--broadcast-hours", 11, "hours", "Longest broadcast; platforms keep recordings of less than 12 hours")
@click.option(
    "--pause-seconds",
    type=FiniteRange(min=0),
    default=90,
    show_default=True,
    help="Pause between two broadcasts.",
)
@span("--renew-hours", 6, "hours", "How long a browser is used before another takes its place")
@click.option(
    "--archive-gb",
    type=FiniteRange(min=0),
    envvar="HAMLET_STREAM_ARCHIVE_GB",
    default=20,
    show_default=True,
    help="What the hourly recordings beside the stream may take, in GB; 0 for none.",
)
@span("--segment-minutes", 60, "minutes", "Length of a recording")
@disk_floor_option
def stream(
    run: RunDirectory,
    to: str | None,
    key_file: Path | None,
    preflight: bool,
    url: str,
    size: str,
    fps: int,
    kbps: int,
    theme: str,
    broadcast_hours: float,
    pause_seconds: float,
    renew_hours: float,
    archive_gb: float,
    segment_minutes: float,
    disk_floor_mb: int,
) -> None:
    """Stream the page of the run to an RTMP server such as YouTube's, or record it, until ended."""
    from server.film.encoder import find_ffmpeg
    from server.stream.preflight import preflight as rehearse
    from server.stream.process import run_stream  # the other commands need no browser

    protect_output()
    log_to_stderr()
    target, file = (None, None) if preflight else where(to, key_file)
    pixels = parse_size(size)
    if pixels[0] % 2 or pixels[1] % 2:
        raise ConfigError(f"--size {size}: the sides of a stream are even numbers of pixels")
    find_ffmpeg()
    settings = StreamSettings(
        run=run,
        url=f"{url.rstrip('/')}/stream?{urlencode({'theme': theme})}",
        size=pixels,
        fps=fps,
        kbps=kbps,
        target=target,
        file=file,
        archive=run.snapshots.parent / RECORDINGS if target is not None and archive_gb > 0 else None,
        archive_bytes=int(archive_gb * GIGABYTE),
        disk_floor_bytes=disk_floor_mb * MEGABYTE,
        segment_seconds=segment_minutes * 60,
        broadcast_seconds=broadcast_hours * HOUR,
        pause_seconds=pause_seconds,
        renew_seconds=renew_hours * HOUR,
    )
    if not preflight:
        run_stream(settings)
        return
    checks = rehearse(settings)
    for check in checks:
        click.echo(f"{'good' if check.good else 'BAD '} {check.name}: {check.found}")
    if not all(check.good for check in checks):
        raise StoreError(
            "preflight: the stream is not as platforms want it; see the lines that begin with BAD"
        )


def where(to: str | None, key_file: Path | None) -> tuple[Target | None, Path | None]:
    """The RTMP server or the file that `--to` names.

    Raises:
        ConfigError: it names neither, there is no key, or the file is there already.
    """
    if to is None:
        raise ConfigError(
            "--to: say where the stream goes: rtmps://HOST/APP, or a file F.mkv; or --preflight"
        )
    if to.split(":", 1)[0].lower() in SCHEMES:
        parse_target(to, "")  # a key in the address is the worse mistake: it is named first
        return parse_target(to, read_key(key_file)), None
    file = Path(to)
    if file.suffix != ".mkv" or "://" in to:
        raise ConfigError("--to: neither the address of an RTMP server (rtmps://HOST/APP) nor a file F.mkv")
    if not file.parent.is_dir():
        raise ConfigError(f"--to {to}: there is no folder {file.parent}")
    if file.exists():
        raise ConfigError(f"--to {to}: is there already; choose another name")
    return None, file
