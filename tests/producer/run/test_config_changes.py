"""What a run that exists goes on with: its own configuration, and changes that take effect or are refused."""

from pathlib import Path

import msgspec
import pytest

from core.codec import decode
from core.config import load_config
from core.config_schema import RunConfig
from core.errors import ConfigError
from core.events import AffordancesRandomized, EpisodeFinished, RunResumed, RunStopped, StageChanged
from core.process.signals import ShutdownSignal
from core.run_directory import in_folder
from producer.run.config_changes import Given
from producer.run.console import Console
from producer.run.run import run
from tests.support.logs import learning_events, read_log
from tests.support.training import train

KEYS_THAT_CANNOT_CHANGE = {
    "experiment.seed": 7,
    "experiment.name": "another",
    "world.width": 9,
    "world.dollars_when_full": 50.0,
    "population.num_agents": 16,
    "population.hidden": 8,
    "population.replay_buffer_capacity": 8_000,
    "population.learn_every": 4,
    "population.learning_starts": 200,
    "exploration.rnd_hidden": 16,
    "exploration.embed_dim": 8,
    "exploration.epsilon_start": 0.5,
    "exploration.initial_intrinsic_weight": 0.5,
    "curriculum.start_stage": 2,
    "training.max_steps_per_episode": 200,
    "training.randomize_affordances_at": 10,
}


def resume(
    folder: Path, options: dict[str, object], file: RunConfig | None = None, accept: bool = True
) -> None:
    run(Given(file, "the file", options, accept), in_folder(folder), Console(), ShutdownSignal())


@pytest.fixture(scope="module")
def run_of_60(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has moved the affordances at episode 50 and ended at 60."""
    from tests.support.training import write_small_config

    folder = tmp_path_factory.mktemp("run_of_60")
    train(folder, load_config(write_small_config(folder / "small.yaml"), {"training.num_episodes": 60}))
    return folder


@pytest.mark.parametrize("key", KEYS_THAT_CANNOT_CHANGE)
def test_what_cannot_take_effect_is_refused_before_anything_is_recorded(run_of_60: Path, key: str) -> None:
    before = read_log(run_of_60)
    options = {key: KEYS_THAT_CANNOT_CHANGE[key], "training.num_episodes": 80}
    with pytest.raises(ConfigError, match=rf"{key} \(was .*, now .*\) cannot be changed in mid-run: "):
        resume(run_of_60, options)
    assert read_log(run_of_60) == before


@pytest.mark.parametrize("change", ["cell", "name", "one more", "one less", "vital"])
def test_a_town_that_stands_cannot_be_rebuilt_in_mid_run(run_of_60: Path, change: str) -> None:
    file = load_config(run_of_60 / "small.yaml")
    places, meters = file.world.affordances.copy(), file.world.meters.copy()
    match change:
        case "cell":
            places[0] = msgspec.structs.replace(places[0], cell=(4, 4))
        case "name":
            places[0] = msgspec.structs.replace(places[0], name="Hammock")
        case "one more":
            places.append(msgspec.structs.replace(places[0], name="Hammock", cell=(4, 4)))
        case "one less":
            places.pop()
        case "vital":
            meters[4] = msgspec.structs.replace(meters[4], vital=True)
    file = msgspec.structs.replace(
        file, world=msgspec.structs.replace(file.world, affordances=places, meters=meters)
    )
    before = read_log(run_of_60)
    with pytest.raises(
        ConfigError, match=r"world\.(affordances|meters)\[\d\]\.\w+ .* cannot be changed in mid"
    ):
        resume(run_of_60, {"training.num_episodes": 80}, file)
    assert read_log(run_of_60) == before


def test_stages_that_were_reached_cannot_be_taken_away(tmp_path: Path, small_config: Path) -> None:
    easy = {"curriculum.survival_advance_threshold": 0.1, "curriculum.entropy_gate": 1.0}
    soon = {"curriculum.min_steps_at_stage": 1, "curriculum.survival_window": 5, "training.num_episodes": 60}
    config = load_config(small_config, easy | soon)
    train(tmp_path, config)
    stages = [event for event in map(decode, read_log(tmp_path)) if isinstance(event, StageChanged)]
    reached = max(event.to_stage for event in stages)
    assert reached > 1
    before = read_log(tmp_path)
    kept = msgspec.to_builtins(config.curriculum.stages)
    with pytest.raises(ConfigError, match=rf"cut to {reached - 1} .* has reached stage {reached}"):
        resume(tmp_path, {"curriculum.stages": kept[: reached - 1], "training.num_episodes": 80})
    assert read_log(tmp_path) == before


def test_an_accepted_change_takes_effect(run_of_60: Path, tmp_path: Path) -> None:
    folder = copy(run_of_60, tmp_path)
    resume(folder, {"training.num_episodes": 100, "training.randomize_affordances_at": 90})
    events = [decode(record) for record in read_log(folder)]
    changed = [event.config_changes for event in events if isinstance(event, RunResumed)]
    assert changed == [{"training.randomize_affordances_at": (50, 90)}]
    moved = [event.episode for event in events if isinstance(event, AffordancesRandomized)]
    assert moved == [50, 90]


def test_an_option_that_changes_what_is_learnt_needs_consent(run_of_60: Path) -> None:
    before = read_log(run_of_60)
    options = {"population.gamma": 0.9, "training.num_episodes": 80}
    with pytest.raises(
        ConfigError, match=r"population\.gamma \(was 0\.99, now 0\.9\).*--accept-config-change"
    ):
        resume(run_of_60, options, accept=False)
    assert read_log(run_of_60) == before


def test_a_run_goes_on_without_a_file_as_with_it(run_of_60: Path, tmp_path: Path) -> None:
    with_file, without = copy(run_of_60, tmp_path / "a"), copy(run_of_60, tmp_path / "b")
    resume(with_file, {"training.num_episodes": 90}, load_config(run_of_60 / "small.yaml"), accept=False)
    resume(without, {"training.num_episodes": 90, "training.device": "cpu"})
    assert learning_events(without) == learning_events(with_file)


def test_fewer_episodes_than_were_reached_are_done_already(
    run_of_60: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    before = read_log(run_of_60)
    for episodes in (1, 20, 59, 60):
        resume(run_of_60, {"training.num_episodes": episodes}, accept=False)
        assert f"all {episodes} episodes are done" in caplog.text
    assert read_log(run_of_60) == before


def test_a_run_stopped_early_goes_on_to_the_length_in_its_log(
    tmp_path: Path, small_config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.support.training import StopAfter

    train(tmp_path, load_config(small_config, {"training.num_episodes": 70}), StopAfter(60))
    reached = [event for event in map(decode, read_log(tmp_path)) if isinstance(event, EpisodeFinished)][-1]
    assert 1 < reached.episode < 70
    caplog.set_level("INFO")
    before = read_log(tmp_path)
    resume(tmp_path, {"training.num_episodes": reached.episode - 1}, accept=False)
    assert f"episode {reached.episode} has been reached" in caplog.text
    assert read_log(tmp_path) == before
    resume(tmp_path, {}, accept=False)
    assert decode(read_log(tmp_path)[-1]) == RunStopped(episode=70, reason="completed", detail="70 episodes")


def copy(folder: Path, to: Path) -> Path:
    import shutil

    shutil.copytree(folder, to, dirs_exist_ok=True)
    return to
