"""Sends a notification as JSON: `HAMLET_ALARM_URL` is the address, stdin the body of the POST request.

The server starts this as a process of its own, which it can end at any moment (`server.notifications`).
Nothing is printed, since the address may hold a secret; the exit code is 0 for an answer 2xx and 1 otherwise.
"""

import os
import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPException
from typing import IO
from urllib.request import Request

TIMEOUT_SECONDS = 10.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would be repeated as a GET without its body, and count as delivered."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: object, newurl: str
    ) -> None:
        return None


def post(url: str, content: bytes) -> bool:
    """Whether the address took `content`."""
    request = Request(url, content, {"content-type": "application/json"}, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_SECONDS) as answer:
            status = int(answer.status)
    except (urllib.error.URLError, HTTPException, OSError, ValueError):
        return False
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


if __name__ == "__main__":
    sys.exit(not post(os.environ["HAMLET_ALARM_URL"], sys.stdin.buffer.read()))
