"""Where a stream goes: the address of an RTMP server and the stream key, which is a secret.

The key comes from a file or a variable. A key on the command line is refused, because every user of the
machine can see it there.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import ConfigError

SCHEMES = {"rtmp": 1935, "rtmps": 443}
"""Schemes of an address, each with its port."""
KEY_VARIABLE = "HAMLET_STREAM_KEY"
KEY_FILE_VARIABLE = "HAMLET_STREAM_KEY_FILE"
MASK = "[stream key]"


class Target:
    """The server `address` ("rtmp://host:port/app") and the key; printed, it is the address alone."""

    def __init__(self, scheme: str, host: str, port: int, app: str, key: str) -> None:
        self.secure = scheme == "rtmps"
        self.host = host
        self.port = port
        self.app = app
        self.key = key
        shown_host = f"[{host}]" if ":" in host else host
        self.address = f"{scheme}://{shown_host}:{port}/{app}"

    def __repr__(self) -> str:
        return self.address

    def mask(self, text: str) -> str:
        """The text without the key."""
        return text.replace(self.key, MASK)


def parse_target(address: str, key: str) -> Target:
    """The target that `--to` names.

    Raises:
        ConfigError: it is no address of an RTMP server, or holds a key; the text repeats neither.
    """
    try:
        parts = urlsplit(address)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in SCHEMES or not host or port == 0:
        raise ConfigError("--to: not an address of an RTMP server such as rtmps://HOST/APP")
    app = parts.path.strip("/")
    if "/" in app or parts.query or parts.fragment or parts.username or parts.password:
        raise ConfigError(
            f"--to: holds more than {scheme}://HOST/APP; a stream key on the command line can be seen by"
            f" every user of this machine: give the key by --key-file, or in the variable {KEY_VARIABLE}"
        )
    if not app:
        raise ConfigError(
            f"--to: names no application; write {scheme}://{host}/APP, such as {scheme}://…/live2"
        )
    return Target(scheme, host, port or SCHEMES[scheme], app, key)


def read_key(file: Path | None) -> str:
    """The stream key from the file, else from the variable, which programs started later do not inherit.

    Raises:
        ConfigError: there is none, or it is no key; the text does not repeat it.
    """
    named = os.environ.pop(KEY_VARIABLE, "")
    where = KEY_VARIABLE
    if file is not None:
        where = f"--key-file {file}"
        try:
            named = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigError(f"{where}: cannot be read ({why})") from None
    key = named.strip()
    if not key:
        raise ConfigError(
            f"{where}: holds no stream key; write the key into a file that you alone can read and name it by"
            f" --key-file, or set {KEY_VARIABLE}"
        )
    if len(key.split()) != 1 or not key.isprintable():
        raise ConfigError(f"{where}: not a stream key; it must be one word on one line")
    return key
