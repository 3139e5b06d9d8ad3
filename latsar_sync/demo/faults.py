"""Faults the campus can play: what goes wrong, for which requests, how often."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = (
    "slow",
    "bad_gateway",
    "maintenance",
    "maintenance_503",
    "upgrade",
    "drop_before",
    "drop_after_commit",
    "database_down",
    "database_conflict",
    "too_many_requests",
    "empty_body",
    "html",
    "redirect",
)


@dataclass
class Fault:
    """One fault. It hits matching requests after the first `skip`, at most `count` of them, each with `probability`.

    `kind` is one of KINDS; `seconds` is the delay of `slow`; `site` is `mooc` or `kelas`; `function` matches the
    called function and any function inside a batch; `seed` makes the probability repeatable.
    """

    kind: str
    site: str | None = None
    function: str | None = None
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    seconds: float = 1.0
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Refuse an unknown kind: a misspelt fault would test nothing."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")
        self._seen = 0
        self._random = random.Random(self.seed)

    def strikes(self, site: str, functions: list[str]) -> bool:
        """Whether this request is hit; counts the request when it matches."""
        if self.site not in (None, site) or (self.function is not None and self.function not in functions):
            return False
        self._seen += 1
        if self._seen <= self.skip or (self.count is not None and self.hits >= self.count):
            return False
        if self.probability < 1.0 and self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults that are switched on; safe to change while requests are being served."""

    def __init__(self) -> None:
        """Start without faults."""
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on and return it, so that a test can read its `hits`."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch one fault off."""
        with self._lock:
            self._faults.remove(fault)

    def clear(self) -> None:
        """Switch every fault off."""
        with self._lock:
            self._faults.clear()

    def striking(self, site: str, functions: list[str]) -> list[Fault]:
        """The faults that hit this request, in the order they were added."""
        with self._lock:
            return [fault for fault in self._faults if fault.strikes(site, functions)]

    def described(self) -> list[dict[str, object]]:
        """The faults that are on, as plain data."""
        with self._lock:
            return [{name: getattr(fault, name) for name in fault.__dataclass_fields__} for fault in self._faults]


def fault_from(wanted: object) -> Fault:
    """A fault from the JSON object of `POST /_campus/faults`; raises ValueError or TypeError when it is wrong."""
    kinds_of_value: dict[str, tuple[type, ...]] = {
        "kind": (str,), "site": (str, type(None)), "function": (str, type(None)), "count": (int, type(None)),
        "skip": (int,), "probability": (int, float), "seed": (int,), "seconds": (int, float),
    }  # fmt: skip
    if not isinstance(wanted, dict):
        raise TypeError("expected one JSON object")
    for name, value in wanted.items():
        if name not in kinds_of_value:
            raise ValueError(f"unknown key {name!r}; known: {', '.join(kinds_of_value)}")
        if not isinstance(value, kinds_of_value[name]):
            raise TypeError(f"{name} has the wrong type")
    if "kind" not in wanted:
        raise ValueError(f"kind is missing; known: {', '.join(KINDS)}")
    fault = Fault(str(wanted["kind"]))
    for name, value in wanted.items():
        setattr(fault, name, value)
    fault.__post_init__()
    return fault
