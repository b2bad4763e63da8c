"""What the dashboard must say of one moment of a run: every statement with a number, from the API."""

import re
from collections.abc import Callable
from typing import Any

from tests.browser.training_facts import endings, histograms, trainer, training
from tests.support.page_words import Facts, Statement, chart, number, percent, sentence, title_of, whole

Api = Callable[[str], Any]

NEWS = 600
"""For so many episodes after the move the headline tells of the move."""
SIGNS = {"met": "✓", "open": "○", "failed": "✕", "not applicable": "–"}
WORDS = {"met": "met", "open": "not yet", "failed": "failed", "not applicable": "not applicable"}
BEHAVIOURS = 20
LOW = 0.25


def facts_of(api: Api, episode: int) -> Facts:
    """Every statement that the dashboard makes of `episode`, looked back at, by region."""
    run, state, newest = api("run"), api(f"state?episode={episode}"), api("state")["episode"]
    return {
        "main": headline(run, state),
        "Timeline": timeline(api, episode, newest),
        "The town": town(run, state, api(f"replay/{episode}")),
        "Garden path": garden_path(run, state["affordance_graph"]),
        **trends(run, state, api("baseline")),
        "Curriculum": curriculum(run, state["stage"]),
        "Interesting behaviours": behaviours(
            episode, api(f"behaviours?episode={episode}&limit={BEHAVIOURS}")
        ),
        "Scorecard": scorecard(episode, api(f"scorecard?episode={episode}")),
        "Why episodes end": endings(api, run, episode),
        "How long episodes last": histograms(api(f"survival_histograms?episode={episode}")),
        **training(api(f"health?last={episode}&points=2000"), run["window"]),
        "The trainer now": trainer(run, api("trainer")),
    }


def live_facts(api: Api, *, complete: bool) -> Facts:
    """What the first screens say of the newest episode while the page follows a run."""
    run, state = api("run"), api("state")
    episode = state["episode"]
    looking_back, now = facts_of(api, episode), f"Episode {episode:,}:"
    planned = f"{max(run['num_episodes'], episode):,}"
    story, _, *figures = looking_back["main"]
    if complete:
        story = re.compile(r"The run is complete[.:] .*")
    chosen = (
        "Curriculum",
        "Interesting behaviours",
        "Scorecard",
        "Reward, decomposed",
        "Curiosity",
        "Survival",
    )
    facts: Facts = {region: [*looking_back[region]] for region in chosen}
    facts["main"] = [story, f"Episode {episode:,} of {planned}", *figures]
    facts["Curiosity"] = [as_of_now(said, now) for said in facts["Curiosity"]]
    mean, last = whole(state["mean_survival"]), min(run["window"], episode)
    recovery = state["recovery"]
    told = "" if recovery["moved_at"] is None else f" {re.escape(sentence(recovery['text']))}\\."
    if episode > 1:
        since = r"From [\d,]+ steps (?:over the episodes 1 to [\d,]+|in episode 1) to "
        pattern = rf"{since}{mean} steps on average over the last {last} episodes\.{told}"
        facts["Survival"][:2] = [
            re.compile(pattern),
            re.compile(rf"aria-label: .* over episodes\. {pattern}"),
        ]
    return facts


def as_of_now(said: Statement, now: str) -> Statement:
    """The sentence of the present, which needs no episode."""
    return said.replace(now, "Now:") if isinstance(said, str) else said


def headline(run: Any, state: Any) -> list[Statement]:
    episode, metrics, steps = state["episode"], state["metrics"], f"{run['max_steps']:,} steps"
    mean, last = whole(state["mean_survival"]), f"{min(state['window'], episode):,}"
    moved = run["randomization_episode"]
    story: Statement
    if moved is not None and 0 < episode - moved <= NEWS:
        ago = "One life" if episode - moved == 1 else f"{episode - moved:,} lives"
        story = (
            f"{ago} ago everything in town was moved."
            f" The last {last} lives reached {mean} of {steps} on average."
        )
    else:
        after = "its first life" if episode == 1 else f"{episode:,} lives"
        average = "" if episode == 1 else " on average"
        story = re.compile(rf"After {after}, the agent \D*\b{mean} of {steps}{average}\)?; \D*\.")
    return [
        story,
        f"Looking back at {episode:,} of {max(run['num_episodes'], episode):,}",
        f"Survival, last {last} {mean} of {steps}",
        f"Stage {state['stage']['stage']} of {len(run['stages'])}",
        f"Curiosity {number(metrics['intrinsic_weight'])} weight",
        f"Random actions {percent(metrics['epsilon']).removesuffix('%')} %",
    ]


