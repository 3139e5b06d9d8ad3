"""What was shown, in a text that a form carries along: whoever decides does so about what they saw. Pure (rule 15).

A fingerprint holds a few bytes for each thing that was shown with its value, so that it can be told *which* of them
have changed, and nothing can be read from it. 2,000 people take 16 kB.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

BYTES = 6
"""Of each thing: one that changed looks the same once in 2^48."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is other than it was shown: the names of things that are ``new`` or have another value, and how many of
    those that were shown are ``gone`` or have another value.
    """

    new: tuple[str, ...]
    gone: int

    def __bool__(self) -> bool:
        return bool(self.new or self.gone)


def fingerprint(shown: Mapping[str, str]) -> str:
    """Return the fingerprint of things by name, each with the value that it was shown with."""
    return urlsafe_b64encode(b"".join(sorted(_token(*each) for each in shown.items()))).decode()


def difference(seen: str, now: Mapping[str, str], chosen: Collection[str] | None = None) -> Difference:
    """Compare a fingerprint with the same things as they are now; with ``chosen`` those things alone.

    Who chose some of what was shown is not concerned by the rest. A text that is no fingerprint differs in everything.
    """
    tokens = _tokens(seen)
    new = tuple(
        name for name, value in now.items() if (chosen is None or name in chosen) and _token(name, value) not in tokens
    )
    if chosen is not None:
        return Difference(new, sum(name not in now for name in chosen))
    return Difference(new, len(tokens - {_token(*each) for each in now.items()}))


def _token(name: str, value: str) -> bytes:
    return sha256(f"{name}\0{value}".encode()).digest()[:BYTES]


def _tokens(seen: str) -> frozenset[bytes]:
    try:
        whole = urlsafe_b64decode(seen.encode("ascii"))
    except ValueError:
        return frozenset()
    return frozenset(whole[start : start + BYTES] for start in range(0, len(whole), BYTES))
