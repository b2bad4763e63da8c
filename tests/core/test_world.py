"""A town that cannot be is refused with the key that is wrong."""

from pathlib import Path

import msgspec
import pytest

from core.config import load_config
from core.errors import ConfigError
from core.world import Affordance, Coupling, Meter, Obstacle, ReducedWage, World
from core.world_check import check_world, world_problems

TOWN = load_config(Path(__file__).parents[2] / "configs" / "townlet" / "sparse_adaptive.yaml").world


def with_bed(**changes: object) -> World:
    bed = msgspec.structs.replace(TOWN.affordances[0], **changes)
    return msgspec.structs.replace(TOWN, affordances=[bed, *TOWN.affordances[1:]])


@pytest.mark.parametrize(
    ("town", "message"),
    [
        (msgspec.structs.replace(TOWN, width=65, height=65), "65 × 65 = 4225 cells; a town has at most 4096"),
        (
            msgspec.structs.replace(TOWN, obstacles=[Obstacle("wall", (0, 0), (1, 1))]),
            r"world.affordances\[0\].cell of Bed is \[1, 1\], a cell of wall; choose another cell",
        ),
        (
            msgspec.structs.replace(TOWN, obstacles=[Obstacle("water", (0, 0), (0, 8))]),
            r"world.obstacles\[0\].to is \[0, 8\], outside the town",
        ),
        (
            msgspec.structs.replace(
                TOWN, obstacles=[Obstacle("wall", (0, 0), (7, 6)), Obstacle("water", (6, 7), (7, 7))]
            ),
            "world.obstacles leaves 6 of 64 cells; 8 affordances need at least 8",
        ),
        (msgspec.structs.replace(TOWN, money_meter="gold"), "world.money_meter names 'gold'"),
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
            msgspec.structs.replace(TOWN, couplings=[Coupling("sleep", 0.3, "mood", 0.1)]),
            r"world.couplings\[0\] names the meter 'sleep'; the meters are energy",
        ),
        (with_bed(cell=(8, 0)), r"cell of Bed is \[8, 0\], outside the town; x goes from 0 to 7"),
        (with_bed(cell=(2, 2)), r"world.affordances\[1\].cell of Shower is \[2, 2\], taken by Bed"),
        (with_bed(effects={"sleep": 0.5}), r"world.affordances\[0\].effects names the meter 'sleep'"),
        (with_bed(effects={"money": 0.5}), "effects changes money; use price and wage"),
        (with_bed(refuses_above={"sleep": 0.5}), "refuses_above names the meter 'sleep'"),
        (
            with_bed(reduced_wage=ReducedWage({"sleep": 0.5}, 1.0)),
            "reduced_wage.below names the meter 'sleep'",
        ),
        (with_bed(name=""), r"affordances\[0\].name is ''; a name has 1 to 40 characters that can be seen"),
        (with_bed(name="x" * 41), r"affordances\[0\].name is 'x{40}…'; a name has 1 to 40 characters"),
        (with_bed(name="Bed "), r"affordances\[0\].name is 'Bed '.*no space at either end"),
        (with_bed(name="Be\u202ed"), r"affordances\[0\].name is .*characters that can be seen"),
        (with_bed(price=101.0), r"\$101 is more than the money meter holds, \$100"),
    ],
)
def test_what_cannot_be_is_named(town: World, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_world(town)


def test_a_name_may_have_spaces_and_letters_of_any_script() -> None:
    check_world(with_bed(name="Ein Bett für 2, 床"))


def test_every_problem_of_a_town_is_found_each_with_its_key() -> None:
    town = msgspec.structs.replace(with_bed(cell=(9, 0), price=101.0), money_meter="gold")
    assert [problem.key for problem in world_problems(town)] == [
        "world.money_meter",
        "world.affordances[0].cell",
        "world.affordances[0].price",
    ]


def test_cells_are_counted_row_by_row() -> None:
    assert TOWN.cell_index((3, 2)) == 19
    assert [TOWN.cell_xy(TOWN.cell_index((x, 5))) for x in range(8)] == [(x, 5) for x in range(8)]


def test_affordances_can_be_put_elsewhere() -> None:
    moved = TOWN.with_cells({"Bed": (0, 0)})
    assert moved.affordances[0] == msgspec.structs.replace(TOWN.affordances[0], cell=(0, 0))
    assert moved.affordances[1:] == TOWN.affordances[1:]


def test_the_smallest_town_is_valid() -> None:
    check_world(World(2, 2, [Meter("money", 0.0)], [Affordance("Job", (0, 0), wage=1.0)]))


def without_money(*affordances: Affordance) -> World:
    return World(2, 2, [Meter("energy", 1.0)], list(affordances), money_meter=None)


def test_a_town_without_money_is_valid() -> None:
    check_world(without_money(Affordance("Bed", (0, 0), effects={"energy": 0.5})))


@pytest.mark.parametrize(
    ("affordance", "key"),
    [
        (Affordance("Bed", (0, 0), price=2.0), r"world.affordances\[0\].price of Bed is \$2"),
        (Affordance("Job", (0, 0), wage=30.0), r"world.affordances\[0\].wage of Job is \$30"),
        (
            Affordance("Job", (0, 0), reduced_wage=ReducedWage({"energy": 0.5}, 1.0)),
            r"world.affordances\[0\].reduced_wage.wage of Job is \$1",
        ),
    ],
)
def test_a_town_without_money_has_no_prices_and_no_wages(affordance: Affordance, key: str) -> None:
    with pytest.raises(ConfigError, match=key + ", but world.money_meter is null"):
        check_world(without_money(affordance))
