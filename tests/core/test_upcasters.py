"""A worked example of a changed event, and what happens to payloads nobody can bring up to date."""

import msgspec
import pytest

from core import events as catalogue
from core.log import Recorded, decode
from core.upcasters import UPCASTERS, Payload, upcast

# Made up: there once were two older `training_anomaly` events. Version -1 said only that NaN was seen and
# counted occurrences from 0; version 0 named the place, but by number. Version 1 is the present one.
PLACES = ("loss", "gradients", "weights")


def from_minus_1(payload: Payload) -> Payload:
    return payload | {"occurrence": payload["occurrence"] + 1, "where": 0}


def from_0(payload: Payload) -> Payload:
    return payload | {"where": PLACES[payload["where"]]}


EXAMPLE = {("training_anomaly", -1): from_minus_1, ("training_anomaly", 0): from_0}


def recorded(version: int, **fields: object) -> Recorded:
    payload = {"type": "training_anomaly", "episode": 70, "action": "stopped", "checkpoint": None} | fields
    return Recorded(9, 1_790_000_000.0, "training_anomaly", version, msgspec.json.encode(payload).decode())


@pytest.mark.parametrize(
    "old",
    [
        recorded(-1, occurrence=1),
        recorded(0, occurrence=2, where=0),
        recorded(1, occurrence=2, where="loss"),
    ],
    ids=["two versions back", "one version back", "present"],
)
def test_every_version_ends_as_the_present_one(old: Recorded) -> None:
    assert decode(old, EXAMPLE) == catalogue.TrainingAnomaly(
        episode=70, where="loss", action="stopped", checkpoint=None, occurrence=2
    )


def test_a_gap_in_the_chain_is_named() -> None:
    only_the_last_step = {("training_anomaly", 0): from_0}
    with pytest.raises(LookupError, match="training_anomaly has no upcaster from version -1 to 0"):
        decode(recorded(-1, occurrence=1), only_the_last_step)


def test_an_event_of_a_newer_program_is_not_guessed_at() -> None:
    with pytest.raises(LookupError, match="version 2 is newer than this program's version 1; upgrade it"):
        decode(recorded(2, occurrence=2, where="loss"))


def test_an_upcaster_that_leaves_the_payload_wrong_is_found_out() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"Expected `str`.*\$\.where"):
        decode(recorded(0, occurrence=2, where=0), {("training_anomaly", 0): lambda payload: payload})


def test_an_upcaster_gets_plain_data_and_only_what_is_older() -> None:
    assert upcast("training_anomaly", 1, 1, {"any": "thing"}, EXAMPLE) == {"any": "thing"}


def test_the_chains_of_this_program_are_whole() -> None:
    """Every event can be reached from the version its first golden file has: 1."""
    for event_type in catalogue.CATALOGUE:
        name = catalogue.event_name(event_type)
        for version in range(1, event_type.version):
            assert (name, version) in UPCASTERS
