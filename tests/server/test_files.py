"""The dashboard's files, snapshots and exports; and nothing else, however it is asked for."""

import shutil
import socket
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from server.security import TRANSPORT_HEADERS, page_headers
from server.snapshots.catalogue import Catalogue
from server.snapshots.gallery import write_index

MADE = {
    "snapshots/screenshot_20260921T141320Z.png": "image/png",
    "snapshots/novelty_ep1-50.gif": "image/gif",
    "exports/metrics_20260921T141320Z.csv": "text/csv; charset=utf-8",
    "exports/final_metrics.csv": "text/csv; charset=utf-8",
}


@pytest.fixture(scope="module")
def run_with_files(synthetic_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with snapshots and exports, and a file in their folder that is none of them."""
    run_dir = tmp_path_factory.mktemp("files") / "run"
    shutil.copytree(synthetic_run, run_dir)
    for name in MADE:
        (run_dir / name).parent.mkdir(exist_ok=True)
        (run_dir / name).write_bytes(name.encode())
    (run_dir / "snapshots" / "private.png").write_bytes(b"secret")
    return run_dir


@pytest.fixture(scope="module")
def http(run_with_files: Path, serve_for_module: Callable[[Path], str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{serve_for_module(run_with_files)}", timeout=120) as client:
        yield client


def test_the_dashboard_is_at_its_pages_and_its_files_are_compressed(http: httpx.Client, dist: Path) -> None:
    for page in ("/", "/stream", "/gallery", "/index.html"):
        answer = http.get(page)
        assert answer.headers["content-type"].startswith("text/html")
        before, after = (dist / "index.html").read_bytes().split(b"</head>")
        assert answer.content.startswith(before)
        assert answer.content.endswith(b"</head>" + after)
    script = http.get("/assets/page-0a.js", headers={"accept-encoding": "gzip"})
    assert script.headers["content-encoding"] == "gzip"
    assert "immutable" in script.headers["cache-control"]
    assert script.content == (dist / "assets" / "page-0a.js").read_bytes()
    plain = http.get("/assets/page-0a.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    again = http.get("/", headers={"if-none-match": http.get("/").headers["etag"]})
    assert again.status_code == HTTPStatus.NOT_MODIFIED


def test_snapshots_are_shown_and_exports_are_downloaded(http: httpx.Client) -> None:
    for name, media_type in MADE.items():
        answer = http.get(f"/{name}")
        assert answer.content == name.encode()
        assert answer.headers["content-type"] == media_type
        disposition = "inline" if name.startswith("snapshots") else "attachment"
        assert answer.headers["content-disposition"].startswith(disposition)


def test_the_gallery_is_what_the_worker_wrote(http: httpx.Client, run_with_files: Path) -> None:
    run_dir = run_with_files
    assert http.get("/api/gallery").json()["gifs"] == []
    write_index(run_dir / "snapshots", Catalogue(run_dir / "snapshots", run_dir / "exports").gallery(1.0))
    assert [gif["name"] for gif in http.get("/api/gallery").json()["gifs"]] == ["novelty_ep1-50.gif"]
    (run_dir / "snapshots" / "index.json").write_text("{")
    damaged = http.get("/api/gallery")
    assert damaged.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "index.json: cannot be read" in damaged.json()["error"]


@pytest.mark.parametrize(
    "target",
    [
        "/../../../../etc/passwd",
        "/..%2f..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/assets/../../run/events.db",
        "/assets/%2e%2e%2f%2e%2e%2frun%2fevents.db",
        "/snapshots/../events.db",
        "/snapshots/..%2fevents.db",
        "/snapshots/%2e%2e%2fdemo_state.db",
        "/snapshots/private.png",
        "/snapshots/novelty_ep1-50.gif%00.png",
        "/snapshots/",
        "/exports/..%2f..%2fevents.db",
        "/exports/%252e%252e%252fevents.db",
        "/events.db",
        "/demo_state.db",
        "/%00",
        "/" + "a" * 5000,
        "/caf%e9",
    ],
)
def test_no_request_names_a_file_that_is_not_offered(http: httpx.Client, target: str) -> None:
    # a raw request: an HTTP library would tidy the path up before sending it
    with socket.create_connection((http.base_url.host, http.base_url.port or 80), timeout=120) as raw:
        raw.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := raw.recv(65536):
            answer += chunk
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:300]
    assert b"SQLite" not in answer
    assert b"root:" not in answer
    assert b"secret" not in answer


def test_every_answer_carries_the_security_headers(http: httpx.Client) -> None:
    for path in ("/", "/api/run", "/api/series", "/nowhere", "/snapshots/novelty_ep1-50.gif", "/healthz"):
        answer = http.get(path)
        for name, value in (*TRANSPORT_HEADERS, *page_headers().items()):
            assert answer.headers.get_list(name) == [value], (path, name)
        assert "server" not in answer.headers


def test_pictures_count_for_the_scorecard(http: httpx.Client, run_with_files: Path) -> None:
    write_index(
        run_with_files / "snapshots",
        Catalogue(run_with_files / "snapshots", run_with_files / "exports").gallery(0.0),
    )
    criteria = {criterion["key"]: criterion for criterion in http.get("/api/scorecard").json()}
    assert criteria["captures"]["value"].startswith("1 screenshot and 1 GIF")
