"""An object store on this machine: moto's server of S3, with one empty bucket."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import is_listening, running, wait_until

BUCKET = "hamlet"


@contextmanager
def s3_server(folder: Path, port: int) -> Iterator[str]:
    """The URL of an empty bucket; processes that a test starts find the server in their environment.

    Without s3fs and moto, which `make test-cluster` installs, the test is left out.
    """
    s3fs = pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        with running(folder / "moto.log", sys.executable, "-m", "moto.server", "-p", port):
            wait_until(lambda: is_listening(port), 400)
            s3fs.S3FileSystem(use_listings_cache=False).mkdir(BUCKET)
            yield f"s3://{BUCKET}"
    finally:
        s3fs.S3FileSystem.clear_instance_cache()
        os.environ.clear()
        os.environ.update(before)
