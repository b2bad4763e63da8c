"""A town that cannot be is refused with the key that is wrong."""

from pathlib import Path

import msgspec
import pytest

from core.config import load_config
from core.errors import ConfigError
from core.world import Affordance, Drag, Meter, Tired, World, check_world

TOWN = load_config(Path(__file__).parents[2] / "configs" / "townlet" / "sparse_adaptive.yaml").world


def with_bed(**changes: object) -> World:
    bed = msgspec.structs.replace(TOWN.affordances[0], **changes)
    return msgspec.structs.replace(TOWN, affordances=[bed, *TOWN.affordances[1:]])


@pytest.mark.parametrize(
    ("town", "message"),
    [
        (msgspec.structs.replace(TOWN, width=20, height=20), "400 cells; a town has at most 256"),
        (msgspec.structs.replace(TOWN, purse="gold"), "world.purse names 'gold'"),
        (
            msgspec.structs.replace(TOWN, meters=[*TOWN.meters, TOWN.meters[0]]),
            r"world.meters\[6\].name 'energy' is taken already",
        ),
        (
            msgspec.structs.replace(TOWN, meters=[Meter("x", (0.5, 0.2)), *TOWN.meters]),
            r"world.meters\[0\].start of x is \[0.5, 0.2\]; write a level or \[low, high\]",
        ),
        (
            msgspec.structs.replace(TOWN, meters=[Meter("x", 1.5), *TOWN.meters]),
            r"world.meters\[0\].start of x is 1.5",
        ),
        (
            msgspec.structs.replace(TOWN, drags=[Drag("sleep", 0.3, "mood", 0.1)]),
            r"world.drags\[0\] names the meter 'sleep'; the meters are energy",
        ),
        (with_bed(cell=(8, 0)), r"cell of Bed is \[8, 0\], outside the town; x goes from 0 to 7"),
        (with_bed(cell=(2, 2)), r"world.affordances\[1\].cell of Shower is \[2, 2\], taken by Bed"),
        (with_bed(effects={"sleep": 0.5}), r"world.affordances\[0\].effects names the meter 'sleep'"),
        (with_bed(effects={"money": 0.5}), "effects changes money; use price and wage"),
        (with_bed(refuses_above={"sleep": 0.5}), "refuses_above names the meter 'sleep'"),
        (with_bed(tired=Tired({"sleep": 0.5}, 1.0)), "tired.below names the meter 'sleep'"),
        (with_bed(price=101.0), r"\$101 is more than a full purse, \$100"),
    ],
)
def test_what_cannot_be_is_named(town: World, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_world(town)


def test_cells_are_counted_row_by_row() -> None:
    assert TOWN.cell_index((3, 2)) == 19
    assert [TOWN.cell_xy(TOWN.cell_index((x, 5))) for x in range(8)] == [(x, 5) for x in range(8)]


def test_affordances_can_be_put_elsewhere() -> None:
    moved = TOWN.with_cells({"Bed": (0, 0)})
    assert moved.affordances[0] == msgspec.structs.replace(TOWN.affordances[0], cell=(0, 0))
    assert moved.affordances[1:] == TOWN.affordances[1:]


def test_the_smallest_town_is_valid() -> None:
    check_world(World(2, 2, [Meter("money", 0.0)], [Affordance("Job", (0, 0), wage=1.0)]))
