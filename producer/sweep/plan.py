"""The plan of a sweep: `sweep.yaml`, written before the first run begins, and never changed after that."""

import hashlib
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from core.archives import refuse_archive
from core.config import config_from_dict, overridden
from core.config_files import parse_yaml
from core.config_schema import MAX_SEED, RunConfig
from core.errors import ConfigError, StoreError
from core.process.files import atomic_write
from core.version import VERSION

__all__ = [
    "PLAN_NAME",
    "Parent",
    "Plan",
    "PlannedRun",
    "make_plan",
    "parse_parent",
    "parse_plan",
    "parse_seeds",
    "parse_values",
    "plan_text",
    "read_plan",
    "write_plan",
]

PLAN_NAME = "sweep.yaml"
MOST_RUNS = 10_000
LONGEST_NAME = 80
"""Characters of a folder's name; a longer one is cut, and a digest of the whole name is added."""
HEADER = (
    "# The plan of a sweep. `producer sweep --runs DIR`, with the directory of this file, goes on with it.\n"
)


class Parent(msgspec.Struct, frozen=True):
    """The run that all runs of the plan are branched from, after the episode `episode`."""

    run_dir: str
    episode: int


class PlannedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run: `name` is the path of the run directory below the directory of the sweep.

    `seed` is `experiment.seed`, or the seed of a branch. `settings` map dotted keys to values.
    """

    name: str
    seed: int
    settings: dict[str, Any] = {}


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sweep runs. Either `config` is the configuration of all runs, as plain data, or `parent` is set.

    `version` is the release of Hamlet that the attempts must have. `store` is the URL of the store that the
    runs are kept in while they are trained; without it they are trained in the directory of the sweep.
    """

    version: str
    store: str | None = None
    config_name: str | None = None
    config: dict[str, Any] | None = None
    parent: Parent | None = None
    runs: list[PlannedRun]

    def config_of(self, run: PlannedRun) -> RunConfig:
        """The configuration of a run that is no branch.

        Raises:
            ConfigError: the settings do not fit the configuration.
        """
        if self.config is None:
            raise ConfigError(
                f"{PLAN_NAME}: there is no configuration in the plan; branches have their parent's"
            )
        base = config_from_dict(self.config, PLAN_NAME)
        return overridden(base, {**run.settings, "experiment.seed": run.seed}, f"{PLAN_NAME}: {run.name}")

    def most_threads(self) -> int:
        """The most threads that an attempt of the plan uses; of branches only the settings are known here."""
        if self.parent is None:
            return max(self.config_of(run).training.num_threads for run in self.runs)
        return max(int(run.settings.get("training.num_threads", 1)) for run in self.runs)


def make_plan(
    seeds: Sequence[int],
    values: dict[str, list[Any]],
    config: RunConfig | None = None,
    config_name: str | None = None,
    parent: Parent | None = None,
    store: str | None = None,
) -> Plan:
    """Every combination of the values with every seed, seeds innermost; the names of runs tell them apart.

    Raises:
        ConfigError: a combination does not fit the configuration, or there are too many runs.
    """
    combinations = [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]
    if len(combinations) * len(seeds) > MOST_RUNS:
        raise ConfigError(
            f"the sweep would have {len(combinations) * len(seeds):,} runs; the most are {MOST_RUNS:,}"
        )
    runs = [
        PlannedRun(name=_name(settings, seed), seed=seed, settings=settings)
        for settings in combinations
        for seed in seeds
    ]
    plain = msgspec.json.decode(msgspec.json.encode(config)) if config is not None else None
    plan = Plan(version=VERSION, store=store, config_name=config_name, config=plain, parent=parent, runs=runs)
    if config is not None:
        for run in runs[:: len(seeds)]:
            plan.config_of(run)
    return plan


def parse_seeds(text: str) -> list[int]:
    """Seeds written as `0-7`, `3`, or both with commas between them.

    Raises:
        ConfigError: the text is none of these, or a seed is given twice or is too large.
    """
    seeds: list[int] = []
    for part in text.split(","):
        matched = re.fullmatch(r"\s*(\d{1,18})(?:\s*-\s*(\d{1,18}))?\s*", part)
        if matched is None:
            raise ConfigError(f"--seeds {text}: {part!r} is no seed; write seeds like 0-7 or 0,2,5")
        first = int(matched[1])
        last = int(matched[2]) if matched[2] is not None else first
        if last < first:
            raise ConfigError(
                f"--seeds {text}: {part.strip()} has no seeds in it; write the smaller one first"
            )
        if last > MAX_SEED:
            raise ConfigError(f"--seeds {text}: the largest seed is {MAX_SEED}")
        if last - first >= MOST_RUNS:
            raise ConfigError(f"--seeds {text}: at most {MOST_RUNS:,} runs are possible")
        seeds.extend(range(first, last + 1))
    twice = sorted({seed for seed in seeds if seeds.count(seed) > 1}) if len(set(seeds)) < len(seeds) else []
    if twice:
        raise ConfigError(f"--seeds {text}: {twice[0]} is given twice; leave one of the two out")
    return seeds


