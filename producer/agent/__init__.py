"""The learner: Q-network, DQN update, replay buffer, relabelling, RND, rollouts."""
