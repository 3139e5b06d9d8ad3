"""How memory is asked of the machine for very many people, and given back once they were let go of."""

import ctypes
import gc
from contextlib import suppress

MANY = 50_000
"""From so many people on it is worth the few milliseconds that it takes."""

COLLECT_RARELY = (100_000, 50, 50)
"""Thresholds of Python's collector of cycles, by how many values were made since it last looked."""
LARGE = 128 * 1024
"""So many bytes or more are taken from the machine by themselves."""
_THRESHOLD_OF_LARGE = -3
"""The number by which glibc calls what it makes of that (M_MMAP_THRESHOLD)."""


def collect_rarely() -> None:
    """Let Python look for cycles rarely: a run makes a great many small values that stay, and no cycles.

    By its own measure the collector would go through all of them again and again, for a quarter of a run's own time.
    """
    gc.set_threshold(*COLLECT_RARELY)


def keep_large_apart() -> None:
    """Let what is large take memory of its own, which grows where it stands and goes back whole.

    Left alone, glibc soon puts it among everything else, where it leaves holes as it grows and is let go of.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_THRESHOLD_OF_LARGE, LARGE)


def give_back(people: int) -> None:
    """Let the machine have what the C library keeps for later of the memory that so many people took.

    Only glibc can be asked to; elsewhere nothing happens.
    """
    if people >= MANY:
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
