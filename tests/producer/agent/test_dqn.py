"""The arithmetic of the network and of the DQN update, checked against autograd and plain torch."""

import copy
from pathlib import Path

import pytest
import torch
from torch.nn.functional import huber_loss

from core.config import load_config
from core.config_schema import Population
from core.observation import ObservationSizes
from producer.agent.dqn import DQN
from producer.agent.network import Adam, Network
from producer.agent.replay_buffer import Batch
from producer.environment.observation import flatten_observation
from producer.environment.town import Observation, Town
from producer.training.memory_recorder import MemoryRecorder
from producer.training.trainer import Trainer

CELLS, METERS, AFFORDANCES = 64, 6, 8
WITH_AND_WITHOUT_WINDOW = pytest.mark.parametrize("near", [0, 3])


def observations(count: int, seed: int = 0, near: int = 0) -> Observation:
    generator = torch.Generator().manual_seed(seed)
    return Observation(
        torch.randint(CELLS, (count,), generator=generator),
        torch.rand((count, METERS), generator=generator),
        torch.randint(AFFORDANCES + 1, (count,), generator=generator),
        torch.randint(AFFORDANCES + 2, (count, near), generator=generator),
    )


def a_network(seed: int = 0, near: int = 0) -> Network:
    generator, sizes = torch.Generator().manual_seed(seed), ObservationSizes(CELLS, METERS, AFFORDANCES, near)
    return Network(sizes, [32, 24, 5], generator, torch.device("cpu"))


def by_matrices(network: Network, flat: torch.Tensor, seen: Observation) -> torch.Tensor:
    """The same network on written-out one-hots, its weights views of `flat`."""
    weights, biases = network._views(flat)
    sizes = ObservationSizes(CELLS, METERS, AFFORDANCES, seen.near.shape[1])
    hidden = (flatten_observation(seen, sizes) @ weights[0] + biases[0]).relu()
    for weight, bias in zip(weights[1:-1], biases[1:-1], strict=True):
        hidden = (hidden @ weight.t() + bias).relu()
    return hidden @ weights[-1].t() + biases[-1]


def a_dqn(town: Town, **changes: object) -> DQN:
    return DQN(Population(hidden=24, **changes), town, seed=3)  # type: ignore[arg-type]


def a_batch(size: int, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        now_and_bootstrap=observations(2 * size, seed),
        action=torch.randint(5, (size,), generator=generator),
        extrinsic=torch.randn(size, generator=generator),
        next_observations=observations(3 * size, seed + 1),
        intrinsic_discounts=torch.ones((3, size)),
        discount=torch.full((size,), 0.97) * (torch.rand(size, generator=generator) > 0.2),
        valid=(torch.rand(size, generator=generator) > 0.2).float(),
    )


@WITH_AND_WITHOUT_WINDOW
def test_rows_looked_up_are_one_hots_multiplied(near: int) -> None:
    network, seen = a_network(near=near), observations(40, near=near)
    outputs = network.forward(network.look_up(seen))
    torch.testing.assert_close(outputs, by_matrices(network, network.flat, seen))


@WITH_AND_WITHOUT_WINDOW
def test_inputs_in_parts_are_the_same_inputs(near: int) -> None:
    network, seen = a_network(near=near), observations(40, near=near)
    inputs = network.look_up(seen)
    parts = torch.cat([network.forward(inputs.part(at, 8)) for at in range(0, 40, 8)])
    torch.testing.assert_close(parts, network.forward(inputs))


@WITH_AND_WITHOUT_WINDOW
def test_the_backward_pass_equals_autograd(near: int) -> None:
    network, seen = a_network(near=near), observations(40, near=near)
    grad_output = torch.randn(40, 5)
    flat = network.flat.clone().requires_grad_()
    (by_matrices(network, flat, seen) * grad_output).sum().backward()
    inputs = network.look_up(seen)
    _, layers = network.forward_and_keep(inputs)
    torch.testing.assert_close(network.backward(grad_output, inputs, layers), flat.grad)


def test_adam_is_torchs_adam() -> None:
    ours = torch.randn(50)
    theirs = ours.clone().requires_grad_()
    adam, reference = Adam(ours, 0.01), torch.optim.Adam([theirs], lr=0.01)
    for _ in range(5):
        gradient = torch.randn(50)
        adam.step(gradient)
        theirs.grad = gradient.clone()
        reference.step()
    torch.testing.assert_close(ours, theirs.detach())


