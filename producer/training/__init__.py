"""The training loop and what decides in it: curriculum, exploration, episodes, anomalies."""
