"""What all parts of Hamlet share: events, the event log, run configuration, the description of a town.

This package has no environment, no learning, no read model and no server, and it imports none of the other
packages. Its public modules are listed in `__all__`; other modules and names may change at any time.
"""

__all__ = [
    "config",
    "config_schema",
    "definitions",
    "errors",
    "events",
    "log",
    "packing",
    "run_directory",
    "world",
]
