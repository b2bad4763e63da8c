"""The thresholds of the success criteria, for the projector that marks them and the query that shows them."""

WINDOW = 100
"""Lives of every mean survival here."""
SURVIVAL_TARGET = 150.0
"""Mean survival, in steps, that the seed asks for."""
WEIGHT_TARGET = 0.3
"""Intrinsic weight below which exploration has turned into exploitation."""
STAGE_TARGET = 4
RECOVERED_AT = 0.8
"""Recovered: a window of lives that all ended after the move reaches this part of the mean before it."""
RECORD_STEP = 1.05
"""A record is at least this much above the one before it, so that records stay rare."""
