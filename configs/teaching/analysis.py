# %% [markdown]
# # What happened in this run
#
# This notebook reads the tables in `data/` beside it and nothing else: Hamlet need not be installed. Every number below
# is computed in the cell above it. Change a cell and run it again: nothing can be broken.
#
# An **episode** is one life of one agent, from birth to death or to the step limit. **Survival** is its length in steps.

# %%
from contextlib import suppress
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

DATA = Path("data")
WINDOW = 100  # episodes of every rolling mean, as on the dashboard
RECOVERED_AT = 0.8  # part of the survival before a move that counts as recovered

with suppress(ImportError):  # only Jupyter has it
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    set_matplotlib_formats("svg", metadata={"Date": None})
matplotlib.rcParams.update(
    {
        "svg.hashsalt": "hamlet",
        "figure.figsize": (9, 3.2),
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)


def table(name: str) -> pd.DataFrame:
    """A table of the export; empty where the run has no such rows."""
    return pd.read_parquet(DATA / f"{name}.parquet")


def rolling(values: pd.Series) -> pd.Series:
    """The mean of the last WINDOW episodes; of fewer at the beginning."""
    return values.rolling(WINDOW, min_periods=1).mean()


episodes = table("episodes").merge(table("episode_details"), on="episode_id")
marks = table("annotations")
moves = marks.loc[marks["kind"] == "randomized", "episode"].tolist()
newest = int(episodes["episode_id"].max())
print(
    f"{newest:,} episodes, {int(episodes['survival_time'].sum()):,} steps; moved after episode: {moves or 'never'}"
)


def chart(title: str, unit: str) -> plt.Axes:
    """An empty chart over the episodes, with the moves marked."""
    _, axes = plt.subplots()
    axes.set(title=title, xlabel="episode", ylabel=unit)
    for move in moves:
        axes.axvline(move, color="black", linestyle="--", linewidth=1)
    return axes


# %% [markdown]
# ## 1. Survival
#
# *Before you look: is the last hundred episodes' mean above the random policy's? By how much?*

# %%
axes = chart("Survival", "steps")
axes.plot(
    episodes["episode_id"],
    episodes["survival_time"],
    ".",
    markersize=1,
    rasterized=True,
    alpha=0.2,
    color="tab:orange",
)
axes.plot(episodes["episode_id"], rolling(episodes["survival_time"]), color="tab:red")
first, last = episodes["survival_time"].head(WINDOW), episodes["survival_time"].tail(WINDOW)
print(
    f"mean of the first {len(first)}: {first.mean():.0f} steps; of the last {len(last)}: {last.mean():.0f} steps"
)
table("baseline")

# %% [markdown]
# The table is the random policy: its mean survival in each stage, with a 95 % interval. Compare like with like: the last
# episodes with the baseline *of their own stage*.

# %% [markdown]
# ## 2. What the reward is made of
#
# The total reward is the extrinsic reward of the town plus the intrinsic reward (curiosity) times the weight *of each
# step*. Two mistakes are common: to forget the weight, and to multiply the whole sum by the weight at the episode's end.

# %%
weighted = episodes["total_reward"] - episodes["extrinsic_reward"]
unweighted = episodes["intrinsic_reward"].fillna(0.0).astype(float)
at_the_end = unweighted * episodes["intrinsic_weight"].fillna(0.0).astype(float)
axes = chart("Reward, decomposed", "reward per episode")
axes.plot(episodes["episode_id"], rolling(episodes["extrinsic_reward"]), label="extrinsic")
axes.plot(episodes["episode_id"], rolling(weighted), label="intrinsic × weight")
_ = axes.legend()
print(f"curiosity's part of an episode, mean: {weighted.mean():.3f}")
print(f"without the weight it would seem to be: {unweighted.mean():.3f}")
print(f"with the weight at the end of the episode: {at_the_end.mean():.3f}")

# %% [markdown]
# ## 3. Annealing: from exploring to exploiting

# %%
axes = chart("Exploration", "0 to 1")
for name in ("intrinsic_weight", "epsilon"):
    if episodes[name].notna().any() and episodes[name].max() > 0:
        axes.plot(episodes["episode_id"], episodes[name].astype(float), label=name)
        below = episodes.loc[episodes[name] <= episodes[name].iloc[0] / 2, "episode_id"]
        print(f"{name}: half of its first value at episode {int(below.iloc[0]) if len(below) else 'never'}")
_ = axes.legend()

# %% [markdown]
# ## 4. The curriculum, checked by hand
#
# Stages begin when the trainer decides so. Here is the mean survival right before and right after each change. A harder
# stage makes survival *fall*, though the agent has become no worse.

# %%
changes = table("stages").drop_duplicates(["from_stage", "to_stage"])
gates = []
for change in changes.itertuples():
    before = episodes.loc[episodes["episode_id"].between(change.episode - WINDOW + 1, change.episode)]
    after = episodes.loc[episodes["episode_id"].between(change.episode + 1, change.episode + WINDOW)]
    gates.append(
        {
            "from": change.from_stage,
            "to": change.to_stage,
            "after episode": change.episode,
            "mean before": before["survival_time"].mean(),
            "mean after": after["survival_time"].mean(),
        }
    )
pd.DataFrame(gates).round(1)

# %% [markdown]
# ## 5. Where the agents go, and what they find new
#
# Left: visits of the last recorded episodes. Right: novelty, the intrinsic reward of a cell. *Do the cells that are
# visited least look newest?*

# %%
cells = table("heatmap")
visits = cells.groupby(["y", "x"])["visit_count"].sum().unstack(fill_value=0)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
left.imshow(np.sqrt(visits), cmap="cividis")
left.set_title("visits, square root")
if cells["novelty_value"].notna().any():
    novelty = cells.groupby(["y", "x"])["novelty_value"].mean().unstack()
    right.imshow(np.log(novelty.clip(lower=1e-12)), cmap="magma")
    right.set_title("novelty, logarithm")
    both = pd.DataFrame({"visits": visits.stack(), "novelty": novelty.stack()}).dropna()
    print(
        f"rank correlation of visits and novelty over {len(both)} cells: {both.rank().corr().iloc[0, 1]:.2f}"
    )
else:
    right.set_title("this run measured no novelty")

# %% [markdown]
# ## 6. Garden paths, early and late
#
# How often one place was used after another, as a share of all uses, in the first and the last tenth of the run.

# %%
paths = table("visits")
tenth = max(1, newest // 10)
shares = {}
for name, part in (
    ("first tenth", paths[paths["episode_id"] <= tenth]),
    ("last tenth", paths[paths["episode_id"] > newest - tenth]),
):
    counts = part.groupby(["from_affordance", "to_affordance"])["visit_count"].sum()
    shares[name] = counts / counts.sum()
pd.DataFrame(shares).fillna(0.0).sort_values("last tenth", ascending=False).head(8).round(3)

# %% [markdown]
# ## 7. The move and the way back
#
# `before` is the mean of the last hundred episodes at the move. A window counts only if it lies wholly after the move:
# whoever uses windows that span it finds a smaller drop, and a recovery that is too early. The interval is a bootstrap
# over episodes of *this one run*; how runs differ needs several seeds (`projections compare`).

# %%
random = np.random.default_rng(0)


def interval(values: pd.Series) -> str:
    """The mean with its 95 % bootstrap interval."""
    drawn = random.choice(values.to_numpy(), (2000, len(values))).mean(axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{values.mean():.0f} steps ({low:.0f} to {high:.0f}, n = {len(values)})"


survival = episodes.set_index("episode_id")["survival_time"]
for move in moves[:1]:
    before = survival.loc[max(1, move - WINDOW + 1) : move]
    means = survival.rolling(WINDOW).mean().loc[move + WINDOW :]
    print(f"before the move: {interval(before)}")
    if means.empty:
        print("fewer than a hundred episodes have ended since: too early to judge")
        break
    lowest = int(means.idxmin())
    print(
        f"lowest hundred, which ended with episode {lowest}: {interval(survival.loc[lowest - WINDOW + 1 : lowest])}"
    )
    dropped = means[means < RECOVERED_AT * before.mean()]
    if dropped.empty:
        print(f"no drop: every hundred stayed above {RECOVERED_AT:.0%}")
        break
    later = means.loc[dropped.index[0] :]
    back = later[later >= RECOVERED_AT * before.mean()]
    print(
        f"back at {RECOVERED_AT:.0%} after: {int(back.index[0]) - move if len(back) else 'not yet'} episodes"
    )
if not moves:
    print("nothing was moved in this run: there is no recovery to measure")

# %% [markdown]
# ## 8. Health of the training

# %%
beats = table("heartbeats")
figure, panels = plt.subplots(1, 3, figsize=(9, 2.6))
for panel, name in zip(panels, ("loss", "mean_q", "rss_bytes"), strict=True):
    panel.plot(beats["episode"], beats[name].astype(float))
    panel.set_title(name)
figure.tight_layout()

# %% [markdown]
# ## 9. What ended the episodes

# %%
thirds = pd.cut(episodes["episode_id"], 3, labels=["first third", "middle", "last third"])
pd.crosstab(episodes["cause"], thirds, normalize="columns").round(3)

# %% [markdown]
# ## 10. Failures worth knowing
#
# Rules look at every episode. A behaviour is *evidence*, not a verdict: open the episode in `../dashboard/index.html` and
# watch it before you believe the title.

# %%
found = table("behaviours")
pd.set_option("display.max_colwidth", 120)
found[found["beginner"] == 0].groupby("kind").tail(1)[["episode", "title", "evidence"]]
