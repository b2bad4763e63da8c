"""A real nginx or Caddy in front of servers, configured as the docs show."""

import contextlib
import getpass
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.processes import REPOSITORY, end, is_listening, unused_port, wait_until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

CADDY = shutil.which("caddy")
MANUAL = REPOSITORY / "docs" / "server.md"
MANY_VIEWERS = REPOSITORY / "docs" / "operate" / "many-viewers.md"

UPGRADE = (
    'proxy_http_version 1.1;proxy_set_header Upgrade $http_upgrade;proxy_set_header Connection "upgrade";'
)
HOST = "proxy_set_header Host $http_host;"


@contextlib.contextmanager
def nginx(folder: Path, server: str, locations: dict[str, str], more: str = "") -> Iterator[str]:
    """An nginx on any free port; yields its address, "127.0.0.1:port".

    `locations`: directives by path ("/hamlet/"); the path is removed on the way to `server` ("host:port").
    `more` are directives beside the server, such as an upstream that `server` names.
    """
    port = unused_port()
    blocks = "".join(
        f"location {path} {{ {directives} proxy_pass http://{server}/; }}\n"
        for path, directives in locations.items()
    )
    with _nginx(folder, f"{more}\nserver {{ listen 127.0.0.1:{port}; {blocks} }}"):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def nginx_for_many_viewers(folder: Path, servers: Sequence[str]) -> Iterator[str]:
    """An nginx on any free port with the whole block of docs/operate/many-viewers.md; yields its address.

    Only the port, the folder of the cache and the addresses of the two `servers` are others than there.
    """
    port = unused_port()
    shown = re.search(r"```nginx\n(.*?)```", MANY_VIEWERS.read_text(), re.DOTALL)
    assert shown is not None
    block = shown[1].replace("/var/cache/nginx/hamlet", f"{folder}/cache")
    for number, server in enumerate(servers, start=8001):
        assert f"127.0.0.1:{number}" in block
        block = block.replace(f"127.0.0.1:{number}", server)
    with _nginx(folder, block.replace("server {\n", f"server {{\n    listen 127.0.0.1:{port};\n", 1)):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def _nginx(folder: Path, http: str) -> Iterator[None]:
    if NGINX is None:
        pytest.skip("nginx is not installed (`make setup` installs it)")
    folder.mkdir()
    (folder / "nginx.conf").write_text(
        # its own user is one that may not write a cache in this folder
        f"user {getpass.getuser()};\n"
        f"pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; worker_processes 1;\n"
        "worker_rlimit_nofile 4096; events { worker_connections 2048; }\n"
        "http { access_log off;\n"
        + "".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"{http} }}\n"
    )
    process = subprocess.Popen(
        [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    )
    try:
        wait_until(lambda: (folder / "nginx.pid").exists() and (folder / "nginx.pid").read_text() != "")
        yield
    finally:
        end(process)


@contextlib.contextmanager
def caddy(folder: Path, server: str) -> Iterator[str]:
    """A Caddy on any free port with the manual's own Caddyfile; yields its address, "127.0.0.1:port".

    Only names and ports are others than in the manual: there is no certificate for a machine without a name.
    """
    if CADDY is None:
        pytest.skip("caddy is not installed (Debian's package caddy has it)")
    folder.mkdir()
    port = unused_port()
    shown = re.search(r"```caddyfile\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    assert shown is not None
    site = shown[1].replace("example.org", f"http://127.0.0.1:{port}").replace("127.0.0.1:8765", server)
    (folder / "Caddyfile").write_text(f"{{\n    admin off\n}}\n{site}")
    command = [CADDY, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    process = subprocess.Popen(command, env={"HOME": str(folder)}, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_listening(port) or process.poll() is not None)
        yield f"127.0.0.1:{port}"
    finally:
        end(process)
