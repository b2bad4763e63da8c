"""Events of every version ever written can be decoded: there is one golden file for each version.

A golden file is the payload as it stands in the log, indented for reading. Files are only ever added: when an
event gets a new version, its old file stays and EXPECTED says what it is upcast to; when it gets a field with
a default, its old file stays and a new one, `NAME.vVERSION+WHAT.json`, has that field.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import events as e
from core.codec import Recorded, decode, encode
from core.novelty_map import unpack_novelty
from core.packing import inflate_weights, split_layers, unpack_cells, unpack_indices, unpack_meters
from tests.support.golden_events import EXPECTED

FOLDER = Path(__file__).parents[1] / "golden" / "events"


def recorded(file: Path) -> Recorded:
    """A golden file as a row of the log; its name says type and version."""
    name, version = file.stem.split(".v")
    return Recorded(1, 0.0, name, int(version.partition("+")[0]), file.read_text())


def with_defaults(struct: msgspec.Struct, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload of a struct with the default of every field that the payload lacks, in parts as well."""
    filled = dict(payload)
    for field in msgspec.structs.fields(struct):
        if field.encode_name not in filled and not field.required:
            default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
            filled[field.encode_name] = json.loads(msgspec.json.encode(default))
        part = getattr(struct, field.name)
        if isinstance(part, msgspec.Struct) and isinstance(filled[field.encode_name], dict):
            filled[field.encode_name] = with_defaults(part, filled[field.encode_name])
    return filled


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.stem)
def test_a_golden_file_decodes_to_the_expected_event(file: Path) -> None:
    assert decode(recorded(file)) == EXPECTED[file.stem]


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.stem)
def test_the_present_version_is_encoded_as_its_golden_file(file: Path) -> None:
    """The present version, field for field: what one program writes, the same program of tomorrow writes.

    Fields that came later have their defaults.
    """
    event = recorded(file)
    expected = EXPECTED[file.stem]
    _, name, version, payload = encode(expected, 0.0)
    assert name == event.event_name
    if (name, version) == (event.type, event.version):
        written, golden = json.loads(payload), json.loads(event.payload)
        assert with_defaults(expected, written) == with_defaults(expected, golden)


def test_every_golden_file_is_expected_and_every_expectation_has_its_file() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("event_type", e.CATALOGUE, ids=e.event_name)
def test_every_version_of_every_event_has_a_golden_file(event_type: type[e.Event]) -> None:
    name = e.event_name(event_type)
    for version in range(1, event_type.version + 1):
        assert (FOLDER / f"{name}.v{version}.json").exists(), (
            f"add tests/golden/events/{name}.v{version}.json, and the event it means to"
            " EXPECTED in tests/support/golden_events.py"
        )


def test_the_packed_data_of_golden_files_is_unpacked() -> None:
    visited = EXPECTED["cells_visited.v1"]
    assert isinstance(visited, e.CellsVisited)
    assert unpack_cells(visited.path).tolist() == [9, 9, 9, 17, 25, 25, 24, 24]
    assert unpack_novelty(visited.novelty).tolist() == [4.0, 3.0, 2.0, 1.5, 1.0, 0.75, 0.5, 0.25] * 8
    wide = EXPECTED["cells_visited.v2"]
    assert isinstance(wide, e.CellsVisited)
    assert unpack_cells(wide.path).tolist() == [1109, 1173, 1237, 1237, 1238, 1239, 1303, 1367]
    traced = EXPECTED["episode_traced.v1"]
    assert isinstance(traced, e.EpisodeTraced)
    assert unpack_indices(traced.actions).tolist() == [0, 2, 4, 1, 1, 4, 2, 2]
    levels = unpack_meters(traced.meters, 6)
    assert levels.shape == (9, 6)
    assert levels[0].tolist() == [255, 255, 255, 51, 255, 128]
    assert levels[-1].tolist() == [235, 243, 239, 46, 253, 115]
    policy = EXPECTED["policy_recorded.v1"]
    assert isinstance(policy, e.PolicyRecorded)
    (first, first_bias), (last, last_bias) = split_layers(inflate_weights(policy.weights), policy.layer_sizes)
    assert first.tolist() == [[n / 8 for n in range(8)], [n / 8 for n in range(8, 16)]]
    assert (first_bias.tolist(), last_bias.tolist()) == ([0.5, -0.5], [0.0, -1.5])
    assert last.tolist() == [[1.0, -1.0], [0.25, 2.0]]
