"""The four tables of the specification have exactly its columns, keys and indexes."""

import apsw
import pytest

from projections.readmodels import READ_MODELS

COLUMNS = {
    "episodes": {
        "episode_id": "INTEGER", "timestamp": "REAL", "survival_time": "INTEGER", "total_reward": "REAL",
        "extrinsic_reward": "REAL", "intrinsic_reward": "REAL", "intrinsic_weight": "REAL",
        "curriculum_stage": "INTEGER", "epsilon": "REAL",
    },
    "affordance_visits": {
        "episode_id": "INTEGER", "from_affordance": "TEXT", "to_affordance": "TEXT", "visit_count": "INTEGER",
    },
    "position_heatmap": {
        "episode_id": "INTEGER", "x": "INTEGER", "y": "INTEGER", "visit_count": "INTEGER",
        "novelty_value": "REAL",
    },
    "system_state": {"key": "TEXT", "value": "TEXT"},
}  # fmt: skip
PRIMARY_KEYS = {"episodes": ["episode_id"], "system_state": ["key"]}
MAY_BE_NULL = {
    ("position_heatmap", "novelty_value"),
    ("episodes", "intrinsic_reward"),
    ("episodes", "intrinsic_weight"),
    ("episodes", "curriculum_stage"),
    ("episodes", "epsilon"),
}
INDEXES = {
    "episodes": {"idx_episodes_timestamp": ["timestamp"]},
    "affordance_visits": {"idx_visits_episode": ["episode_id"]},
    "position_heatmap": {"idx_heatmap_episode": ["episode_id"]},
}
OF_EPISODES = ("affordance_visits", "position_heatmap")


@pytest.fixture(scope="module")
def schema() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    for model in READ_MODELS:
        connection.execute(model.ddl)
    return connection


@pytest.mark.parametrize("table", COLUMNS)
def test_columns_and_primary_key(schema: apsw.Connection, table: str) -> None:
    columns = schema.execute(f'SELECT name, type, "notnull", pk FROM pragma_table_info("{table}")').fetchall()
    assert {name: kind for name, kind, _, _ in columns} == COLUMNS[table]
    assert [name for name, _, _, key in columns if key] == PRIMARY_KEYS.get(table, [])
    for name, _, required, key in columns:
        assert required or key or (table, name) in MAY_BE_NULL, f"{table}.{name} may be NULL"


@pytest.mark.parametrize("table", COLUMNS)
def test_indexes(schema: apsw.Connection, table: str) -> None:
    found = {
        name: [column for (column,) in schema.execute(f'SELECT name FROM pragma_index_info("{name}")')]
        for (name,) in schema.execute(f"SELECT name FROM pragma_index_list(\"{table}\") WHERE origin = 'c'")
    }
    assert found == INDEXES.get(table, {})


@pytest.mark.parametrize("table", OF_EPISODES)
def test_rows_belong_to_an_episode(schema: apsw.Connection, table: str) -> None:
    keys = schema.execute(f'SELECT "from", "table", "to" FROM pragma_foreign_key_list("{table}")').fetchall()
    assert keys == [("episode_id", "episodes", "episode_id")]
