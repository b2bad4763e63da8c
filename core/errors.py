"""Errors that a user can correct, each with the exit code of the process that the error ends.

Exit codes follow sysexits.h, so that a supervisor can tell "try again" from "correct the configuration
first". An error in the program is none of these: it ends the process with a traceback.
"""

__all__ = ["AlreadyRunningError", "ConfigError", "DivergedError", "HamletError", "StoreError"]


class HamletError(Exception):
    """Base of all errors here. The text is one sentence: key or file, what is wrong, what would be right."""

    exit_code = 1


class ConfigError(HamletError):
    """A flag, variable or configuration key is wrong; another start does not help (EX_CONFIG)."""

    exit_code = 78


class AlreadyRunningError(HamletError):
    """Another process holds a file or port that this process needs (EX_TEMPFAIL)."""

    exit_code = 75


class StoreError(HamletError):
    """A database or checkpoint cannot be opened, read or written (EX_IOERR)."""

    exit_code = 74


class DivergedError(HamletError):
    """Training produced NaN or Inf again after every checkpoint that was restored (EX_SOFTWARE)."""

    exit_code = 70
