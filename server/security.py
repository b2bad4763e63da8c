"""Security headers of every answer, and origins of other sites in their one normal form.

The page loads nothing from other sites and runs no inline script. Nothing may frame the page unless
`--allow-frame` names it.
"""

import re
from urllib.parse import urlsplit

from core.errors import ConfigError

ROOT_PATH = re.compile(r"[A-Za-z0-9._~/-]+")
DEFAULT_PORTS = {"http": 80, "https": 443}

TRANSPORT_HEADERS: tuple[tuple[str, str], ...] = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)
"""On every answer, also on uvicorn's own refusals in plain text: invalid HTTP, too many connections."""


def page_headers(allowed_frames: tuple[str, ...] = (), inline_styles: bool = False) -> dict[str, str]:
    """The headers that say what a page may load and who may frame it.

    `inline_styles`: for the page of a stream, whose look OBS changes by a style element of its own.
    """
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'" if inline_styles else "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'none'",
        "frame-ancestors " + (" ".join(allowed_frames) or "'none'"),
    )
    headers = {"content-security-policy": "; ".join(policy)}
    return headers if allowed_frames else headers | {"x-frame-options": "DENY"}


def normal_origin(text: str, option: str) -> str:
    """The origin `text` as browsers send it: scheme and host in lower case, no default port, no slash.

    Raises:
        ConfigError: `text` is not an origin such as https://example.org:8443; the message names `option`.
    """
    origin = _normalised(text)
    if origin is None:
        raise ConfigError(
            f"{option} {text}: not an origin; give scheme, host and perhaps port, such as http://localhost:5173"
        )
    return origin


def normal_root_path(text: str) -> str:
    """The path of `--root-path` with a slash in front and none at its end, "" for none.

    Raises:
        ConfigError: `text` is not a path of letters, digits and `-._~/`.
    """
    path = text.strip().strip("/")
    if not path:
        return ""
    if not ROOT_PATH.fullmatch(path) or "//" in path or ".." in path:
        raise ConfigError(f"--root-path {text}: not a path; give one such as /hamlet")
    return f"/{path}"


def _normalised(text: str) -> str | None:
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    extra = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or extra:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown_port = "" if port is None or port == DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"


def origin_allowed(origin: str | None, host: str | None, allowed: tuple[str, ...]) -> bool:
    """Whether a page of `origin` may open the WebSocket of a server reached as `host`.

    Browsers always send the origin of a page, so another site's page cannot read the stream through its
    visitor's browser. Programs that are not browsers send no origin and are allowed. The default port of the
    origin's scheme does not count.
    """
    if origin is None:
        return True
    normal = _normalised(origin)
    if normal is None:
        return False
    return normal in allowed or (
        host is not None and normal == _normalised(f"{urlsplit(normal).scheme}://{host}")
    )
