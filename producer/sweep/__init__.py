"""Sweeps: many runs by one plan, each in an attempt's own process, on this machine or on Ray."""
