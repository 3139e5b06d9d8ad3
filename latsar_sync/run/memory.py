"""Giving memory back to the machine once very many people were let go of."""

import ctypes
from contextlib import suppress

MANY = 50_000
"""From so many people on it is worth the few milliseconds that it takes."""


def give_back(people: int) -> None:
    """Let the machine have what the C library keeps for later of the memory that so many people took.

    Only glibc can be asked to; elsewhere nothing happens.
    """
    if people >= MANY:
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
