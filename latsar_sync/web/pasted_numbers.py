"""Whom NIPs mean that somebody pasted, a line each."""

from collections.abc import Sequence

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.nip import check_nip
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import searches
from latsar_sync.web.context import PageContext

SHOWN = 200
"""People by name on the page that is checked; the rest is counted."""


def pasted(context: PageContext, programme: ProgrammeSettings, text: str) -> list[str]:
    """Return whom pasted NIPs mean, one a line. Raise UsageError with each line that means nobody, or several."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        return []
    today = context.settings.today(context.clock(), programme.id)
    numbers = {line: check_nip(text, today).nip for line, text in lines}
    with context.database.reading() as connection:
        owners = searches.owners_of(connection, programme.id, [each for each in numbers.values() if each])
    wrong = [
        _("line {line}: {problem}").format(line=line, problem=problem)
        for line, nip in numbers.items()
        if (problem := _problem_with(nip, owners.get(nip or "", ())))
    ]
    if wrong:
        raise UsageError(
            counted("{number} line means nobody.", "{number} lines mean nobody.", len(wrong)).format(number=len(wrong)),
            _("Correct them or leave them out; nothing was done."),
            tuple(wrong[:SHOWN]),
        )
    return [owners[nip][0] for nip in numbers.values() if nip]


def _problem_with(nip: str | None, owners: Sequence[str]) -> str:
    if nip is None:
        return _("this is no NIP")
    if not owners:
        return _("no participant has this NIP")
    return _("more than one participant carries this NIP") if len(owners) > 1 else ""
