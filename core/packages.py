"""The versions of the packages that decide the arithmetic of a run."""

import platform
from importlib import metadata

__all__ = ["installed_packages"]

PACKAGES = ("hamlet-demo", "torch", "numpy", "msgspec", "apsw")
"""The packages whose versions the log holds."""


def installed_packages(more: tuple[str, ...] = ()) -> dict[str, str]:
    """Versions by name; `more` names further packages. A package that is not installed is left out."""
    versions = {"python": platform.python_version()}
    for name in (*PACKAGES, *more):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # for example Hamlet itself, run from its source
            continue
    return versions
