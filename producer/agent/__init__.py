"""The learning agent: Q-network, DQN update, replay buffer, relabelling, RND, rollouts."""
