"""Replicas by way of S3: another machine fetches what one machine has uploaded, and nothing goes back.

`make test-cluster` installs s3fs and moto and runs this; without them it is left out.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from projections.cli import group
from projections.engine.rebuild import build_until
from projections.readmodels import READ_MODELS
from tests.support.s3 import s3_server
from tests.support.synthetic import Scenario, write_synthetic_log

pytestmark = pytest.mark.filterwarnings("default")  # those of the AWS client


@pytest.fixture
def bucket(tmp_path: Path, free_port: int) -> Iterator[str]:
    with s3_server(tmp_path, free_port) as url:
        yield url


def replicate(origin: object, target: object) -> Result:
    return CliRunner().invoke(group, ["replicate", "--from", str(origin), "--to", str(target), "--once"])


def test_another_machine_copies_from_s3_and_an_older_copy_is_refused(bucket: str, tmp_path: Path) -> None:
    live, copy = tmp_path / "live", tmp_path / "copy"
    live.mkdir()
    log = tmp_path / "events.db"
    write_synthetic_log(log, Scenario(episodes=300, resumes=0))
    for until in (500, 750):
        build_until(live / "next.db", log, READ_MODELS, until)
        (live / "next.db").replace(live / "demo_state.db")
        assert replicate(live, f"{bucket}/demo").exit_code == 0
        assert replicate(f"{bucket}/demo", copy).exit_code == 0
        content = (copy / "demo_state.db").read_bytes()
    build_until(live / "next.db", log, READ_MODELS, 600)
    (live / "next.db").replace(live / "demo_state.db")
    assert "is older than 750" in str(replicate(live, f"{bucket}/demo").exception)
    assert replicate(f"{bucket}/demo", copy).exit_code == 0
    assert (copy / "demo_state.db").read_bytes() == content
