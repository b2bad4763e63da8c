"""What a shared link shows before it is opened, and what an address shows at which nothing is."""

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from server.link_preview import STILL_PICTURE, preview_tags, shared_page
from server.snapshots.gallery import Gallery, NoveltyGif, Screenshot

GALLERY = Gallery(
    updated_at=0.0,
    screenshots=[Screenshot(name="screenshot_20260921T141320Z.png", bytes=1, taken_at=0.0)],
    gifs=[
        NoveltyGif(
            name=f"novelty_ep{first}-{first + 49}.gif", bytes=1, first=first, last=first + 49, made_at=0.0
        )
        for first in (1, 51)
    ],
)
EMPTY = Gallery(updated_at=0.0)


def properties(
    page: str = "", host: str = "example.org", gallery: Gallery = GALLERY, **given: str
) -> dict[str, str]:
    shared = shared_page(
        page,
        given.get("scheme", "https"),
        host,
        given.get("root_path", ""),
        given.get("episode"),
        given.get("run", ""),
    )
    return dict(re.findall(r'property="([^"]+)" content="([^"]*)"', preview_tags(shared, gallery)))


def test_a_link_to_a_moment_is_titled_by_it_and_shows_a_picture_of_then() -> None:
    tags = properties(episode="60")
    assert tags["og:title"] == "Hamlet: episode 60"
    assert "episode 60" in tags["og:description"]
    assert tags["og:url"] == "https://example.org/?episode=60"
    assert tags["og:image"] == "https://example.org/snapshots/novelty_ep51-100.gif"


def test_a_link_to_one_run_of_many_names_the_run() -> None:
    assert properties(run="seeds/a & b")["og:title"] == "Hamlet: seeds/a &amp; b"
    assert properties(run="fast", episode="60")["og:title"] == "Hamlet: fast, episode 60"
    assert properties("gallery", run="fast")["og:title"] == "Hamlet: fast, gallery"


def test_a_preview_of_a_comparison_names_no_address_that_would_compare_other_runs() -> None:
    tags = properties("compare")
    assert tags["og:title"] == "Hamlet: compare"
    assert "og:url" not in tags


def test_a_link_to_the_present_shows_the_newest_screenshot() -> None:
    tags = properties(host="[::1]:8765", scheme="http", root_path="/hamlet")
    assert tags["og:title"] == "Hamlet"
    assert tags["og:url"] == "http://[::1]:8765/hamlet/"
    assert tags["og:image"] == "http://[::1]:8765/hamlet/snapshots/screenshot_20260921T141320Z.png"


def test_without_a_picture_of_the_run_the_dashboards_own_is_shown() -> None:
    assert properties(gallery=EMPTY)["og:image"] == f"https://example.org/{STILL_PICTURE}"
    assert properties(episode="101")["og:image"] == f"https://example.org/{STILL_PICTURE}"
    assert (Path(__file__).parents[2] / "frontend/public" / STILL_PICTURE).is_file()


@pytest.mark.parametrize("host", ["", 'a"><script>', "example.org/x", "a b", "x@y", "[::1", "a:port"])
def test_a_host_that_is_none_is_not_repeated(host: str) -> None:
    tags = properties(host=host)
    assert "og:image" not in tags
    assert "og:url" not in tags
    assert tags["og:title"] == "Hamlet"


@pytest.mark.parametrize("episode", ["0", "-1", "1e9", "9999999999", '"><script>', ""])
def test_an_episode_that_is_none_is_left_out(episode: str) -> None:
    assert properties(episode=episode)["og:title"] == "Hamlet"


def test_other_pages_have_titles_of_their_own() -> None:
    assert properties("gallery", episode="5")["og:title"] == "Hamlet: gallery"
    assert properties("stream")["og:url"] == "https://example.org/stream"
    assert properties("index.html")["og:url"] == "https://example.org/"


@pytest.fixture(scope="module")
def http(synthetic_run: Path, serve_for_module: Callable[[Path], str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{serve_for_module(synthetic_run)}", timeout=120) as client:
        yield client


def test_the_server_writes_the_tags_into_the_head(http: httpx.Client) -> None:
    page = http.get("/?episode=7")
    head = page.text.partition("</head>")[0]
    assert '<meta property="og:title" content="Hamlet: episode 7" />' in head
    assert f'content="http://{http.base_url.netloc.decode()}/{STILL_PICTURE}"' in head
    assert http.get("/?episode=8").headers["etag"] != page.headers["etag"]


def test_an_unknown_address_is_a_page_for_people_and_json_for_programs(http: httpx.Client) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = http.get("/no/<b>such</b>", headers=browser)
    assert page.status_code == HTTPStatus.NOT_FOUND
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Nothing is at /no/&lt;b&gt;such&lt;/b&gt;." in page.text
    assert str(page.url.join(re.search(r'<a href="([^"]+)"', page.text)[1])).endswith(  # type: ignore[index]
        f"{http.base_url.netloc.decode()}/"
    )
    for path, headers in (("/no/such", {}), ("/api/no/such", browser)):
        answer = http.get(path, headers=headers)
        assert answer.status_code == HTTPStatus.NOT_FOUND
        assert answer.json()["error"].startswith("nothing is at")
