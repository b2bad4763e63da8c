"""The built dashboard in memory: found by path, compressed once, replaced when a new build is there."""

import gzip
import json
import os
from pathlib import Path

import pytest

from core.errors import ConfigError
from server.frontend import IMMUTABLE, Frontend


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>" + "<p>Hamlet</p>" * 50)
    (folder / "assets" / "index-4f2a.js").write_text("export const town = 8;" * 100)
    (folder / "favicon.png").write_bytes(bytes(range(256)))
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


def test_a_missing_build_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no built front end \(index\.html\) here; build it with `npm"):
        Frontend(tmp_path / "dist")


def test_the_dashboards_pages_are_all_the_index(dist: Path) -> None:
    frontend = Frontend(dist)
    pages = [frontend.find(path) for path in ("", "index.html", "stream", "gallery")]
    assert all(page is not None and page is pages[0] for page in pages)
    assert pages[0] is not None
    assert (pages[0].media_type, pages[0].cache_control) == ("text/html", "no-cache")


def test_hashed_files_are_for_ever_and_text_is_compressed(dist: Path) -> None:
    frontend = Frontend(dist)
    script, icon = frontend.find("assets/index-4f2a.js"), frontend.find("favicon.png")
    assert script is not None
    assert icon is not None
    assert script.cache_control == IMMUTABLE
    assert script.gzipped is not None
    assert gzip.decompress(script.gzipped) == script.content
    assert icon.gzipped is None


def test_what_the_build_has_compressed_is_sent_with_its_file_and_not_alone(dist: Path) -> None:
    script = dist / "assets" / "index-4f2a.js"
    packed = script.with_name("index-4f2a.js.br")
    packed.write_bytes(b"small")
    frontend = Frontend(dist)
    found = frontend.find("assets/index-4f2a.js")
    assert found is not None
    assert found.brotli == b"small"
    assert frontend.find("assets/index-4f2a.js.br") is None


def test_a_compressed_file_that_is_older_than_its_file_is_of_another_build(dist: Path) -> None:
    packed = dist / "assets" / "index-4f2a.js.br"
    packed.write_bytes(b"small")
    os.utime(packed, (1, 1))
    found = Frontend(dist).find("assets/index-4f2a.js")
    assert found is not None
    assert found.brotli is None


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "link.txt", "assets/../../secret.txt", "/etc/passwd", "assets", "a\0b", "x" * 9999],
)
def test_nothing_outside_the_build_is_found(dist: Path, path: str) -> None:
    assert Frontend(dist).find(path) is None


def test_a_new_build_is_picked_up_and_a_missing_one_is_sat_out(dist: Path) -> None:
    frontend = Frontend(dist)
    index = dist / "index.html"
    index.unlink()
    old = frontend.find("")
    assert old is not None
    assert old.content.startswith(b"<!doctype html>")
    index.write_text("<!doctype html>new")
    os.utime(index, (1, 1))
    new = frontend.find("")
    assert new is not None
    assert new.content == b"<!doctype html>new"


def test_a_page_names_the_files_that_it_needs_beside_those_of_the_index(dist: Path) -> None:
    (dist / "index.html").write_text("<!doctype html><head></head>")
    page = "src/app/pages/LivePage.vue"
    (dist / ".vite").mkdir()
    (dist / ".vite" / "manifest.json").write_text(
        json.dumps(
            {
                "index.html": {"file": "assets/index-4f2a.js", "imports": ["_shared.js"], "isEntry": True},
                "_shared.js": {"file": "assets/shared.js"},
                "_map.js": {
                    "file": "assets/map.js",
                    "imports": ["_shared.js", page],
                    "css": ["assets/map.css"],
                },
                page: {"file": "assets/live.js", "imports": ["_map.js"], "css": ["assets/live.css"]},
            }
        )
    )
    hints = (
        '<link rel="modulepreload" crossorigin href="./assets/live.js">'
        '<link rel="preload" as="style" href="./assets/live.css">'
        '<link rel="modulepreload" crossorigin href="./assets/map.js">'
        '<link rel="preload" as="style" href="./assets/map.css">'
    )
    frontend = Frontend(dist)
    live, stream = frontend.page("", "<meta>"), frontend.page("stream", "<meta>")
    assert live is not None
    assert stream is not None
    assert f"<meta>{hints}</head>".encode() in live.content
    assert b"preload" not in stream.content
    assert frontend.find(".vite/manifest.json") is None
    below = Frontend(dist, root_path="/hamlet", many_runs=True).below("/runs/abc", "a run").page("", "")
    assert below is not None
    assert b'href="/hamlet/assets/live.js"' in below.content
