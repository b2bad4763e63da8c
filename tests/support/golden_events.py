"""What the golden event files mean: for each file the event that its payload decodes to."""

from base64 import b64decode

import msgspec

from core import events as e

BEFORE = (e.Placement("Bed", 1, 1), e.Placement("Fridge", 1, 3), e.Placement("Job", 6, 6))


AFTER = (e.Placement("Bed", 4, 0), e.Placement("Fridge", 7, 5), e.Placement("Job", 2, 6))


NOVELTY = (
    "AEQAQgBAAD4APAA6ADgANABEAEIAQAA+ADwAOgA4ADQARABCAEAAPgA8ADoAOAA0AEQAQgBAAD4APAA6ADgANABEAEIAQAA+ADwAOgA4"
    "ADQARABCAEAAPgA8ADoAOAA0AEQAQgBAAD4APAA6ADgANABEAEIAQAA+ADwAOgA4ADQ="
)


STARTED = e.RunStarted(
    run_id="mfrggzdfmztwq2lknnwg23tpoa",
    seed=7,
    num_episodes=10_000,
    num_agents=32,
    config_name="sparse_adaptive",
    config={
        "experiment": {"name": "sparse_adaptive", "description": "", "seed": 7},
        "exploration": {"initial_intrinsic_weight": 1.0, "anneal_above": 0.7},
        "training": {"num_episodes": 10_000, "pace": None, "device": "auto"},
    },
    config_hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    world=e.WorldMap(
        width=8,
        height=8,
        meters=("energy", "hygiene", "satiation", "money", "mood", "social"),
        vital_meters=("energy", "hygiene", "satiation"),
        affordances=BEFORE,
        actions=("UP", "DOWN", "LEFT", "RIGHT", "INTERACT"),
        max_steps=500,
        meter_full_scale={"money": 100.0},
    ),
    curriculum=e.CurriculumSummary(
        stages=(
            e.StageSummary(
                name="First needs",
                meaning="Energy and hygiene, sinking slowly",
                active_meters=("energy", "hygiene"),
                depletion=0.2,
                reward="shaped",
            ),
            e.StageSummary(
                name="No more hints",
                meaning="Sparse reward: only dying counts",
                active_meters=("energy", "hygiene", "satiation", "money", "mood", "social"),
                depletion=1.0,
                reward="sparse",
            ),
        ),
        start_stage=1,
        survival_window=100,
        advance_at=350.0,
        retreat_at=150.0,
    ),
    wages={"Job": 30.0},
    packages={"python": "3.11.2", "torch": "2.13.0", "numpy": "2.3.5", "sqlite": "3.54.1"},
    device="cpu",
)


RESUMED = e.RunResumed(
    attempt=2,
    checkpoint="checkpoint_ep04200.pt",
    after_episode=4_200,
    after_position=17_311,
    reason="restart",
    num_episodes=12_000,
    config_hash="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    config_changes={"exploration.anneal_above": (0.7, 0.65)},
)


FINISHED = e.EpisodeFinished(
    episode=4_230,
    agent=17,
    survival_time=8,
    total_reward=0.8125,
    extrinsic_reward=-1.5,
    intrinsic_reward=6.8014705882352935,
    intrinsic_weight=0.34,
    born_stage=3,
    curriculum_stage=4,
    epsilon=0.0625,
    cause="satiation",
    vector_step=30_412,
)


USED = e.AffordancesUsed(episode=4_230, affordances=("Bed", "Job", "Fridge", "Shower"), steps=(1, 3, 6, 8))


TRACED = e.EpisodeTraced(
    episode=4_230,
    actions=b64decode("eAFjYGJhZGRhYgIAAEkAEQ=="),
    meters=b64decode("eAH7//cfBP7/B4X//0GBMQPDbwYQ+A+EIJKh4R9UEQC+Kids"),
)


