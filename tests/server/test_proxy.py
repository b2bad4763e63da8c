"""Behind a real nginx: under a path of its own, in frames, and where the proxy is set up wrongly."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core.errors import ConfigError
from server.security import normal_origin, normal_root_path, origin_allowed
from tests.support.proxy import HOST, UPGRADE, caddy, nginx
from tests.support.servers import PATIENT, Serve

PAGE = '<!doctype html><base href="/" /><script src="./assets/page-0a.js"></script>'


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "page-0a.js").write_text("1;")
    return folder


@pytest.fixture
def proxied(synthetic_run: Path, page: Path, tmp_path: Path, serve: Serve) -> Iterator[str]:
    """The address of a proxy in front of a server with --root-path /hamlet."""
    server = serve(synthetic_run, "--frontend", page, "--root-path", "hamlet/")
    locations = {"/hamlet/": HOST + UPGRADE, "/no-upgrade/": HOST, "/no-host/": UPGRADE}
    with nginx(tmp_path / "nginx", server, locations) as address:
        yield address


def test_under_a_path_page_files_api_and_websocket_all_work(proxied: str) -> None:
    with httpx.Client(base_url=f"http://{proxied}", timeout=120) as http:
        for name in ("", "stream", "gallery"):
            assert '<base href="/hamlet/"' in http.get(f"/hamlet/{name}").text
        assert http.get("/hamlet/assets/page-0a.js").text == "1;"
        assert http.get("/hamlet/api/state").json()["episode"] > 0
        assert http.get("/hamlet/healthz").status_code == HTTPStatus.OK
    with connect(f"ws://{proxied}/hamlet/ws", origin=f"http://{proxied}", **PATIENT) as viewer:
        assert json.loads(viewer.recv(timeout=120))["type"] == "state_update"


def test_caddy_as_the_manual_shows_it_needs_no_more(
    synthetic_run: Path, page: Path, tmp_path: Path, serve: Serve
) -> None:
    server = serve(synthetic_run, "--frontend", page, "--root-path", "/hamlet")
    with caddy(tmp_path / "caddy", server) as address:
        with httpx.Client(base_url=f"http://{address}", timeout=120) as http:
            assert http.get("/hamlet").headers["location"] == "/hamlet/"
            assert '<base href="/hamlet/"' in http.get("/hamlet/stream").text
            assert http.get("/hamlet/api/state").json()["episode"] > 0
        with connect(f"ws://{address}/hamlet/ws", origin=f"http://{address}", **PATIENT) as viewer:
            assert json.loads(viewer.recv(timeout=120))["type"] == "state_update"


def test_a_proxy_that_keeps_the_path_works_too(synthetic_run: Path, page: Path, serve: Serve) -> None:
    address = serve(synthetic_run, "--frontend", page, "--root-path", "/hamlet")
    with httpx.Client(base_url=f"http://{address}", timeout=120) as http:
        moved = http.get("/hamlet")
        assert (moved.status_code, moved.headers["location"]) == (308, "/hamlet/")
        assert http.get("/hamlet/").text == http.get("/").text == PAGE.replace('"/"', '"/hamlet/"')
        assert http.get("/hamlet/api/run").json() == http.get("/api/run").json()
        assert http.get("/hamletting").status_code == HTTPStatus.NOT_FOUND
    with connect(f"ws://{address}/hamlet/ws", **PATIENT) as viewer:
        assert json.loads(viewer.recv(timeout=120))["type"] == "state_update"


def test_a_proxy_without_upgrade_is_told_to_the_page_and_logged_once(proxied: str, tmp_path: Path) -> None:
    origin = f"http://{proxied}"
    for _ in range(2):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{proxied}/no-upgrade/ws", origin=origin, **PATIENT)
        assert refused.value.response.status_code == HTTPStatus.UPGRADE_REQUIRED
    check = httpx.get(f"{origin}/no-upgrade/api/websocket", params={"origin": origin}, timeout=120).json()
    assert check["allowed"]
    assert "has to pass the headers Upgrade and Connection" in check["reason"]
    assert (tmp_path / "server.log").read_text().count("Upgrade and Connection") == 1


def test_a_proxy_without_host_is_told_to_the_page_and_logged_once(proxied: str, tmp_path: Path) -> None:
    origin = f"http://{proxied}"
    for _ in range(2):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{proxied}/no-host/ws", origin=origin, **PATIENT)
        assert refused.value.response.status_code == HTTPStatus.FORBIDDEN
    check = httpx.get(f"{origin}/no-host/api/websocket", params={"origin": origin}, timeout=120).json()
    assert not check["allowed"]
    assert f"--allow-origin {origin}" in check["reason"]
    assert (tmp_path / "server.log").read_text().count(check["reason"]) == 1


def test_only_named_sites_may_frame_the_page_and_only_the_stream_takes_styles(
    synthetic_run: Path, serve: Serve
) -> None:
    closed, opened = serve(synthetic_run), serve(synthetic_run, "--allow-frame", "HTTP://LocalHost:8888/")
    headers = httpx.get(f"http://{closed}/", timeout=120).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    headers = httpx.get(f"http://{opened}/", timeout=120).headers
    assert headers["content-security-policy"].endswith("frame-ancestors http://localhost:8888")
    assert "x-frame-options" not in headers
    for address in (closed, opened):
        for path in ("/", "/gallery", "/api/run", "/nowhere"):
            assert (
                "unsafe"
                not in httpx.get(f"http://{address}{path}", timeout=120).headers["content-security-policy"]
            )
        policy = httpx.get(f"http://{address}/stream", timeout=120).headers["content-security-policy"]
        assert "style-src 'self' 'unsafe-inline'" in policy
        assert "script-src 'self';" in policy


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("http://localhost:5173/", "http://localhost:5173"),
        (" HTTPS://Example.ORG:443 ", "https://example.org"),
        ("http://example.org:80", "http://example.org"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
    ],
)
def test_origins_are_brought_into_the_form_that_browsers_send(given: str, normal: str) -> None:
    assert normal_origin(given, "--allow-origin") == normal
    assert origin_allowed(normal, None, (normal,))


@pytest.mark.parametrize(
    "given", ["", "localhost", "http://", "ftp://x", "http://x/page", "http://x:no", "*"]
)
def test_what_is_no_origin_is_refused_in_one_sentence(given: str) -> None:
    with pytest.raises(ConfigError, match="--allow-frame"):
        normal_origin(given, "--allow-frame")


@pytest.mark.parametrize("given", ["/a b", "/../x", "http://x/", '/"><script>', "//x//y"])
def test_what_is_no_path_is_refused_in_one_sentence(given: str) -> None:
    with pytest.raises(ConfigError, match="--root-path"):
        normal_root_path(given)


def test_the_default_port_of_the_scheme_does_not_make_another_host() -> None:
    assert origin_allowed("https://example.org", "example.org:443", ())
    assert origin_allowed("http://example.org:80", "Example.org", ())
    assert not origin_allowed("http://example.org", "example.org:8080", ())
    assert not origin_allowed("null", "null", ())
