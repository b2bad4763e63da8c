"""Which moments of a run there are to picture, as its read model says."""

from pathlib import Path

import apsw
import pytest

from core.errors import StoreError
from core.run_directory import in_folder
from server.pictures import read_history
from tests.support.events import finished, started
from tests.support.logs import write_log
from tests.support.read_models import catch_up


def test_a_read_model_of_another_version_is_named_before_pages_wait_for_it(tmp_path: Path) -> None:
    write_log(tmp_path / "events.db", [(started(), 1.0), (finished(1), 2.0)])
    catch_up(tmp_path)
    assert read_history(in_folder(tmp_path)).newest == 1
    connection = apsw.Connection(str(tmp_path / "demo_state.db"))
    connection.execute("UPDATE projector_positions SET version = version - 1 WHERE name = 'policies'")
    connection.close()
    with pytest.raises(
        StoreError, match=r"another version of this program \(policies\); `projections rebuild`"
    ):
        read_history(in_folder(tmp_path))
