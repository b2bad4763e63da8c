"""The vocabulary all of Hamlet shares: events, the log that keeps them, run configuration, a world as data.

Nothing here behaves: no environment, no learning, no read model, no server. Imports nothing of ours.
"""