POLICY_WEIGHTS = b64decode("eJwNysENgCAQALCOxMMQ1AMc7cbyQZxNvk1RHKrmdLlFhp7dyGHm3P4Ka58H3w+xggiH")

WINDOW_POLICY_WEIGHTS = b64decode(
    "eJwdjd0JwzAQgzVRHuxSzq37Q4fRUDdEH4wxaWNCPMDt1HMFAvEhJDzj4NlWrCw4WOKmLwY2q/phZ4M4z27gDvm3RB9WJ42b1Xg1"
    "4aJJBzK67XbSxMYO8K03z4F5rpp4r/DLgKHJV3cu6Lxg6vDXZHnGHwTDONk="
)


EXPECTED: dict[str, e.Event] = {
    # Version 1 has no run id, curriculum or wages, and this configuration has neither stages nor a town.
    "run_started.v1": msgspec.structs.replace(
        STARTED,
        run_id="7t7v53wedqzv2xvan2hpyqcee4",
        curriculum=msgspec.structs.replace(STARTED.curriculum, stages=()),
        wages={},
    ),
    "run_started.v2": STARTED,
    "run_started.v2+when_low": msgspec.structs.replace(
        STARTED, world=msgspec.structs.replace(STARTED.world, when_low={"energy": "tired", "money": "broke"})
    ),
    "run_started.v2+currency": msgspec.structs.replace(
        STARTED, world=msgspec.structs.replace(STARTED.world, currency="coins")
    ),
    "run_started.v2+obstacles": msgspec.structs.replace(
        STARTED,
        world=msgspec.structs.replace(
            STARTED.world, kinds={"Fridge": "FastFood"}, walls=(3, 11), water=(63,)
        ),
    ),
    "run_resumed.v1": RESUMED,
    "run_resumed.v2": msgspec.structs.replace(
        RESUMED,
        packages={"python": "3.11.2", "torch": "2.13.1"},
        device="cpu",
        exact=False,
        inexact_because="packages have changed: torch 2.13.0 → 2.13.1",
    ),
    "baseline_measured.v1": e.BaselineMeasured(
        policy="random",
        episodes=256,
        stages=(
            e.StageBaseline(stage=1, mean_survival=210.5625, low=203.25, high=218.125),
            e.StageBaseline(stage=2, mean_survival=113.75, low=111.0, high=116.5),
        ),
    ),
    "run_branched.v1": e.RunBranched(
        run_id="onswg4tforzxi4tjnztxg5dsne",
        parent_run_id="mfrggzdfmztwq2lknnwg23tpoa",
        episode=4_203,
        position=17_325,
        digest="0f3a6c1de29b4855a7c2d1f0934be68a",
        changes={"exploration.anneal_above": (0.7, 0.65)},
        layout=AFTER,
        layout_seed=3,
        seed=9,
        future=2,
        num_episodes=12_000,
        config_hash="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        packages={"python": "3.11.2", "torch": "2.13.1"},
        device="cpu",
        exact=False,
        inexact_because="packages have changed: torch 2.13.0 → 2.13.1",
        checkpoint=e.SavedFile(
            "checkpoint_ep04203.pt",
            "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
            1_412_096,
        ),
        replay=e.SavedFile(
            "checkpoint_ep04203.replay.pt",
            "baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096",
            5_800_448,
        ),
    ),
    # Version 1 does not say in which stage the episode began.
    "episode_finished.v1": msgspec.structs.replace(FINISHED, born_stage=4),
    "episode_finished.v2": FINISHED,
    "cells_visited.v1": e.CellsVisited(
        episode=4_230,
        start_cell=10,
        path=b64decode("eAHj5OQUlJSUkAAAAhEAjw=="),
        novelty=b64decode(NOVELTY),
    ),
    "cells_visited.v2": e.CellsVisited(
        episode=4_230,
        start_cell=1_109,
        path=b64decode("AngBC3VwYGBkdHBgYYAAABGXAVw="),
        novelty=b64decode(NOVELTY),
    ),
    "transitions_made.v1": USED,
    "affordances_used.v1": USED,
    "vitals_traced.v1": TRACED,
    "episode_traced.v1": TRACED,
    "stage_changed.v1": e.StageChanged(
        episode=1_115,
        agent=None,
        from_stage=4,
        to_stage=5,
        decided_by={"mean_survival": 361.5, "advance_at": 350.0, "entropy": 0.41, "entropy_gate": 0.5},
    ),
    "exploration_changed.v1": e.ExplorationChanged(
        episode=5_041,
        reason="drop",
        intrinsic_weight_before=0.05,
        intrinsic_weight_after=0.5,
        epsilon_before=0.05,
        epsilon_after=0.3,
        decided_by={"mean_survival": 251.0, "reference": 462.25, "surprise_below": 0.6},
    ),
    "exploration_changed.v2": e.ExplorationChanged(
        episode=5_041,
        reason="drop",
        intrinsic_weight_before=0.05,
        intrinsic_weight_after=0.5,
        epsilon_before=0.05,
        epsilon_after=0.3,
        decided_by={"mean_survival": 251.0, "reference": 462.25, "below": 0.6},
    ),
    "affordances_randomized.v1": e.AffordancesRandomized(episode=5_000, seed=7, old=BEFORE, new=AFTER),
    "affordances_randomized.v2": e.AffordancesRandomized(episode=5_000, seed=None, old=BEFORE, new=AFTER),
    "checkpoint_saved.v1": e.CheckpointSaved(
        episode=4_200,
        position=17_311,
        checkpoint=e.SavedFile(
            "checkpoint_ep04200.pt",
            "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
            1_412_096,
        ),
        replay=e.SavedFile(
            "checkpoint_ep04200.replay.pt",
            "baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096",
            5_800_448,
        ),
    ),
    "policy_recorded.v1": e.PolicyRecorded(
        episode=4_200,
        position=17_311,
        checkpoint="checkpoint_ep04200.pt",
        layer_sizes=(8, 2, 2),
        cells=4,
        meters=("energy", "money"),
        affordances=("Bed",),
        weights=POLICY_WEIGHTS,
    ),
    "policy_recorded.v1+sight": e.PolicyRecorded(
        episode=4_200,
        position=17_311,
        checkpoint="checkpoint_ep04200.pt",
        layer_sizes=(32, 2, 2),
        cells=4,
        meters=("energy", "money"),
        affordances=("Bed",),
        weights=WINDOW_POLICY_WEIGHTS,
        sight=1,
    ),
    "heartbeat.v1": e.Heartbeat(
        episode=4_230,
        vector_step=30_412,
        updates=29_898,
        agent_steps_per_second=13_812.5,
        loss=0.00403125,
        mean_q=-0.4375,
        gradient_norm=0.28125,
        rss_bytes=412_483_584,
        device_memory_bytes=0,
        replay_fill=1.0,
    ),
    "heartbeat.v1+memory": e.Heartbeat(
        episode=4_230,
        vector_step=30_412,
        updates=29_898,
        agent_steps_per_second=13_812.5,
        loss=0.00403125,
        mean_q=-0.4375,
        gradient_norm=0.28125,
        rss_bytes=412_483_584,
        device_memory_bytes=0,
        replay_fill=1.0,
        rss_limit_bytes=536_870_912,
        rss_bytes_per_hour=16_777_216.0,
        memory_alarm="memory grows by 16 MiB an hour and will reach the limit of 512 MiB in 7 h",
    ),
    "training_anomaly.v1": e.TrainingAnomaly(
        episode=3_307,
        where="gradients",
        action="restored",
        checkpoint="checkpoint_ep03300.pt",
        occurrence=1,
    ),
    "run_stopped.v1": e.RunStopped(episode=4_237, reason="signal", detail="SIGTERM"),
}
