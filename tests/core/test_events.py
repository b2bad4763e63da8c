"""Every event type survives the way into the log and out of it; what does not fit is refused."""

import math
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codec import Recorded, decode, encode
from core.events import CATALOGUE, EpisodeFinished, Event, Heartbeat, StageChanged, event_name

INTEGERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return st.builds(kind, **{name: values(hints[name]) for name in kind.__struct_fields__})
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=4)
    if get_origin(kind) is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(values(arguments[0]), max_size=4).map(tuple)
        return st.tuples(*map(values, arguments))
    if arguments:
        return st.one_of(*map(values, arguments))
    plain = {
        bool: st.booleans(),
        int: INTEGERS,
        float: FLOATS,
        str: st.text(),
        bytes: st.binary(),
        type(None): st.none(),
    }
    return PLAIN if kind is Any else plain[kind]


def test_names_are_stable_and_unlike_each_other() -> None:
    assert [event_name(event_type) for event_type in CATALOGUE] == [
        "run_started", "run_resumed", "run_branched", "baseline_measured", "episode_finished",
        "cells_visited",
        "affordances_used", "episode_traced", "stage_changed", "exploration_changed",
        "affordances_randomized",
        "checkpoint_saved", "policy_recorded", "heartbeat", "training_anomaly", "run_stopped",
    ]  # fmt: skip


@pytest.mark.parametrize("event_type", CATALOGUE, ids=event_name)
@given(data=st.data())
def test_any_event_comes_back(event_type: type[Event], data: st.DataObject) -> None:
    event = data.draw(values(event_type))
    recorded_at, name, version, payload = encode(event, 1_790_000_000.25)
    assert (recorded_at, name, version) == (1_790_000_000.25, event_name(event_type), event_type.version)
    assert decode(Recorded(1, recorded_at, name, version, payload)) == event


@pytest.mark.parametrize("event_type", CATALOGUE, ids=event_name)
def test_events_cannot_be_changed(event_type: type[Event]) -> None:
    assert event_type.__struct_config__.frozen


FINISHED = EpisodeFinished(
    episode=1, agent=0, survival_time=1, total_reward=0.0, extrinsic_reward=0.0, intrinsic_reward=0.0,
    intrinsic_weight=1.0, born_stage=1, curriculum_stage=1, epsilon=1.0, cause="energy", vector_step=1,
)  # fmt: skip


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_an_event_that_could_not_be_read_again_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match=r"episode_finished is not written.*\$\.total_reward"):
        encode(msgspec.structs.replace(FINISHED, total_reward=number), 0.0)
    stage = StageChanged(episode=1, agent=None, from_stage=1, to_stage=2, decided_by={"entropy": number})
    with pytest.raises(ValueError, match="stage_changed is not written"):
        encode(stage, 0.0)


def test_a_null_that_belongs_there_is_written() -> None:
    stage = StageChanged(episode=1, agent=None, from_stage=1, to_stage=2, decided_by={})
    assert '"agent":null' in encode(stage, 0.0)[3]


def test_a_payload_under_the_wrong_name_is_not_decoded() -> None:
    payload = encode(FINISHED, 0.0)[3]
    with pytest.raises(msgspec.ValidationError, match="Invalid value 'episode_finished'"):
        decode(Recorded(1, 0.0, "heartbeat", Heartbeat.version, payload))


def test_an_unknown_event_is_named() -> None:
    with pytest.raises(LookupError, match="unknown event type 'rain_fell'"):
        decode(Recorded(1, 0.0, "rain_fell", 1, '{"type":"rain_fell"}'))


def test_fields_that_a_newer_program_added_are_ignored() -> None:
    """Why adding a field with a default needs no new version: an older program reads past it."""
    _, name, version, payload = encode(FINISHED, 0.0)
    assert decode(Recorded(1, 0.0, name, version, payload[:-1] + ',"weather":"rain"}')) == FINISHED