def timeline(api: Api, episode: int, newest: int) -> list[Statement]:
    bands = api("stages")
    return [
        f"of {newest:,}",
        f"Looking at {episode:,} of {newest:,}",
        f"aria-valuetext: Episode {episode:,} of {newest:,}",
        f"value: {episode:,}",
        *(f"title: Stage {band['stage']}: {band['name']}" for band in bands),
    ]


def town(run: Any, state: Any, replay: Any) -> list[Statement]:
    """The map has the places as the episode that walks knew them: the last one before a move the old ones."""
    metrics, length = replay["metrics"], len(replay["path"]) - 1
    end = "lived to the limit" if metrics["cause"] == "limit" else f"ran out of {metrics['cause']}"
    visits = state["heatmap"]["visits"]
    highest = max(value for row in visits for value in row)
    x, y = next((i, j) for j, row in enumerate(visits) for i, value in enumerate(row) if value == highest)
    places = "; ".join(f"{p['name']} in column {p['x'] + 1}, row {p['y'] + 1}" for p in replay["layout"])
    return [
        f"Episode {metrics['episode_id']:,}, agent {metrics['agent']}: {end} after {length:,} steps",
        f"0 {number(highest)} steps per episode, √ scale",
        *meters(run, [level / 255 for level in replay["meters"][-1]]),
        *judged_by(state["policy"], length),
        f"aria-label: The town. {places}. Most visits in column {x + 1}, row {y + 1}.",
        f"value: {length}",
    ]


def judged_by(policy: Any, length: int) -> list[Statement]:
    """The sentence below the map, of the newest policy of the time; none before the first one."""
    if policy is None:
        return []
    judge = f"the policy of episode {policy['episode']:,}, the newest recorded by then, would do"
    return [re.compile(rf"[\d,]+ of {length:,} steps \(marked\) are not what {judge}\..*")]


def meters(run: Any, levels: list[float]) -> list[Statement]:
    said: list[Statement] = []
    for name, level in zip(run["meters"], levels, strict=True):
        vital = name in run["vital_meters"]
        low = " low" if vital and level < LOW else ""
        said.append(f"{name}{' ♥ vital' if vital else ''}{low} {meter_level(run, name, level)}")
    return said


def meter_level(run: Any, name: str, level: float) -> str:
    full = run["meter_full_scale"].get(name)
    if full is None:
        return percent(level)
    amount, currency = whole(level * full), run["currency"]
    return f"{amount} {currency}" if currency.isalpha() else f"{currency}{amount}"


def garden_path(run: Any, graph: Any) -> list[Statement]:
    edges = sorted(graph["edges"], key=lambda edge: edge["count"])
    total = sum(edge["count"] for edge in edges)

    def words(edge: Any) -> str:
        source, target = title_of(edge["source"]), title_of(edge["target"])
        return f"{source} twice in a row" if source == target else f"{source} → {target}"

    most = ", ".join(f"{words(edge)} ({percent(edge['count'] / total)})" for edge in edges[:-3:-1])
    arrivals = dict.fromkeys(graph["nodes"], 0)
    for edge in edges:
        arrivals[edge["target"]] += edge["count"]
    summary = [f"Most often: {most}.", f"aria-label: Garden path. Most often: {most}."] if edges else []
    return [
        f"Last {run['window']}",
        *summary,
        *(f"{words(edge)}: {edge['count']:,}" for edge in edges),
        *(f"{title_of(name)} {count:,}" for name, count in arrivals.items()),
    ]


