"""How the people of a programme stand, counted once for every page: stages, needs, reasons, angkatan. Pure."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.stages import FOLLOWED_UP, NEEDS, ON_NO_ROSTER, STAGES, STUCK_ON_THE_ROSTER, WITHOUT, stage_of
from latsar_sync.settings import ProgrammeSettings

ABOUT_NOBODY = frozenset({"grade_overridden", "score_imported", "admitted_by_override", "merged_evidence", "held"})
"""Reasons that keep nobody out, or say again what the decision says: no bar of what is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """A kind of standing: what the people of it are counted under."""

    stages: tuple[str, ...]
    reasons: frozenset[str]
    needs: tuple[str, ...]
    cause: str
    outcome: str | None
    state: str | None


@dataclass
class Funnel:
    """One angkatan, a whole programme (``angkatan`` None), or whoever belongs to none (``WITHOUT``).

    ``people`` counts everybody who has come so far or farther: it never grows from stage to stage. ``waitlisted`` wait
    for a seat, ``review`` are on the roster and need somebody, ``unclear`` are undetermined. ``needs``, ``reasons``,
    ``outcomes`` and ``states`` count by their codes; an empty state is ``ON_NO_ROSTER``. Each is worked out when it is
    asked for: of 2,500 angkatan a page shows a part, and few numbers of each.
    """

    angkatan: str | None
    capacity: int | None = None
    others: int = 0
    """Who sits in the group of the angkatan without a seat by the roster: they take one of its seats, too."""
    kinds: dict[_Kind, int] = field(default_factory=dict)
    """How many people there are of each kind of standing."""

    def add(self, kind: _Kind, number: int) -> None:
        """Count people of one kind; before anything is asked."""
        self.kinds[kind] = self.kinds.get(kind, 0) + number

    @cached_property
    def people(self) -> dict[str, int]:
        """People at each stage."""
        return {**dict.fromkeys(STAGES, 0), **self._counted(lambda kind: kind.stages)}

    @cached_property
    def needs(self) -> Counter[str]:
        """People by what they need somebody for."""
        return self._counted(lambda kind: kind.needs)

    @cached_property
    def causes(self) -> Counter[str]:
        """People in follow-up by what put them there, the commonest first; without an account is a need of its own."""
        return Counter(dict(self._counted(lambda kind: (kind.cause,) if "review" in kind.needs else ()).most_common()))

    @cached_property
    def reasons(self) -> Counter[str]:
        """People by what keeps them out."""
        return self._counted(lambda kind: kind.reasons)

    @cached_property
    def outcomes(self) -> Counter[str]:
        """People by their decision; whoever has none is left out."""
        return self._counted(lambda kind: (kind.outcome,) if kind.outcome else ())

    @cached_property
    def states(self) -> Counter[str]:
        """People by their state on the roster."""
        return self._counted(lambda kind: (kind.state or ON_NO_ROSTER,))

    @property
    def seats(self) -> int:
        """Seats that are taken by people of the roster; ``others`` take theirs besides."""
        return self.people["placed"]

    @property
    def waitlisted(self) -> int:
        """People who wait for a seat."""
        return self.states[EntryState.WAITLISTED]

    @property
    def review(self) -> int:
        """People on the roster who need somebody."""
        return sum(self.states[state] for state in FOLLOWED_UP)

    @property
    def unclear(self) -> int:
        """People of whom nothing can be decided."""
        return self.outcomes[Outcome.UNDETERMINED]

    @property
    def bars(self) -> list[tuple[str, str, int, float]]:
        """The stages from the top: code, text, people, and the width of the bar in per cent of the widest."""
        most = max(self.people.values(), default=0) or 1
        return [(stage, STAGES[stage], number, round(100 * number / most, 2)) for stage, number in self.people.items()]

    @property
    def commonest(self) -> list[tuple[str, int]]:
        """The five commonest reasons that keep people out."""
        return self.reasons.most_common(5)

    @property
    def stuck(self) -> int:
        """People who cannot go on before somebody has looked: in follow-up, undetermined, or waiting for approval."""
        return sum(self.needs[each] for each in (*STUCK_ON_THE_ROSTER, "undetermined"))

    @property
    def todo(self) -> list[tuple[str, str, int]]:
        """What needs a committee: code, text and people, the most urgent first; what nobody needs is left out."""
        return [(code, need.label, self.needs[code]) for code, need in NEEDS.items() if self.needs[code]]

    def _counted(self, under: Callable[[_Kind], Iterable[str]]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for kind, number in self.kinds.items():
            for code in under(kind):
                counts[code] += number
        return counts


_OF_A_KIND = ("materials", "passed", "codes", "outcome", "state", "reason")


@lru_cache(10_000)
def _kind_of(
    materials: int,
    passed: int,
    codes: str,
    outcome: str | None,
    state: str | None,
    reason: str | None,
    unplaced: bool,
    in_a_group: bool,
) -> _Kind:
    """Work out once what a kind of standing counts under: in a large programme the same comes for each angkatan."""
    values = (materials, passed, codes, outcome, state, reason)
    row = {**dict(zip(_OF_A_KIND, values, strict=True)), "angkatan": None if unplaced else ""}
    return _Kind(
        tuple(STAGES)[: stage_of(row) + 1],
        frozenset({*codes.split(), *([reason] if reason else [])} - ABOUT_NOBODY),
        tuple(code for code, need in NEEDS.items() if need.concerns(row, in_a_group)),
        reason or "",
        outcome,
        state,
    )


def funnels(
    programme: ProgrammeSettings, standing: Iterable[Mapping[str, Any]], others_there: Mapping[str, int] | None = None
) -> tuple[Funnel, list[Funnel]]:
    """Return the whole programme, and its angkatan in the order of the configuration.

    Whoever is on the roster belongs to the angkatan of their entry, the others where they were moved, else to that of
    their MOOC group (``standing`` as ``store.searches`` counts it). Whoever belongs to none stands in a last part
    (``WITHOUT``) where there is anybody. ``others_there``, as ``store.filled_courses`` knows them, is asked for where
    seats are shown.
    """
    whole, others = Funnel(None), others_there or {}
    parts = {each.id: Funnel(each.id, each.capacity, others.get(each.id, 0)) for each in programme.angkatan}
    nowhere = Funnel(WITHOUT)
    home_of, by_group = reader_of_homes(programme), programme.placement == "group"
    for row in standing:
        home, number = home_of(row), row["people"]
        kind = _kind_of(*(row[each] for each in _OF_A_KIND), row["angkatan"] is None, home is not None or not by_group)
        whole.add(kind, number)
        part = parts.get(home or "")
        if part is None and home:
            part = parts[home] = Funnel(home)
        (part or nowhere).add(kind, number)
    listed = list(parts.values())
    return whole, [*listed, nowhere] if nowhere.people["enrolled"] else listed


def whole_in_brief(standing: Iterable[Mapping[str, Any]]) -> Funnel:
    """Return a whole programme of which no more is asked than ``outcomes``, and how many are ``stuck`` (``standing`` as
    ``store.searches`` counts it in brief).
    """
    whole = Funnel(None)
    for row in standing:
        whole.add(_kind_of(0, 0, "", row["outcome"], row["state"], row["reason"], False, True), row["people"])
    return whole


def reader_of_homes(programme: ProgrammeSettings) -> Callable[[Mapping[str, Any]], str | None]:
    """Return what tells to which angkatan people of a kind of standing belong, None for none.

    Somebody on the roster belongs where it says, or to none; whoever is not, where a person moved them, else to the
    only angkatan of their groups.
    """
    known: dict[str, str | None] = {}

    def home_of(row: Mapping[str, Any]) -> str | None:
        if row["angkatan"] or row["state"]:
            angkatan: str | None = row["angkatan"]
            return angkatan
        if row["moved_to"]:
            return str(row["moved_to"])
        groups = row["groups"] or "[]"
        if groups not in known:
            known[groups] = programme.angkatan_of_groups(json.loads(groups))
        return known[groups]

    return home_of


def groups_of(programme: ProgrammeSettings) -> tuple[str, ...]:
    """Return the groups of the MOOC that tell who belongs to which angkatan."""
    return tuple(group for each in programme.angkatan if (group := programme.placing_group_of(each)))


def group_of(programme: ProgrammeSettings, angkatan: str) -> str:
    """Return the group that tells who belongs to an angkatan, empty where it has none or there is no such angkatan."""
    return next((programme.placing_group_of(each) or "" for each in programme.angkatan if each.id == angkatan), "")