def test_one_update_is_double_dqn_with_advantage_learning(town: Town) -> None:
    dqn = a_dqn(town, max_grad_norm=1e6)
    dqn.target_network.flat.copy_(a_dqn(town).q_network.flat + 0.05 * torch.randn(dqn.q_network.flat.shape))
    batch, intrinsic = a_batch(30), torch.rand(30)
    flat = dqn.q_network.flat.clone().requires_grad_()
    now, end = (
        Observation(*(column[part] for column in batch.now_and_bootstrap))
        for part in (slice(30), slice(30, 60))
    )
    target = dqn.target_network.flat.clone()
    q = by_matrices(dqn.q_network, flat, now)
    with torch.no_grad():
        choice = by_matrices(dqn.q_network, flat, end).argmax(1, keepdim=True)
        value = by_matrices(dqn.target_network, target, end).gather(1, choice).squeeze(1)
        q_now = by_matrices(dqn.target_network, target, now)
        taken = q_now.gather(1, batch.action.unsqueeze(1)).squeeze(1)
        td_target = batch.extrinsic + intrinsic + batch.discount * value - 0.8 * (q_now.amax(1) - taken)
    chosen = q.gather(1, batch.action.unsqueeze(1)).squeeze(1)
    loss = (huber_loss(chosen, td_target, reduction="none") * batch.valid).mean()
    loss.backward()
    reference = torch.optim.Adam([flat], lr=0.0005)
    reference.step()

    update = dqn.learn(batch, intrinsic, 1)
    torch.testing.assert_close(dqn.q_network.flat, flat.detach(), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(dqn.target_network.flat, torch.lerp(target, flat.detach(), 0.01))
    assert update.loss().item() == pytest.approx(loss.item(), rel=1e-5)
    assert flat.grad is not None
    assert update.gradient_norm.item() == pytest.approx(flat.grad.norm().item(), rel=1e-4)


def test_several_updates_share_their_targets_and_take_a_part_of_the_batch_each(town: Town) -> None:
    together, one_by_one = a_dqn(town), a_dqn(town)
    batch, intrinsic = a_batch(40), torch.rand(40)
    inputs = one_by_one.q_network.look_up(batch.now_and_bootstrap)
    td_target = one_by_one.td_target(batch, inputs, intrinsic)
    for at in range(0, 40, 10):
        share = slice(at, at + 10)
        one_by_one.gradient_step(
            inputs.part(at, 10), batch.action[share], td_target[share], batch.valid[share]
        )
    together.learn(batch, intrinsic, 4)
    assert together.q_network.flat.equal(one_by_one.q_network.flat)
    assert together.target_network.flat.equal(one_by_one.target_network.flat)


def test_a_huge_gradient_is_clipped(town: Town) -> None:
    dqn = a_dqn(town, max_grad_norm=1e-3)
    dqn.learn(a_batch(30), torch.zeros(30), 1)
    assert dqn.q_network.gradient.norm().item() == pytest.approx(1e-3, rel=1e-3)


def test_a_batch_of_nothing_valid_teaches_nothing(town: Town) -> None:
    dqn = a_dqn(town)
    before = dqn.q_network.flat.clone()
    dqn.learn(a_batch(30)._replace(valid=torch.zeros(30)), torch.zeros(30), 1)
    assert dqn.q_network.flat.equal(before)


def test_epsilon_decides_between_chance_and_greed(town: Town) -> None:
    dqn, seen = a_dqn(town), observations(4000)
    greedy = dqn.q_values(seen).argmax(1)
    assert dqn.act(seen, 0.0).equal(greedy)
    random = dqn.act(seen, 1.0)
    assert torch.bincount(random, minlength=5).min() > 600
    kept = (dqn.act(seen, 0.25) == greedy).float().mean().item()
    assert kept == pytest.approx(0.75 + 0.25 / 5, abs=0.03)


def test_nothing_is_learnt_before_one_return_is_complete(small_config: Path) -> None:
    impatient = {"population.learning_starts": 1, "population.learn_every": 1, "population.n_step": 3}
    config = load_config(small_config, impatient)
    trainer = Trainer(config, MemoryRecorder(config))
    updates = []
    for _ in range(6):
        trainer.step()
        updates.append(trainer.dqn.updates)
    assert updates == [0, 0, 0, 1, 2, 3]


def test_it_learns_what_an_action_is_worth(town: Town) -> None:
    dqn = a_dqn(town, advantage_alpha=0.0, learning_rate=0.005)
    seen = observations(128)
    paid = seen.cell % 5
    batch = a_batch(128)._replace(
        now_and_bootstrap=Observation(*(torch.cat((column, column)) for column in seen)),
        discount=torch.zeros(128),
        valid=torch.ones(128),
    )
    for _ in range(400):
        action = torch.randint(5, (128,), generator=dqn.generator)
        dqn.learn(batch._replace(action=action, extrinsic=(action == paid).float()), torch.zeros(128), 1)
    assert (dqn.act(seen, 0.0) == paid).float().mean() > 0.95


def test_a_restored_dqn_continues_bit_by_bit(town: Town) -> None:
    dqn, restored = a_dqn(town), a_dqn(town)
    for seed in range(3):
        dqn.record_td_error(dqn.learn(a_batch(20, seed), torch.zeros(20), 2))
    dqn.act(observations(9), 0.5)
    restored.load_state_dict(copy.deepcopy(dqn.state_dict()))
    for seed in range(3, 6):
        for each in (dqn, restored):
            each.record_td_error(each.learn(a_batch(20, seed), torch.zeros(20), 2))
    assert dqn.q_network.flat.equal(restored.q_network.flat)
    assert dqn.target_network.flat.equal(restored.target_network.flat)
    assert dqn.mean_td_error.equal(restored.mean_td_error)
    assert dqn.act(observations(99), 0.5).equal(restored.act(observations(99), 0.5))
