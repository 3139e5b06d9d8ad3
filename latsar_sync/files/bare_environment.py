"""What another program that is started for a file is told of this one: where it finds things, and no secret."""

import os

TOLD = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
"""The variables of the service hold tokens: what reads a stranger's file must not have them."""


def bare_environment() -> dict[str, str]:
    """Return the variables that such a program is started with."""
    return {name: os.environ[name] for name in TOLD if name in os.environ}