def trends(run: Any, state: Any, baseline: Any) -> Facts:
    episode, metrics, window = state["episode"], state["metrics"], run["window"]
    mean, last = whole(state["mean_survival"]), min(window, episode)
    over = "" if episode == 1 else f" on average over the last {last} episodes"
    survival = f"Episode {episode:,}: {mean} steps{over}."
    from_curiosity = metrics["total_reward"] - metrics["extrinsic_reward"]
    reward = (
        f"Episode {episode:,}: {number(metrics['extrinsic_reward'])} from the town,"
        f" {number(from_curiosity)} from curiosity."
    )
    curiosity = (
        f"Episode {episode:,}: curiosity weighs {number(metrics['intrinsic_weight'])};"
        f" {percent(metrics['epsilon'])} of actions are random."
    )
    smoothed = f"mean of the last {window} episodes"
    return {
        "Survival": [
            *chart("Survival time in steps", survival),
            smoothed,
            f"a random policy in this stage, mean of {baseline['episodes']} episodes",
        ],
        "Reward, decomposed": [
            *chart("Reward per episode, extrinsic below and intrinsic above,", reward),
            f"extrinsic: the town; {smoothed}",
        ],
        "Curiosity": chart("Intrinsic weight and epsilon", curiosity),
    }


def curriculum(run: Any, stage: Any) -> list[Statement]:
    number_of, counted = stage["stage"], stage["episodes_counted"]
    said = (
        f"Stage {number_of}, entered after episode {stage['since_episode'] - 1:,}: "
        if stage["since_episode"] > 1
        else f"Stage {number_of}, from the first episode on: "
    )
    if stage["advance_at"] is None:
        said += "the last one."
    else:
        gate = f"the next gate is at {whole(stage['advance_at'])}."
        episodes = f"{counted:,} episode{'' if counted == 1 else 's'}"
        needed = f" ({stage['window']} are needed)" if counted < stage["window"] else ""
        said += (
            f"no episode of it has ended yet, {gate}"
            if stage["mean_survival"] is None
            else f"{whole(stage['mean_survival'])} steps on average over {episodes}{needed}, {gate}"
        )
    steps = [
        f"{'✓' if place < number_of else place} Stage {place}: {summary['name']} {summary['meaning']}"
        for place, summary in enumerate(run["stages"], start=1)
    ]
    return [said, *steps]


def behaviours(episode: int, page: Any) -> list[Statement]:
    found = sum(kind["count"] for kind in page["kinds"])
    if found == 0:
        return [f"Nothing odd was seen up to episode {episode:,}."]
    beginners = sum(kind["beginners"] for kind in page["kinds"])
    whose = f", {beginners:,} of them by beginners" if beginners else ""
    more = [f"More: {len(page['found'])} of {page['total']:,} shown"] if found > BEHAVIOURS else []
    return [
        f"{found:,} found up to episode {episode:,}{whose}."
        " Agents optimise what you measure, not what you mean.",
        f"All {found:,}",
        *(f"{kind['name']} {kind['count']:,}" for kind in page["kinds"]),
        *(
            f"{one['title']} {one['evidence']} "
            + ("a beginner: most of its actions were random " if one["beginner"] else "")
            + f"Watch {one['episode']:,}"
            for one in page["found"]
        ),
        *more,
    ]


def scorecard(episode: int, criteria: Any) -> list[Statement]:
    applicable = [criterion for criterion in criteria if criterion["state"] != "not applicable"]
    met = sum(criterion["state"] == "met" for criterion in applicable)
    said: list[Statement] = [f"After episode {episode:,}: {met} of {len(applicable)} met."]
    for criterion in criteria:
        line = (
            f"{SIGNS[criterion['state']]} {criterion['title']} , {WORDS[criterion['state']]}:"
            f" {criterion['value']} Aim: {criterion['target']}"
        )
        since = criterion["since_episode"]
        if since is not None:
            line += f" Since episode {since:,}"
            said.append(f"title: Go to episode {since:,}")
        if re.search(r"\d", line):
            said.append(line)
    return said
