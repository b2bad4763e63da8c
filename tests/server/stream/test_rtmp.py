"""RTMP on the wire: what is written is read back, also byte by byte and after hours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.stream import amf
from server.stream.rtmp_chunks import (
    SET_CHUNK_SIZE,
    ChunkReader,
    Message,
    write_chunks,
)

VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
MESSAGES = st.builds(
    Message,
    kind=st.integers(2, 30),
    payload=st.binary(max_size=700),
    timestamp=st.integers(0, 2**32 - 1),
    stream=st.integers(0, 2**32 - 1),
)


@given(st.lists(VALUES, max_size=4))
def test_amf_reads_what_it_writes(values: list[Any]) -> None:
    assert amf.decode(amf.encode(*values)) == values


@given(st.binary(max_size=60))
def test_amf_that_is_none_is_refused(data: bytes) -> None:
    try:
        amf.decode(data)
    except ValueError:
        return


@given(st.lists(MESSAGES, min_size=1, max_size=4), st.integers(1, 300), st.integers(1, 200))
def test_messages_come_back_however_the_bytes_arrive(
    messages: list[Message], chunk_bytes: int, piece: int
) -> None:
    reader = ChunkReader()
    data = write_chunks(Message(SET_CHUNK_SIZE, chunk_bytes.to_bytes(4, "big")), 2, 128)
    data += b"".join(write_chunks(message, 4, chunk_bytes) for message in messages)
    received = [
        message for at in range(0, len(data), piece) for message in reader.feed(data[at : at + piece])
    ]
    assert received[1:] == messages


def test_short_headers_go_on_from_the_message_before() -> None:
    """As servers answer: a full header, then one with the time that has passed, then one with nothing."""
    full = bytes([0x05]) + b"\x00\x00\x0a" + b"\x00\x00\x02" + b"\x14" + b"\x01\x00\x00\x00" + b"ab"
    same_stream = bytes([0x45]) + b"\x00\x00\x05" + b"\x00\x00\x01" + b"\x12" + b"c"
    same_length = bytes([0x85]) + b"\x00\x00\x05" + b"d"
    received = list(ChunkReader().feed(full + same_stream + same_length))
    assert received == [
        Message(0x14, b"ab", 10, 1),
        Message(0x12, b"c", 15, 1),
        Message(0x12, b"d", 20, 1),
    ]


def test_a_message_that_claims_to_be_enormous_is_refused() -> None:
    claim = bytes([0x05]) + bytes(3) + b"\xff\xff\xff" + b"\x14" + bytes(4)
    with pytest.raises(ValueError, match="a message of 16777215 bytes"):
        list(ChunkReader().feed(claim))
