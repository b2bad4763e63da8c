"""A worked example of a changed event, and what happens to payloads nobody can bring up to date."""

import msgspec
import pytest

from core import events as catalogue
from core.codec import Recorded, decode
from core.upcasters import ALIASES, UPCASTERS, Payload, names_in_logs, present_name, upcast

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


def test_an_alias_leads_from_a_name_no_event_has_to_one_that_an_event_has() -> None:
    present = {catalogue.event_name(event_type) for event_type in catalogue.CATALOGUE}
    assert not ALIASES.keys() & present
    assert set(ALIASES.values()) <= present
    for old, new in ALIASES.items():
        assert present_name(old) == new
        assert names_in_logs(new)[0] == new
        assert old in names_in_logs(new)
    assert names_in_logs("heartbeat") == ("heartbeat",)


def test_a_payload_under_an_old_name_that_is_not_its_own_is_not_decoded() -> None:
    with pytest.raises(msgspec.ValidationError, match="Invalid value 'heartbeat'"):
        decode(Recorded(1, 0.0, "vitals_traced", 1, '{"type":"heartbeat","episode":1}'))


OLD_RUN = {
    "type": "run_started",
    "seed": 0,
    "num_episodes": 600,
    "num_agents": 32,
    "config_name": "quick",
    "config": {
        "curriculum": {
            "stages": [
                {"active_meters": ["energy"], "depletion": 0.5, "reward": "shaped"},
                {"active_meters": ["energy", "money", "mood"], "depletion": 0.5, "reward": "shaped"},
                {"active_meters": ["energy", "money", "mood"], "depletion": 1.0, "reward": "shaped"},
                {"active_meters": ["energy", "money", "mood"], "depletion": 1.0, "reward": "sparse"},
            ],
            "start_stage": 2,
            "survival_window": 50,
            "survival_advance_threshold": 0.75,
            "survival_retreat_threshold": 0.25,
        },
        "training": {"max_steps_per_episode": 200},
        "world": {
            "affordances": [
                {"name": "Bed", "cell": [1, 1], "price": 5.0, "wage": 0.0},
                {"name": "Mine", "cell": [2, 1], "wage": 40},
            ]
        },
    },
    "config_hash": "0",
    "world": {
        "width": 4, "height": 3, "meters": ["energy"], "vital_meters": ["energy"], "affordances": [],
        "actions": ["UP"], "max_steps": 200,
    },
    "packages": {},
    "device": "cpu",
}  # fmt: skip


def test_the_curriculum_and_the_wages_of_an_old_run_come_from_its_configuration() -> None:
    started = decode(Recorded(1, 0.0, "run_started", 1, msgspec.json.encode(OLD_RUN).decode()))
    assert isinstance(started, catalogue.RunStarted)
    curriculum = started.curriculum
    assert (curriculum.start_stage, curriculum.survival_window) == (2, 50)
    assert (curriculum.advance_at, curriculum.retreat_at) == (150.0, 50.0)
    assert [(stage.name, stage.meaning) for stage in curriculum.stages] == [
        ("Energy", "Active meters: energy; depletion 0.5; shaped reward"),
        ("With money and mood", "Active meters: energy, money and mood; depletion 0.5; shaped reward"),
        ("Depletion 1", "Active meters: energy, money and mood; depletion 1; shaped reward"),
        ("Sparse reward", "Active meters: energy, money and mood; depletion 1; sparse reward"),
    ]
    assert curriculum.stages[3].active_meters == ("energy", "money", "mood")
    assert started.wages == {"Mine": 40.0}


def test_the_run_id_of_an_old_run_is_always_the_same_and_differs_between_seeds() -> None:
    def run_id(seed: int) -> str:
        payload = msgspec.json.encode(OLD_RUN | {"seed": seed}).decode()
        event = decode(Recorded(1, 0.0, "run_started", 1, payload))
        assert isinstance(event, catalogue.RunStarted)
        return event.run_id

    assert run_id(0) == run_id(0) != run_id(1)
    assert len(run_id(0)) == 26


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (
            {"type": "episode_finished"},
            "episode_finished version 1 is missing required field 'curriculum_stage'",
        ),
        ({"type": "run_started", "config": []}, "run_started version 1 has a field of the wrong type"),
    ],
)
def test_a_damaged_old_payload_is_an_error_that_says_what_is_wrong(payload: Payload, problem: str) -> None:
    with pytest.raises(LookupError, match=problem):
        decode(Recorded(1, 0.0, str(payload["type"]), 1, msgspec.json.encode(payload).decode()))
