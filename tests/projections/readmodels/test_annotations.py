"""The annotations of charts and timeline."""

from core import events as e
from projections.readmodels.annotations import read_annotations
from tests.support.events import finished, resumed, saved, started
from tests.support.read_models import ReadModelKit


def test_annotations_are_of_the_present_lineage_except_resumes_and_anomalies(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3), finished(3))
    kit.given(
        e.TrainingAnomaly(episode=3, where="loss", action="restored", checkpoint=None, occurrence=1),
        e.StageChanged(episode=3, agent=None, from_stage=1, to_stage=2, decided_by={}),
    )
    assert [note.kind for note in kit.ask(read_annotations)] == [
        "started",
        "checkpoint",
        "anomaly",
        "stage",
    ]
    kit.when(resumed(2, 3))
    notes = kit.ask(read_annotations)
    assert [note.kind for note in notes] == ["started", "checkpoint", "resumed", "anomaly"]
    assert kit.ask(lambda c: read_annotations(c, 3, 3)) == [notes[-1]]
