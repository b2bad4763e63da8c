"""Where a stream goes: a key on the command line is refused, and no text ever holds one."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from server.stream.target import KEY_VARIABLE, parse_target, read_key

KEY = "abcd-1234-secret"


@pytest.mark.parametrize(
    ("address", "host", "port", "app", "secure"),
    [
        ("rtmp://a.example/live2", "a.example", 1935, "live2", False),
        ("rtmps://a.example/live2/", "a.example", 443, "live2", True),
        ("rtmp://[::1]:2000/x", "::1", 2000, "x", False),
    ],
)
def test_an_address_has_a_host_a_port_and_an_application(
    address: str, host: str, port: int, app: str, secure: bool
) -> None:
    target = parse_target(address, KEY)
    assert (target.host, target.port, target.app, target.secure) == (host, port, app, secure)
    assert KEY not in f"{target} {target!r} {target.address}"
    assert KEY not in target.mask(f"cannot open {address}/{KEY}")


@pytest.mark.parametrize(
    "address",
    [
        f"rtmp://a.example/live2/{KEY}",
        f"rtmps://a.example/live2?key={KEY}",
        f"rtmp://user:{KEY}@a.example/live2",
        f"rtmp://a.example/live2#{KEY}",
    ],
)
def test_a_key_in_the_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ConfigError, match="--key-file") as refused:
        parse_target(address, "")
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["rtmp://", "rtmp:///live", "http://a/live", "rtmp://a:0/b", "rtmp://a:x/b"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="not an address of an RTMP server"):
        parse_target(address, "")
    with pytest.raises(ConfigError, match="names no application"):
        parse_target("rtmp://a.example", "")


def test_the_key_comes_from_a_file_or_a_variable_that_no_other_program_inherits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setenv(KEY_VARIABLE, "from-variable")
    assert read_key(None) == "from-variable"
    assert KEY_VARIABLE not in os.environ
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert read_key(tmp_path / "key") == KEY


@pytest.mark.parametrize("content", ["", "  \n", f"{KEY} {KEY}", f"{KEY}\x07"])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    with pytest.raises(ConfigError) as refused:
        read_key(tmp_path / "key")
    assert KEY not in str(refused.value)
    with pytest.raises(ConfigError, match=r"holds no stream key|cannot be read"):
        read_key(tmp_path / "missing")
