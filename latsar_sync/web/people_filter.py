"""Whom somebody looks for, as it stands in an address: the same for list, exports, selections and neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Form, Query

from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.funnel import group_of, groups_of
from latsar_sync.store.search_conditions import Search
from latsar_sync.store.searches import SORTS
from latsar_sync.web.context import PageContext

SIZES = (25, 50, 75)
"""People on one page, which is to weigh less than 100 kB."""
USUAL_SIZE = 50
Text = Annotated[str, Query(max_length=255)]
TypedText = Annotated[str, Form(max_length=255)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; ``find`` is encrypted, so that no name and no NIP stands there."""

    find: str = ""
    state: str = ""
    decision: str = ""
    place: str = ""
    reason: str = ""
    angkatan: str = ""
    institution: str = ""
    stage: str = ""
    need: str = ""
    location: str = ""
    sort: str = "name"
    size: int = USUAL_SIZE

    def search(self, context: PageContext, programme: ProgrammeSettings) -> Search:
        """Return it as the store is asked. Raise UsageError for a search that is over."""
        return Search(
            text=context.reveal(self.find),
            state=self.state,
            angkatan=self.angkatan,
            institution=self.institution,
            reason=self.reason,
            group=group_of(programme, self.angkatan),
            decision=self.decision,
            place=self.place,
            stage=self.stage,
            need=self.need,
            location=self.location,
            homes=homes_of(programme),
            groups=groups_of(programme),
        )

    @property
    def told(self) -> dict[str, Any]:
        """What differs from asking for everybody by name, by the names of an address."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) != each.default}

    @property
    def narrows(self) -> bool:
        """Whether it asks for less than everybody."""
        return any(name not in ("sort", "size") for name in self.told)

    def query(self, **changes: Any) -> str:
        """Return it as the query of an address, with changes."""
        return urlencode(replace(self, **changes).told)


def homes_of(programme: ProgrammeSettings) -> tuple[tuple[str, str], ...]:
    """Return the place of each angkatan that has one, by its id."""
    return tuple((each.id, each.place) for each in programme.angkatan if each.place is not None)


async def asked_by_address(
    find: Annotated[str, Query(max_length=2000)] = "",
    state: Text = "",
    decision: Text = "",
    place: Text = "",
    reason: Text = "",
    angkatan: Text = "",
    institution: Text = "",
    stage: Text = "",
    need: Text = "",
    location: Text = "",
    sort: Text = "name",
    size: Annotated[int, Query(ge=1, le=1000)] = USUAL_SIZE,
) -> Asked:
    """Return what the query of an address asks for; an order or a size that there is not is the usual one."""
    return Asked(
        find,
        state,
        decision,
        place,
        reason,
        angkatan,
        institution,
        stage,
        need,
        location,
        sort if sort in SORTS else SORTS[0],
        size if size in SIZES else USUAL_SIZE,
    )


async def asked_by_form(
    find: Annotated[str, Form(max_length=2000)] = "",
    state: TypedText = "",
    decision: TypedText = "",
    place: TypedText = "",
    reason: TypedText = "",
    angkatan: TypedText = "",
    institution: TypedText = "",
    stage: TypedText = "",
    need: TypedText = "",
    location: TypedText = "",
    sort: TypedText = "name",
    size: Annotated[int, Form(ge=1, le=1000)] = USUAL_SIZE,
) -> Asked:
    """Return what the fields of a form ask for."""
    return await asked_by_address(
        find, state, decision, place, reason, angkatan, institution, stage, need, location, sort, size
    )


ByAddress = Annotated[Asked, Depends(asked_by_address)]
ByForm = Annotated[Asked, Depends(asked_by_form)]


def chips(asked: Asked, words: Mapping[str, Mapping[str, str]], text: str) -> list[tuple[str, str]]:
    """Return each filter in force in words, with the query that leaves it out; ``words`` say values, by filter."""
    found = [(f"“{text}”", asked.query(find=""))] if text else []
    for name, said in words.items():
        value = getattr(asked, name)
        if value:
            found.append((said.get(value, value), asked.query(**{name: ""})))
    return found
