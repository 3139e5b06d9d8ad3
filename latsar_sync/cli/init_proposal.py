"""One proposal for many things at once, corrected by exception, with a way back (``init``)."""

import re
from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from latsar_sync.cli.init_questions import Choice, Interview
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _

BACK = "<"


def corrected(
    interview: Interview, things: Sequence[Choice], proposed: Mapping[str, str | None], choices: Sequence[Choice]
) -> dict[str, str]:
    """Show what is proposed for each thing, None where nothing is, and let a person correct it until it is right.

    ``choices`` are what may belong to a thing. Return the choice of each thing, all of them decided.
    """
    interview.show(_("What there is to choose from"), choices)
    history = [dict(proposed)]
    _show(interview, things, history[-1])
    interview.say(
        _(
            "Enter takes it. Correct it line by line, such as 3={name} or 4-6,9={name}; {back} goes back one step."
        ).format(name=choices[0].key, back=BACK)
    )
    while True:
        said = interview.line(_("Right, or what instead"))
        try:
            if said == BACK:
                history = history[:-1] or history
            elif said:
                history.append(history[-1] | _correction(said, things, choices))
            else:
                return _decided(things, history[-1])
        except UsageError as error:
            interview.tell(error)
            continue
        _show(interview, things, history[-1])


def numbers_in(text: str, count: int) -> list[int]:
    """Read ``1-4,7`` as numbers from 1 to ``count``. Raise UsageError if it is anything else."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,4})\s*(?:-\s*([0-9]{1,4})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= count:
            raise UsageError(
                _('"{said}" names none of the lines.').format(said=part.strip()),
                _("Write numbers from 1 to {count}, such as 1-4,7.").format(count=count),
            )
        found += [number for number in range(first, last + 1) if number not in found]
    return found


def _correction(said: str, things: Sequence[Choice], choices: Sequence[Choice]) -> dict[str, str | None]:
    left, equals, name = said.partition("=")
    if not equals:
        raise UsageError(
            _('"{said}" is no correction.').format(said=said), _("Write the number of the queue, =, and the name.")
        )
    known = [choice.key for choice in choices]
    if name.strip() not in known:
        raise UsageError(
            _('There is no "{said}" to choose.').format(said=name.strip()),
            _("There are: {keys}.").format(keys=", ".join(known)),
        )
    return {things[number - 1].key: name.strip() for number in numbers_in(left, len(things))}


def _decided(things: Sequence[Choice], chosen: Mapping[str, str | None]) -> dict[str, str]:
    open_ones = [str(number) for number, thing in enumerate(things, start=1) if chosen[thing.key] is None]
    if open_ones:
        raise UsageError(
            _("Not decided yet: line {numbers}.").format(numbers=", ".join(open_ones)), _("Say what belongs to it.")
        )
    return {thing: choice for thing, choice in chosen.items() if choice is not None}


def _show(interview: Interview, things: Sequence[Choice], chosen: Mapping[str, str | None]) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    for number, thing in enumerate(things, start=1):
        table.add_row(
            Text(f"{number:>3}"), Text(f"{thing.key} ({thing.about})"), Text("→ " + (chosen[thing.key] or "?"))
        )
    interview.say("")
    interview.console.print(table)
