"""Whether a resumed attempt repeats bit for bit what an uninterrupted run would have done."""

from collections.abc import Mapping

__all__ = ["why_inexact"]


def why_inexact(
    *,
    config_changed: bool,
    after_anomaly: bool,
    replay_lost: bool,
    generator_lost: bool,
    device: tuple[str, str],
    packages: tuple[Mapping[str, str], Mapping[str, str]],
) -> str:
    """The first reason why an attempt is not exact, as a clause; empty if the attempt is exact.

    `device` and `packages` are [of the attempt before, of this attempt].
    """
    if after_anomaly:
        return "it goes on with other random numbers after NaN or Inf"
    if config_changed:
        return "the configuration was changed"
    if replay_lost:
        return "the replay buffer of the checkpoint was missing or damaged"
    if generator_lost:
        return (
            f"the random number generator of another kind of device cannot be restored on {device[1]}:"
            " other random numbers follow"
        )
    if device[0] != device[1]:
        return f"it ran on {device[0]} before and runs on {device[1]} now"
    if device[1] != "cpu":
        return f"arithmetic on {device[1]} is not repeatable to the bit"
    before, now = packages
    changed = [
        f"{name} {before.get(name, 'none')} → {now.get(name, 'none')}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]
    return f"packages have changed: {', '.join(changed)}" if changed else ""
