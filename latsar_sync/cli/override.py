"""The commands by which a named person decides about one participant: override admit, hold, release, list (rule 15)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from latsar_sync.actions import deciding
from latsar_sync.actions.action_transaction import about
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    known_programmes,
    note_view,
    now,
    one_programme,
    open_database,
    typed_day,
)
from latsar_sync.cli.lookup import find_participant, number_or_id
from latsar_sync.cli.screens.console import output, print_json, print_json_list
from latsar_sync.cli.screens.decided import show_decided
from latsar_sync.cli.screens.people import show_overrides
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, joined
from latsar_sync.domain.reason_sentences import TEXTS as REASON_TEXTS
from latsar_sync.domain.state_words import OUTCOME_TEXTS, OVERRIDE_TEXTS, STATE_TEXTS, word
from latsar_sync.files.people_list import read_people
from latsar_sync.settings import Settings
from latsar_sync.settings.problems import did_you_mean
from latsar_sync.shapes.actions import override_json
from latsar_sync.shapes.decided import decided_json
from latsar_sync.store import listings, overrides
from latsar_sync.store.database import Database

app = typer.Typer(
    help="Decide about participants against the rule, by name and reason.",
    no_args_is_help=True,
    add_completion=False,
)
Who = Annotated[list[str] | None, typer.Argument(metavar="NIP", help="NIPs, or internal ids of participants.")]
OfFile = Annotated[Path | None, typer.Option("--file", help="Everybody of a CSV or XLSX file with a column NIP.")]
Where = Annotated[
    str | None,
    typer.Option(
        metavar="STATE/REASON", help="Everybody with this decision or roster state, and reason; either may be *."
    ),
]
Why = Annotated[str, typer.Option(help="The reason; it stands on record for good.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
Until = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="The last day on which it binds [default: no end]."),
]


@app.command()
def admit(
    context: typer.Context,
    reason: Why,
    by: By,
    nip: Who = None,
    file: OfFile = None,
    where: Where = None,
    until: Until = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Admit somebody whatever the rule, the date or the capacity says; the next run places and sends them."""
    _decide(
        context.obj.settings(), OverrideKind.ADMIT, Whom(nip or (), file, where), reason, by, until, programme, as_json
    )


