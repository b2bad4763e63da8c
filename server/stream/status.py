"""What a stream reports: `stream.json` beside the snapshots, read for `/healthz` and `/metrics`.

The stream and the server are two processes that may be of two machines; a file in a folder that both have is
what the snapshot worker uses as well.
"""

import contextlib
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from server.snapshots.files import write_whole

STATUS_NAME = "stream.json"
SILENT_SECONDS = 60.0
"""A stream that has not reported for so long has ended or hangs."""
PAST_SECONDS = 24 * 3_600.0
"""A stream that has not reported for so long is history."""
DOWN_SECONDS = 60.0
"""How long a stream may be without its receiver before that is an alarm."""

StreamState: TypeAlias = Literal["starting", "live", "reconnecting", "stalled", "pause", "ended"]


class StreamCounts(msgspec.Struct, kw_only=True):
    """What was counted since the stream was started; each count is written by one thread alone.

    `sent` frames went to the encoder, `repeated` of them because the page had drawn nothing new. `dropped`
    frames were left out because the encoder was too late, `lost` ones were encoded but not sent, because
    there was no connection. `reconnects` connections were made after the first; `browsers` and `encoders`
    were started in the place of others.
    """

    sent: int = 0
    repeated: int = 0
    dropped: int = 0
    lost: int = 0
    reconnects: int = 0
    browsers: int = 0
    encoders: int = 0


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A stream as of `updated_at`; times in Unix seconds.

    `target` is the receiver without its key, or a file. The stream is in its `state` since `since`; `problem`
    says why it is not live, empty when it is. In the state "stalled" the encoder takes no pictures.
    """

    updated_at: float
    started_at: float
    target: str
    state: StreamState
    since: float
    problem: str = ""
    counts: StreamCounts
    archive_files: int = 0
    archive_bytes: int = 0


def write_status(folder: Path, status: StreamStatus) -> None:
    """Put `stream.json` into the folder of the snapshots.

    Raises:
        StoreError: it cannot be written.
    """
    write_whole(folder / STATUS_NAME, msgspec.json.encode(status))


def read_status(folder: Path) -> StreamStatus | None:
    """The status as the stream wrote it last; None where there is no stream, or one of another version."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((folder / STATUS_NAME).read_bytes(), type=StreamStatus)
    return None


def stream_problem(status: StreamStatus | None, now: float) -> str | None:
    """What is wrong with a stream at `now`, Unix seconds, as a sentence; None when all is well."""
    if status is None or status.state == "ended":
        return None
    if now - status.updated_at > SILENT_SECONDS:
        silent = now - status.updated_at
        text = f"nothing was reported for {silent:.0f} s; it ended or hangs"
        return text if silent < PAST_SECONDS else None
    if status.state == "stalled":
        return status.problem
    if status.state in ("starting", "reconnecting") and now - status.since > DOWN_SECONDS:
        return f"not live for {now - status.since:.0f} s ({status.problem or 'no reason'})"
    return None
