"""How many answers a second one core gives: the server itself, and an nginx that keeps them for a second.

    python tests/bench/bench_many_viewers.py --run-dir DIR

One connection asks one question after another, and what counts is the CPU time of the process, so that other
work on the machine does not matter. The run directory must have a read model; it is only read.
"""

import argparse
import re
import socket
import tempfile
from pathlib import Path

import psutil

from tests.support.proxy import HOST, nginx
from tests.support.servers import serving

CACHE = (
    "proxy_cache hamlet; proxy_ignore_headers Cache-Control; proxy_cache_valid 200 1h; proxy_cache_lock on;"
)
PATHS = ("/api/state", "/api/state?episode=100")
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = folder / "page"
        page.mkdir()
        (page / "index.html").write_text("<!doctype html>")
        cache = f"keepalive_requests 1000000; proxy_cache_path {folder}/cache keys_zone=hamlet:1m;"
        with (
            serving(options.run_dir, page, folder / "server.log") as server,
            nginx(folder / "nginx", server, {"/": HOST + CACHE}, cache) as proxy,
        ):
            for path in PATHS:
                for what, address, number in (
                    ("server", server, options.requests // 10),
                    ("nginx", proxy, options.requests),
                ):
                    size, seconds = measure(address, path, number)
                    print(
                        f"{what:<7}{path:<24}{size:>8} bytes gzipped {number / seconds:>9,.0f} answers/CPU-s"
                    )


def measure(address: str, path: str, number: int) -> tuple[int, float]:
    """Ask `number` times; bytes of an answer, and CPU seconds of all processes that listen there."""
    host, port = address.split(":")
    processes = _listeners(int(port))
    size = _ask(host, int(port), path, 1)
    before = sum(sum(process.cpu_times()[:2]) for process in processes)
    _ask(host, int(port), path, number)
    return size, sum(sum(process.cpu_times()[:2]) for process in processes) - before


def _ask(host: str, port: int, path: str, number: int) -> int:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    size = 0
    with socket.create_connection((host, port)) as connection, connection.makefile("rb") as answers:
        for _ in range(number):
            connection.sendall(request)
            length = 0
            while (line := answers.readline()) != b"\r\n":
                if (found := LENGTH.match(line)) is not None:
                    length = int(found[1])
            assert len(answers.read(length)) == length > 0
            size = length
    return size


def _listeners(port: int) -> list[psutil.Process]:
    """The processes below this one that have a socket on a port."""
    below = psutil.Process().children(recursive=True)
    return [
        process
        for process in below
        if any(at.laddr.port == port and at.status == "LISTEN" for at in process.net_connections())
    ]


if __name__ == "__main__":
    main()
