"""The town: a vectorised grid environment, its rules and its economy, and the Gymnasium adapter."""