def parse_values(settings: Sequence[str]) -> dict[str, list[Any]]:
    """Key → the values that a sweep tries, from settings written as `key=value,value`.

    The values are those of a YAML list: `population.hidden=[64,64],[128]` has two.

    Raises:
        ConfigError: a setting is not written so, or a key or a value is given twice.
    """
    values: dict[str, list[Any]] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not key or not equals:
            raise ConfigError(
                f"--set {setting}: write key=value,value, for example population.gamma=0.97,0.99"
            )
        try:
            listed = parse_yaml(f"[{text}]")
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {setting}: the values are not valid YAML") from error
        if not listed:
            raise ConfigError(f"--set {setting}: there is no value; write key=value,value")
        if key in values:
            raise ConfigError(f"--set {setting}: {key} is given twice; write all its values in one --set")
        if key == "experiment.seed":
            raise ConfigError(f"--set {setting}: give the seeds with --seeds")
        for at, value in enumerate(listed):
            if any(value == other and type(value) is type(other) for other in listed[:at]):
                raise ConfigError(f"--set {setting}: the value {value!r} is given twice; leave one out")
        values[key] = listed
    return values


def parse_parent(text: str) -> Parent:
    """The parent of branches, written as `RUN_DIR@EPISODE`.

    Raises:
        ConfigError: the text is not written so, or the run is an archive.
    """
    folder, _, episode = text.rpartition("@")
    if not folder or not re.fullmatch(r"\d{1,15}", episode) or int(episode) < 1:
        raise ConfigError(
            f"--futures-of {text}: write RUN_DIR@EPISODE, for example runs/demo@5000; the first episode is 1"
        )
    refuse_archive(Path(folder))
    return Parent(run_dir=str(Path(folder).absolute()), episode=int(episode))


def plan_text(plan: Plan) -> str:
    """The file of a plan."""
    return HEADER + yaml.safe_dump(msgspec.to_builtins(plan), sort_keys=False, allow_unicode=True)


def write_plan(folder: Path, plan: Plan) -> None:
    """Write the plan into the directory of the sweep, which is made if it is not there.

    Raises:
        StoreError: the file cannot be written.
    """
    path = folder / PLAN_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(path, plan_text(plan).encode())
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); name a writable directory"
        ) from error


def read_plan(folder: Path) -> Plan | None:
    """The plan in the directory of a sweep; None if there is none.

    Raises:
        ConfigError: the file is no plan that this program can read.
        StoreError: the file cannot be read.
    """
    path = folder / PLAN_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); restore the file, or remove it") from error
    return parse_plan(text, str(path))


def parse_plan(text: str, path: str) -> Plan:
    """The plan in the text of a file, which errors call `path`.

    Raises:
        ConfigError: the text is no plan that this program can read.
    """
    try:
        plan = msgspec.convert(parse_yaml(text), Plan)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(
            f"{path}: is no plan of a sweep ({error}); restore the file, or remove it"
        ) from error
    _require_names(plan, path)
    return plan


def _require_names(plan: Plan, path: str) -> None:
    """Refuse a plan that somebody has edited so that a run would lie outside, or two runs in one place."""
    seen: set[str] = set()
    for run in plan.runs:
        if not re.fullmatch(r"[\w.,=+-]+(/[\w.,=+-]+)*", run.name) or ".." in run.name.split("/"):
            raise ConfigError(
                f"{path}: {run.name!r} is no name of a run; write letters, digits and . , = + -"
            )
        if run.name in seen:
            raise ConfigError(f"{path}: there are two runs {run.name}; give each its own name")
        seen.add(run.name)


def _name(settings: dict[str, Any], seed: int) -> str:
    own = f"seed-{seed}"
    if not settings:
        return own
    ends = [key.rpartition(".")[2] for key in settings]
    keys = ends if len(set(ends)) == len(ends) else list(settings)
    group = ",".join(f"{key}={_plain(value)}" for key, value in zip(keys, settings.values(), strict=True))
    readable = re.sub(r"[^\w.,=+-]+", "_", group, flags=re.ASCII)
    if readable != group or len(readable) > LONGEST_NAME:
        readable = f"{readable[:LONGEST_NAME]}-{hashlib.sha256(group.encode()).hexdigest()[:8]}"
    return f"{readable}/{own}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
