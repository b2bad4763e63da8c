"""A real nginx in front of a server, configured as docs/server.md shows."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import end, unused_port, wait_until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

UPGRADE = (
    'proxy_http_version 1.1;proxy_set_header Upgrade $http_upgrade;proxy_set_header Connection "upgrade";'
)
HOST = "proxy_set_header Host $http_host;"


@contextlib.contextmanager
def nginx(folder: Path, server: str, locations: dict[str, str]) -> Iterator[str]:
    """An nginx on any free port; yields its address, "127.0.0.1:port".

    `locations`: directives by path ("/hamlet/"); the path is removed on the way to `server` ("host:port").
    """
    if NGINX is None:
        pytest.skip("nginx is not installed (`make setup` installs it)")
    folder.mkdir()
    port = unused_port()
    blocks = "".join(
        f"location {path} {{ {directives} proxy_pass http://{server}/; }}\n"
        for path, directives in locations.items()
    )
    (folder / "nginx.conf").write_text(
        f"pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; worker_processes 1;\n"
        "events { worker_connections 64; }\n"
        "http { access_log off;\n"
        + "".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"server {{ listen 127.0.0.1:{port}; {blocks} }} }}\n"
    )
    process = subprocess.Popen(
        [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    )
    try:
        wait_until(lambda: (folder / "nginx.pid").exists() and (folder / "nginx.pid").read_text() != "")
        yield f"127.0.0.1:{port}"
    finally:
        end(process)
