"""Options that several commands of `server` share, and the kinds of options that repeat."""

import os
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from core.errors import ConfigError
from core.process.command_line import FiniteRange
from server.disk import DEFAULT_FLOOR_MB
from server.settings import DEFAULT_PORT

Command = TypeVar("Command", bound=Callable[..., Any])

disk_floor_option = click.option(
    "--disk-floor",
    "disk_floor_mb",
    type=click.IntRange(min=0),
    envvar="HAMLET_DISK_FLOOR_MB",
    default=DEFAULT_FLOOR_MB,
    show_default=True,
    help="Free space, in MB, below which no snapshots are written.",
)


def is_http(url: str) -> bool:
    """Whether `url` is the address of something on the web."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def page_url_option(help_text: str) -> Callable[[Command], Command]:
    """The option `--url` of a command that shows a server's page in a browser."""
    return click.option(
        "--url",
        envvar="HAMLET_BROWSER_URL",
        default=_default_url,
        callback=_require_http,
        show_default="the server's own address",
        help=help_text,
    )


def _require_http(_context: click.Context, _parameter: click.Parameter, url: str) -> str:
    if not is_http(url):
        raise ConfigError(f"--url {url}: not an address of a page; give one such as http://127.0.0.1:8765/")
    return url


def _default_url() -> str:
    return f"http://127.0.0.1:{os.environ.get('HAMLET_VIZ_PORT', DEFAULT_PORT)}/"


def span(flag: str, default: float, unit: str, help_text: str) -> Callable[[Command], Command]:
    """An option for a span of time, with a variable of its own: `--keep-all` is HAMLET_KEEP_ALL."""
    return click.option(
        flag,
        type=FiniteRange(min=0, min_open=True),
        envvar="HAMLET_" + flag.removeprefix("--").replace("-", "_").upper(),
        default=default,
        show_default=True,
        help=f"{help_text}, in {unit}.",
    )


def count(flag: str, default: int, help_text: str) -> Callable[[Command], Command]:
    """An option for a number of files, with a variable of its own: `--keep-gifs` is HAMLET_KEEP_GIFS."""
    return click.option(
        flag,
        type=click.IntRange(min=1),
        envvar="HAMLET_" + flag.removeprefix("--").replace("-", "_").upper(),
        default=default,
        show_default=True,
        help=f"{help_text}.",
    )
