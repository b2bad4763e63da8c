"""The version of Hamlet, and the only place that says it: wheel, commands and server read it here."""

__all__ = ["VERSION"]

VERSION = "0.1.0"
