"""Tags between encoder and receiver: a receiver begins with setup and keyframe, and losses are counted."""

import io

from server.stream.flv import AUDIO, SCRIPT, VIDEO, Tag, read_tags
from server.stream.publisher import Timeline, pause_before
from server.stream.status import StreamCounts
from server.stream.tag_queue import MOST_BYTES, TagQueue

ABOUT = Tag(SCRIPT, 0, b"\x02\x00\x0aonMetaData")
PICTURE_SETUP = Tag(VIDEO, 0, b"\x17\x00\x00\x00\x00avcC")
SOUND_SETUP = Tag(AUDIO, 0, b"\xaf\x00\x12\x10")
SETUP = [ABOUT, PICTURE_SETUP, SOUND_SETUP]


def key(at: int, size: int = 10) -> Tag:
    return Tag(VIDEO, at, b"\x17\x01" + bytes(size))


def frame(at: int, size: int = 10) -> Tag:
    return Tag(VIDEO, at, b"\x27\x01" + bytes(size))


def sound(at: int) -> Tag:
    return Tag(AUDIO, at, b"\xaf\x01\x00")


def put(queue: TagQueue, *tags: Tag) -> None:
    for tag in tags:
        queue.put(tag)


def held(queue: TagQueue) -> list[Tag]:
    tags = []
    while (tag := queue.get(0.0)) is not None:
        tags.append(tag)
    return tags


def flv(*tags: Tag) -> bytes:
    data = b"FLV\x01\x05\x00\x00\x00\x09" + bytes(4)
    for tag in tags:
        low, high = tag.timestamp & 0xFFFFFF, tag.timestamp >> 24
        head = bytes([tag.kind]) + len(tag.payload).to_bytes(3, "big") + low.to_bytes(3, "big")
        data += head + bytes([high]) + bytes(3) + tag.payload + (11 + len(tag.payload)).to_bytes(4, "big")
    return data


def test_tags_are_read_and_one_that_is_cut_off_is_left_out() -> None:
    tags = [*SETUP, key(0), sound(23), frame(0x1234567)]
    data = flv(*tags)
    assert list(read_tags(io.BytesIO(data))) == tags
    assert list(read_tags(io.BytesIO(data[:-5]))) == tags[:-1]
    assert [tag.is_setup for tag in tags] == [True, True, True, False, False, False]
    assert [tag.is_keyframe for tag in tags] == [False, False, False, True, False, False]
    assert [tag.is_frame for tag in tags] == [False, False, False, True, False, True]


def test_a_receiver_begins_with_the_setup_and_a_keyframe() -> None:
    counts = StreamCounts()
    queue = TagQueue(counts)
    put(queue, *SETUP, key(0), frame(33))
    queue.open()
    put(queue, frame(66), sound(70), key(100), sound(101), frame(133))
    kinds = [(tag.kind, tag.timestamp) for tag in held(queue)]
    assert kinds == [(SCRIPT, 100), (VIDEO, 100), (AUDIO, 100), (VIDEO, 100), (AUDIO, 101), (VIDEO, 133)]
    assert counts.lost == 3


def test_a_new_encoder_is_announced_to_the_same_receiver() -> None:
    queue = TagQueue(StreamCounts())
    put(queue, *SETUP)
    queue.open()
    put(queue, key(0), frame(33), PICTURE_SETUP, key(0), frame(33))
    one = [True, True, True, False, False]
    assert [tag.is_setup for tag in held(queue)] == [*one, *one]


def test_a_receiver_that_is_too_slow_goes_on_at_a_keyframe() -> None:
    counts = StreamCounts()
    queue = TagQueue(counts)
    put(queue, *SETUP)
    queue.open()
    put(queue, key(0, MOST_BYTES // 2), frame(33, MOST_BYTES // 3), frame(66, MOST_BYTES // 3), frame(99))
    assert held(queue) == []
    assert counts.lost == 4
    put(queue, key(200))
    assert held(queue)[-1] == key(200)


def test_what_is_held_when_the_connection_ends_is_lost() -> None:
    counts = StreamCounts()
    queue = TagQueue(counts)
    queue.open()
    put(queue, key(0), frame(33))
    queue.close()
    assert (held(queue), counts.lost) == ([], 2)


def test_time_goes_on_when_the_encoder_is_replaced() -> None:
    timeline = Timeline()
    assert [timeline.place(at) for at in (5000, 5033, 5020, 5066)] == [0, 33, 20, 66]
    assert [timeline.place(at) for at in (0, 33)] == [66, 99]


def test_pauses_grow_and_stay_bearable() -> None:
    assert [pause_before(attempt) for attempt in (1, 2, 3, 4, 5, 6, 60)] == [1, 2, 4, 8, 16, 30, 30]