@app.command()
def hold(
    context: typer.Context,
    reason: Why,
    by: By,
    nip: Who = None,
    file: OfFile = None,
    where: Where = None,
    until: Until = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Hold somebody back: not sent while it lasts; whoever is in the in-class course stays there."""
    _decide(
        context.obj.settings(), OverrideKind.HOLD, Whom(nip or (), file, where), reason, by, until, programme, as_json
    )


@app.command()
def release(
    context: typer.Context,
    reason: Why,
    by: By,
    nip: Who = None,
    file: OfFile = None,
    where: Where = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """End somebody's hold or admission: the rule judges again."""
    _decide(
        context.obj.settings(), OverrideKind.RELEASE, Whom(nip or (), file, where), reason, by, None, programme, as_json
    )


@app.command("list")
def list_overrides(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """List every override, oldest first, and whether it binds now."""
    settings = context.obj.settings()
    database = open_database(settings)
    names = known_programmes(settings, programme)
    with database.reading() as connection:
        numbers = Counter({name: overrides.count_overrides(connection, name) for name in names})
        note_view(database, "override list", numbers.elements())
        lines = (line for name in names for line in _lines(connection, settings, name))
        if as_json:
            print_json_list(lines)
        else:
            show_overrides(output, list(lines), settings.language)


def _lines(connection: Connection, settings: Settings, programme: str) -> Iterator[dict[str, Any]]:
    binding = overrides.overrides_in_force(connection, programme, now())
    for each, nip, name in overrides.each_with_name(connection, programme):
        in_force = binding.get(each.participant_id) == each
        whose = {"nip": nip, "name": name, "programme": programme}
        yield {**whose, **override_json(each, settings.zone_in(programme)), "in_force": in_force}


@dataclass(frozen=True, slots=True)
class Whom:
    """About whom is decided: named one by one, in a file, or by where they stand."""

    nips: Sequence[str]
    file: Path | None
    where: str | None

    @property
    def alone(self) -> str | None:
        """The one person named, None where there are several or it is not known yet."""
        return self.nips[0] if len(self.nips) == 1 and self.file is None and self.where is None else None


def _decide(
    settings: Settings,
    kind: OverrideKind,
    whom: Whom,
    reason: str,
    by: str,
    until: str | None,
    programme: str | None,
    as_json: bool,
) -> None:
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    last = None if until is None else typed_day("--until", until)
    if whom.alone is None:
        _decide_about_many(settings, database, kind, whom, (reason, by, last), programme, as_json)
        return
    row = find_participant(settings, database, known_programmes(settings, programme), whom.alone)
    name, who = row["programme"], row["participant_id"]
    decision = deciding.decide(settings, database, now, name, who, kind, reason, by, last, about([row]))
    note_view(database, f"override {kind}", [name], who)
    if as_json:
        print_json({"nip": row["nip"], "name": row["name"], **override_json(decision, settings.zone_in(name))})
    else:
        output.print(
            _("Recorded: {kind} of {name} by {by}. The next run acts on it.").format(
                kind=word(OVERRIDE_TEXTS, kind, settings.language), name=row["name"], by=by
            ),
            markup=False,
        )


def _decide_about_many(
    settings: Settings,
    database: Database,
    kind: OverrideKind,
    whom: Whom,
    why: tuple[str, str, date | None],
    programme: str | None,
    as_json: bool,
) -> None:
    """Decide the same about many in one transaction; tell how many, and whom it passed over and why."""
    reason, by, last = why
    name = one_programme(settings, programme).id
    people, unknown = _people_of(settings, database, name, whom)
    note_view(database, f"override {kind}", [name] * len(people))
    sent = about(people.values())
    done = deciding.decide_about(settings, database, now, name, list(people), kind, reason, by, last, sent)
    passed = [(each.participant_id, each.why) for each in done.passed_over]
    shape = decided_json(done.overrides, passed, done.in_class, unknown, people, settings.zone)
    if as_json:
        print_json(shape)
    else:
        show_decided(output, shape, word(OVERRIDE_TEXTS, kind, settings.language))


def _people_of(
    settings: Settings, database: Database, programme: str, whom: Whom
) -> tuple[dict[str, listings.Row], int]:
    """Return whom is meant, by internal id, and how many NIPs or ids are nobody's, or several people's."""
    with database.reading() as connection:
        everybody = listings.participant_rows(connection, [programme])
    rows = [row for row in everybody if row["merged_into"] is None]  # what is decided of a person is of the one account
    if whom.where is not None:
        if whom.nips or whom.file is not None:
            raise UsageError(_("--where and people do not go together."), _("Name people, or say where they stand."))
        state, code = _place_meant(whom.where)
        return {row["participant_id"]: row for row in rows if _stands(row, state, code)}, 0
    wanted = [number_or_id(settings, each) for each in whom.nips]
    if whom.file is not None:
        wanted += read_people(whom.file, settings.today(now(), programme))
    if not wanted:
        raise UsageError(_("Nobody was named."), _("Give NIPs, or --file, or --where."))
    by_key: dict[str, list[listings.Row]] = {}
    for row in rows:
        for key in {row["nip"], row["participant_id"]} - {None}:
            by_key.setdefault(key, []).append(row)
    found = [by_key.get(each, []) for each in dict.fromkeys(wanted)]
    alone = [those[0] for those in found if len(those) == 1]
    if not alone:
        raise UsageError(_("No participant has this NIP or id."), _("Look in latsar-sync participants."))
    return {row["participant_id"]: row for row in alone}, len(found) - len(alone)


def _place_meant(where: str) -> tuple[str, str]:
    """Return the state and the reason code of ``--where``; raise UsageError for one that does not exist, or none.

    What a script left empty means nobody, and not everybody.
    """
    state, slash, code = where.partition("/")
    for written, known in ((state, [*OUTCOME_TEXTS, *STATE_TEXTS]), (code if slash else "*", REASON_TEXTS)):
        if written not in ("*", *known):
            raise UsageError(
                _('--where: "{written}" is no state and no reason.').format(written=written),
                joined(_("Write STATE/REASON; either may be *."), did_you_mean(written, known)),
            )
    return state, code if slash else "*"


def _stands(row: listings.Row, state: str, code: str) -> bool:
    codes = {each for each, _values in row["reasons"] or ()} | {row["roster_reason"]}
    return state in ("*", row["outcome"], row["state"]) and code in ("*", *codes)
