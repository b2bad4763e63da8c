"""Numbers and rules that several parts of Hamlet share; each is defined here and nowhere else.

Recovery: the affordances of a running town are moved once, and survival falls until the agents have learned
the new places. `before` is the mean survival of the last `WINDOW` episodes at the move. From then on only
windows that lie wholly after the move count, so the first judgement comes `WINDOW` episodes after the move.
Survival has dropped when such a window has a mean below `RECOVERED_AT` of `before`, and has recovered with
the first later window that is back at `RECOVERED_AT` of `before`. A drop that begins more than
`RECOVERY_EPISODES` after the move is not a consequence of the move. docs/projections.md explains the choice.
"""

from typing import Literal, TypeAlias

import msgspec

from core.number_text import whole

__all__ = [
    "RECOVERED_AT",
    "RECOVERY_EPISODES",
    "SILENT_SECONDS",
    "WINDOW",
    "Recovery",
    "RunState",
    "advance_recovery",
    "recovery_at_move",
    "recovery_before_move",
]

WINDOW = 100
"""Episodes of every rolling mean, of the heatmap and of the affordance graph."""
RECOVERED_AT = 0.8
"""Survival is back when a window reaches this part of the mean before the move."""
RECOVERY_EPISODES = 500
"""Episodes after the move within which survival is to be back."""
SILENT_SECONDS = 30.0
"""A running trainer that has recorded nothing for so long has crashed or hangs."""

RunState: TypeAlias = Literal["waiting", "running", "silent", "stopped", "finished", "failed"]
"""How a run is, in a list of runs.

"waiting" before its trainer has recorded anything; "silent" when it should be running but has recorded
nothing for `SILENT_SECONDS`; "failed" also when training diverged.
"""

RecoveryState: TypeAlias = Literal[
    "not part of this run",
    "not moved yet",
    "too early",
    "no drop",
    "recovering",
    "recovered",
    "not recovered",
]


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What the move of the affordances did to survival, as of an episode.

    `moved_at` is the last episode before the move. `before` is the mean survival then, `lowest` the lowest
    mean of a window after the move, both in steps; `lowest_at` is the last episode of that window.
    `episodes`: from the move to the end of the window that was back, None unless `state` is "recovered".
    `text` says all of it in one sentence.
    """

    state: RecoveryState
    text: str
    moved_at: int | None = None
    before: float | None = None
    lowest: float | None = None
    lowest_at: int | None = None
    episodes: int | None = None
    window: int = WINDOW
    recovered_at: float = RECOVERED_AT


def recovery_before_move(planned: bool) -> Recovery:
    """The recovery of a run whose affordances have not been moved; `planned`: they will be."""
    if planned:
        return Recovery(state="not moved yet", text="the affordances have not been moved yet")
    return Recovery(state="not part of this run", text="the affordances are not moved in this run")


def recovery_at_move(episode: int, before: float) -> Recovery:
    """The recovery right after the move that followed `episode`; `before`: mean survival, steps."""
    return _described(Recovery(state="too early", text="", moved_at=episode, before=before))


def advance_recovery(recovery: Recovery, episode: int, mean: float) -> Recovery:
    """The recovery after `episode`, the next one; `mean`: of the last `WINDOW` survival times, steps.

    Returns `recovery` itself where nothing has changed.
    """
    moved_at, before = recovery.moved_at, recovery.before
    if moved_at is None or before is None or episode < moved_at + WINDOW:
        return recovery
    if recovery.state == "recovered":
        return recovery
    late = episode > moved_at + RECOVERY_EPISODES
    if recovery.state == "no drop" and late:
        return recovery
    dropped = mean < RECOVERED_AT * before
    state: RecoveryState
    if recovery.state in ("recovering", "not recovered"):
        state = ("not recovered" if late else "recovering") if dropped else "recovered"
    else:
        state = "recovering" if dropped else "no drop"
    lower = recovery.lowest is None or mean < recovery.lowest
    if state == recovery.state and not lower:
        return recovery
    return _described(
        msgspec.structs.replace(
            recovery,
            state=state,
            lowest=mean if lower else recovery.lowest,
            lowest_at=episode if lower else recovery.lowest_at,
            episodes=episode - moved_at if state == "recovered" else None,
        )
    )


def _described(recovery: Recovery) -> Recovery:
    before, lowest, share = recovery.before or 0.0, recovery.lowest or 0.0, f"{RECOVERED_AT:.0%}"
    fall = f"survival fell from {whole(before)} to {whole(lowest)} steps"
    texts: dict[RecoveryState, str] = {
        "too early": f"moved; {WINDOW} episodes must end before survival after the move can be judged",
        "no drop": f"no drop: survival stayed above {share} of the {whole(before)} steps before the move",
        "recovering": f"recovering: {fall} and is not back at {share} yet",
        "recovered": f"recovered after {recovery.episodes} episodes: {fall} and came back to {share}",
        "not recovered": f"not recovered within {RECOVERY_EPISODES} episodes: {fall}",
    }
    return msgspec.structs.replace(recovery, text=texts[recovery.state])
