"""Incidents: alarms with a beginning and an end; each is reported when it begins and when it is over.

Alarms (`server.alarms`) are sentences about a moment; they are found anew every second. `Incidents` compares
them with what was reported already. The end of a run is reported in the same way, though it is no alarm.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from projections.readmodels.health import TrainerStatus
from projections.readmodels.run import Run
from server.messages import Alarm

__all__ = ["FINISHED", "OVER_SECONDS", "Incidents", "Notification"]

OVER_SECONDS = 10.0
"""An alarm that was not found for so long is over; a shorter gap may be a read model being replaced."""
FINISHED = "run_finished"


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A report of an incident: one with `state` "begins", one with "over".

    `kind` is that of the alarm, or "run_finished", which is never over unless the run is extended. `subject`
    is the process, projector or disk concerned, `text` a sentence as of the beginning. `began_at` and `at`
    (now) in Unix seconds. `run_id`, `config_name`, `seed` and `episode` name the run and its newest episode;
    all four are None for an incident of a server of many runs itself.
    """

    state: Literal["begins", "over"]
    kind: str
    subject: str
    text: str
    began_at: float
    at: float
    run_id: str | None
    config_name: str | None
    seed: int | None
    episode: int | None


class Incidents:
    """The incidents at present; `advance` returns the notifications that are due."""

    def __init__(self, started_at: float) -> None:
        """`started_at`, Unix seconds: a run that finished before is not reported again."""
        self._started_at = started_at
        self._present: dict[tuple[str, str], Notification] = {}
        self._last_found: dict[tuple[str, str], float] = {}

    def advance(
        self, alarms: Sequence[Alarm], trainer: TrainerStatus | None, run: Run | None, now: float
    ) -> list[Notification]:
        """The notifications due at `now` (Unix seconds), given all alarms and the status of the trainer.

        `trainer` and `run` are None where the alarms are of no run.
        """
        found: dict[tuple[str, str], str] = {(alarm.kind, alarm.subject): alarm.text for alarm in alarms}
        finished = (FINISHED, "trainer")
        episodes = trainer.episodes_finished if trainer is not None else None
        if (
            trainer is not None
            and trainer.status == "completed"
            and (finished in self._present or trainer.last_event_at >= self._started_at)
        ):
            found[finished] = f"trainer: the run is complete, {episodes} episodes"
        notifications = []
        for key, text in found.items():
            self._last_found[key] = now
            if key not in self._present:
                kind, subject = key
                self._present[key] = Notification(
                    state="begins", kind=kind, subject=subject, text=text, began_at=now, at=now,
                    run_id=run.run_id if run is not None else None,
                    config_name=run.config_name if run is not None else None,
                    seed=run.seed if run is not None else None,
                    episode=episodes,
                )  # fmt: skip
                notifications.append(self._present[key])
        for key in [key for key, at in self._last_found.items() if not 0.0 <= now - at < OVER_SECONDS]:
            del self._last_found[key]
            begun = self._present.pop(key)
            over = msgspec.structs.replace(begun, state="over", at=now, episode=episodes)
            notifications.append(over)
        return notifications
