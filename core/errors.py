"""What may go wrong for reasons a user can mend, each with the exit code a process ends with.

Exit codes follow sysexits.h, so that a supervisor can tell "try again" from "mend the configuration first".
Bugs are not here: they keep their tracebacks.
"""


class HamletError(Exception):
    """One clear sentence: what (key or file), what was wrong, what would be right."""

    exit_code = 1


class ConfigError(HamletError):
    """A flag, variable or configuration key is wrong; starting again will not help (EX_CONFIG)."""

    exit_code = 78


class AlreadyRunningError(HamletError):
    """Another process holds what this one needs (EX_TEMPFAIL)."""

    exit_code = 75


class StoreError(HamletError):
    """A database or checkpoint cannot be opened, read or written (EX_IOERR)."""

    exit_code = 74


class DivergedError(HamletError):
    """Training produced NaN or Inf more often than restoring a checkpoint could mend (EX_SOFTWARE)."""

    exit_code = 70
