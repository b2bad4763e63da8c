"""What endangers a run but keeps nobody from watching it: sentences for `/healthz`.

The dashboard says the same in its own words; what each means is in docs/operate/alarms.md.
"""

from collections.abc import Sequence

from projections.engine.status import ProjectorStatus
from server.disk import MEGABYTE
from server.live import Present

SILENT_SECONDS = 30.0
"""A running trainer that has recorded nothing for so long has crashed, or hangs."""
STUCK_SECONDS = 30.0
"""A projector commits every few seconds, if only that there was nothing to do."""


def alarms(present: Present, projectors: Sequence[ProjectorStatus], now: float) -> list[str]:
    """What somebody should look at before long, at `now` (Unix seconds); empty when all is well."""
    found = [
        f"projector {projector.name}: stopped by event {projector.poison_position} ({projector.poison})"
        for projector in projectors
        if projector.poison is not None
    ]
    pulse = present.moment.pulse if present.moment is not None else None
    if pulse is not None and pulse.status in ("running", "silent"):
        idle = min((projector.age for projector in projectors if projector.age is not None), default=0.0)
        if idle > STUCK_SECONDS:
            # what they have not read says nothing of the trainer
            found.append(f"projections: nothing committed for {idle:.0f} s; are they running?")
        elif now - pulse.last_event_at > SILENT_SECONDS:
            found.append(f"trainer: silent for {now - pulse.last_event_at:.0f} s; it crashed or hangs")
        if pulse.memory_alarm:
            found.append(f"trainer: {pulse.memory_alarm}")
    if present.memory is not None and present.memory.alarm:
        found.append(f"server: {present.memory.alarm}")
    if present.disk is not None and present.disk.low:
        free, floor = (size / MEGABYTE for size in (present.disk.free_bytes, present.disk.floor_bytes))
        found.append(f"disk: {free:,.0f} MB are free, less than {floor:,.0f} MB; no snapshots are written")
    return found
