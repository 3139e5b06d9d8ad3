"""What was shown, in a text that a form carries along: whoever decides does so about what they saw. Pure (rule 15).

A fingerprint holds a few bytes for each thing that was shown: by some of them it is known again, by the others whether
its value is the same. So it can be told *which* of them have changed or are gone, and nothing can be read from it.
2,000 people take 21 kB.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

OF_A_NAME, OF_A_VALUE = 4, 4
"""Bytes of each thing: one that changed looks the same once in 2^32."""
BYTES = OF_A_NAME + OF_A_VALUE


@dataclass(frozen=True, slots=True)
class Difference:
    """What is other than it was shown: the names of things that are ``new`` or have another value, and of those that
    were shown and are ``gone`` what a fingerprint holds of their names.
    """

    new: tuple[str, ...]
    gone: frozenset[bytes] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.new or self.gone)

    def gone_of(self, names: Iterable[str]) -> list[str]:
        """Return those of these names that were shown and are gone."""
        return [name for name in names if _of_name(name) in self.gone]


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
        return Difference(new, frozenset(_of_name(name) for name in chosen if name not in now))
    missing = tokens - {_token(*each) for each in now.items()}
    return Difference(new, frozenset(each[:OF_A_NAME] for each in missing) - {_of_name(name) for name in new})


def _of_name(name: str) -> bytes:
    return sha256(name.encode()).digest()[:OF_A_NAME]


def _token(name: str, value: str) -> bytes:
    return _of_name(name) + sha256(f"{name}\0{value}".encode()).digest()[:OF_A_VALUE]


def _tokens(seen: str) -> frozenset[bytes]:
    try:
        whole = urlsafe_b64decode(seen.encode("ascii"))
    except ValueError:
        return frozenset()
    return frozenset(whole[start : start + BYTES] for start in range(0, len(whole), BYTES))
