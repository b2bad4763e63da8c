"""Captured functions, held to a CUDA graph's rules on a CPU: replaying them does what calling them does.

A tape stands for the graph. While the work is called once, the tape records every kernel with the tensors
that the kernel read and wrote; played, the tape runs the same kernels on the same memory, without the work's
Python. So whatever the work took from the host stays as it was at the capture, and a result in a new tensor
is lost.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.config import load_config
from producer.agent.cuda_graphs import Captured
from producer.run.event_recorder import EventRecorder
from producer.training.trainer import Trainer
from tests.support.training import CollectedEvents


class Tape(TorchDispatchMode):
    """Kernels in order, with the tensors they were given and the tensors they gave."""

    def __init__(self) -> None:
        super().__init__()
        self._kernels: list[tuple[Any, tuple[Any, ...], dict[str, Any], list[torch.Tensor]]] = []

    def __torch_dispatch__(
        self, kernel: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = kernel(*args, **(kwargs or {}))
        given = {leaf.untyped_storage().data_ptr() for leaf in tensors((args, kwargs))}
        made = [leaf for leaf in tensors(result) if leaf.untyped_storage().data_ptr() not in given]
        is_view = not made and not kernel._schema.is_mutable
        if not is_view:
            self._kernels.append((kernel, args, kwargs or {}, made))
        return result

    def play(self) -> None:
        for kernel, args, kwargs, made in self._kernels:
            again = kernel(*args, **kwargs)
            if made:
                for kept, new in zip(made, tensors(again), strict=True):
                    kept.copy_(new)


def tensors(tree: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


def taped(captured: Captured[Any]) -> Callable[[], Any]:
    """The work's tape in the place of its graph: called at first, then played."""
    work, tape, kept = captured._work, Tape(), []

    def call() -> Any:
        if kept:
            tape.play()
        else:
            with tape:
                kept.append(work())
        return kept[0]

    return call


@pytest.mark.parametrize("start_stage", [1, 5])
def test_a_trainer_that_replays_learns_what_one_that_calls_learns(
    small_config: Path, start_stage: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(small_config, {"curriculum.start_stage": start_stage})
    logged = (CollectedEvents(), CollectedEvents())
    calling, replaying = (Trainer(config, EventRecorder(config, "cpu", events)) for events in logged)
    for trainer in (calling, replaying):
        # Captures begin after some real steps, as on a GPU, and go on through all that the host may decide.
        for _ in range(40):
            trainer.step()
    monkeypatch.setattr(replaying, "_act", taped(replaying._act))
    monkeypatch.setattr(replaying, "_learn", taped(replaying._learn))
    for rollout in range(120):
        for trainer in (calling, replaying):
            if rollout == 30:
                trainer.town.randomize_affordances(seed=7)
            if rollout == 50:
                trainer.exploration.detector.recovering = True
            if rollout == 60:
                trainer.town.draw_initial_states(seed=3)
            if rollout == 70:
                trainer.exploration.weight.value = 0.25
            if rollout == 90:
                trainer.town.set_stage(3)
                trainer.curriculum.stage = 3
            trainer.step()
    assert logged[0] == logged[1]
    assert len(logged[0]) > 30
    assert calling.dqn.q_network.flat.equal(replaying.dqn.q_network.flat)
    assert calling.novelty.predictor.flat.equal(replaying.novelty.predictor.flat)
    mine, theirs = (tensors(trainer.replay_buffer.state_dict()) for trainer in (calling, replaying))
    assert all(a.equal(b) for a, b in zip(mine, theirs, strict=True))


@pytest.mark.thorough
def test_a_tape_does_not_see_what_the_host_decides() -> None:
    """The test above would notice: a number of the host stays what it was at the capture."""
    host, total = [1.0], torch.zeros(())
    captured = Captured(lambda: total.add_(host[0]), torch.Generator())
    play = taped(captured)
    play()
    host[0] = 100.0
    play()
    assert total.item() == 2.0
