"""What the panels about training and the endings of episodes must say of one moment of a run."""

import re
from collections.abc import Callable
from typing import Any

from tests.support.page_words import Facts, Statement, chart, number, percent, sentence, stretch, whole

HEALTH: dict[str, tuple[str, str, Callable[[float], str]]] = {
    "Loss": ("Loss of an update", "loss", lambda value: f"a loss of {number(value)}"),
    "Expected value": (
        "Mean Q value",
        "mean_q",
        lambda value: f"{number(value)} of reward expected from here on",
    ),
    "Gradient norm": (
        "Norm of the gradient before clipping",
        "gradient_norm",
        lambda value: f"a gradient of norm {number(value)}",
    ),
    "Replay buffer": (
        "How full the replay buffer is",
        "replay_fill",
        lambda value: f"{percent(value)} full",
    ),
    "Speed": (
        "Agent steps a second",
        "agent_steps_per_second",
        lambda value: f"{whole(value)} agent steps a second",
    ),
}
"""Panel → what its chart shows, the column of /api/health, the words for a value."""


def endings(api: Callable[[str], Any], run: Any, episode: int) -> list[Statement]:
    first = max(1, episode - run["window"] + 1)
    causes = api(f"causes?first={first}&last={episode}&points=2000")
    inside = [i for i, last in enumerate(causes["last"]) if first <= last <= episode]
    shares = {
        name: sum(ended[i] for i in inside) / (episode - first + 1)
        for name, ended in causes["episodes"].items()
    }
    names = sorted((name for name in shares if shares[name] >= 0.005), key=lambda name: -shares[name])
    words = ", ".join(
        f"{'alive at the step limit' if name == 'limit' else f'no {name} left'} {percent(shares[name])}"
        for name in names
    )
    said = f"{sentence(stretch(first, episode))}: {words}."
    return [
        *chart("Share of the episodes that each cause ended", said),
        f"mean of the last {run['window']} episodes",
    ]


def histograms(found: Any) -> list[Statement]:
    means = [f"{group['name']} {whole(group['mean'])} steps on average" for group in found["groups"]]
    said: list[Statement] = [f"{sentence(', '.join(means))}."]
    for group in found["groups"]:
        episodes = stretch(group["first"], group["last"])
        said += [
            f"{sentence(group['name'])} {episodes}",
            f"aria-label: Survival {group['name']}, {episodes}: {whole(group['mean'])} steps on average.",
        ]
    return [*said, f"0 survival, steps; the line is the mean {found['edges'][-1] - 1:,}"]


def training(health: Any, window: int) -> Facts:
    """The charts of the heartbeats: each sentence is the mean over the heartbeats of the last episodes."""
    said: Facts = {}
    for panel, (what, column, words) in HEALTH.items():
        smoothed = panel != "Replay buffer"
        legend = [f"mean of the last {window} episodes"] if smoothed else []
        newest_of = dict(zip(health["episode"], health[column], strict=True))
        newest_of.pop(0, None)  # before the end of the first episode
        beats = list(zip([0, *newest_of], newest_of, newest_of.values(), strict=False))
        to = beats[-1][1] if beats else 0
        reach = window if smoothed else 1
        taken = [beat for beat in beats[:-1] if to - beat[0] <= reach] + beats[-1:]
        known = [(last - before, value) for before, last, value in taken if value is not None]
        if not beats:
            sentence_of: Statement = re.compile(r"The chart begins with episode [\d,]+\.")
            label: Statement = re.compile(rf"aria-label: {what} over episodes\. The chart .* [\d,]+\.")
            said[panel] = [sentence_of, label, *legend]
            continue
        value = sum(size * value for size, value in known) / max(1, sum(size for size, _ in known))
        text = words(value) if known else "nothing was learnt yet"
        said[panel] = [*chart(what, f"{sentence(stretch(taken[0][0] + 1, to))}: {text}."), *legend]
    return said


def trainer(run: Any, status: Any) -> list[Statement]:
    """The trainer is always told of now; before the first heartbeat there is little to tell."""
    started: list[Statement] = [
        re.compile(r"Running since .*"),
        f"Episodes {status['episodes_finished']:,} of {run['num_episodes']:,}",
        f"Agents {run['num_agents']}, seed {run['seed']}, {run['config_name']}",
        re.compile(r"Last event .* ago"),
    ]
    if status["loss"] is None:
        return started
    return [
        *started,
        f"Speed {whole(status['agent_steps_per_second'])} agent steps/s",
        f"Loss {number(status['loss'])}",
        f"Mean Q value {number(status['mean_q'])}",
        f"Replay buffer {percent(status['replay_fill'])} full",
        re.compile(r"Memory [\d.,]+ MiB of [\d.,]+ GiB.*"),
    ]
