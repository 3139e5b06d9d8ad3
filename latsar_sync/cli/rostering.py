"""The commands by which a named person moves people between angkatan and fixes a roster by decree (rule 17)."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from latsar_sync import act_listings, finalising, seats
from latsar_sync.cli import act_screen
from latsar_sync.cli.desk import (
    AngkatanOption,
    Json,
    ProgrammeOption,
    known_angkatan,
    known_programmes,
    local_today,
    named,
    now,
    one_programme,
    open_database,
    output,
    print_json,
)
from latsar_sync.cli.overriding import find_participant
from latsar_sync.errors import NotReady, UsageError
from latsar_sync.language import _, counted
from latsar_sync.model import HOLDS_A_SEAT, Angkatan, Entry, EntryState, RunOutcome
from latsar_sync.records import Acts, AngkatanMove, Finalisation
from latsar_sync.roster import move_to
from latsar_sync.store import finalisations, moves, participants, rosters, runs
from latsar_sync.store.acts import load_acts
from latsar_sync.store.leases import Lease
from latsar_sync.wishes import cohorts_of

Who = Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")]
Decree = Annotated[str, typer.Option("--sk", metavar="NUMBER", help="The number of the decree (SK).")]
Dated = Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The date of the decree.")]
Official = Annotated[str, typer.Option(metavar="NAME", help="Who records it.")]
Cohort = Annotated[str, typer.Option("--angkatan", help="The angkatan's id.")]


def move(
    context: typer.Context,
    nip: Who,
    to: Annotated[str, typer.Option(help="The angkatan's id.")],
    reason: Annotated[str, typer.Option(help="The reason; it stands on record for good.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Move somebody to another angkatan, with evidence and decision; nothing is undone in the old class."""
    settings = context.obj.settings()
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    row = find_participant(database, known_programmes(settings, programme), nip)
    wanted = settings.programme(row["programme"])
    to = known_angkatan(wanted, to).id
    [cohort] = [each for each in cohorts_of(wanted) if each.id == to]
    who, moment, today = row["participant_id"], now(), local_today(settings, wanted)
    with Lease(database, wanted.id, now) as lease, lease.writing() as connection:
        entries = rosters.load_entries(connection, wanted.id)
        acts = load_acts(connection, wanted.id, moment)
        entry = entries.get(who)
        before = entry.angkatan if entry is not None and entry.angkatan else acts.moves.get(who)
        if before == to:
            raise UsageError(_("{name} is in angkatan {angkatan} already.").format(name=row["name"], angkatan=to))
        if any(each.push.subject == who for each in rosters.open_pushes(connection, wanted.id)):
            raise NotReady(
                _("It is not known yet whether the last write about this participant arrived."),
                _("Run latsar-sync sync once, then move them."),
            )
        why = seats.why_no_seat(cohort, entries.values(), today)
        if entry is not None and entry.angkatan and entry.state in HOLDS_A_SEAT:
            _there_must_be_a_seat(who, cohort, acts, why)
        version = len(moves.move_history(connection, wanted.id, who)) + 1
        decision = AngkatanMove(who, version, to, before, reason, by, moment)
        moves.add_move(connection, decision, entry if entry is not None and _is_in_class(entry) else None)
        if entry is not None:
            late = why == "admission_closed" or (to in acts.finalised and who not in acts.finalised[to])
            rosters.save_entries(connection, wanted.id, entries, [move_to(entry, cohort, late)], moment, None, by)
        shape = act_listings.angkatan_move_json(decision, settings.zone)
        stays = entry.course if entry is not None and _is_in_class(entry) else None
    if as_json:
        print_json({"nip": row["nip"], "name": row["name"], "programme": wanted.id, **shape, "left_behind": stays})
        return
    output.print(
        _("Recorded: {name} moves from angkatan {before} to {after}. The next run acts on it.").format(
            name=row["name"], before=before or "–", after=to
        ),
        markup=False,
    )
    if stays:
        output.print(
            _("Nothing is undone in {course}: take them out there by hand.").format(course=stays), markup=False
        )


def finalise(
    context: typer.Context,
    angkatan: Cohort,
    sk: Decree,
    date: Dated,
    by: Official,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Fix an angkatan's roster by decree; from then on newcomers enter only as an amendment."""
    _fix(context, angkatan, sk, date, by, programme, as_json, amendment=False)


def amend(
    context: typer.Context,
    angkatan: Cohort,
    sk: Decree,
    date: Dated,
    by: Official,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Take the newcomers into a finalised roster, and those who left it out, by a decree that amends it."""
    _fix(context, angkatan, sk, date, by, programme, as_json, amendment=True)


def finalised(
    context: typer.Context, programme: ProgrammeOption = None, angkatan: AngkatanOption = None, as_json: Json = False
) -> None:
    """List every finalised roster and its amendments, oldest first."""
    settings = context.obj.settings()
    lines: list[dict[str, Any]] = []
    with open_database(settings).reading() as connection:
        for name in known_programmes(settings, programme):
            history = finalisations.finalisation_history(connection, name)
            lines += act_listings.finalisations_json(name, history, settings.zone)
    lines = [line for line in lines if angkatan in (None, line["angkatan"])]
    if as_json:
        print_json(lines)
    else:
        act_screen.show_finalisations(output, lines)


def _fix(
    context: typer.Context,
    angkatan: str,
    sk: str,
    date: datetime,
    by: str,
    programme: str | None,
    as_json: bool,
    amendment: bool,
) -> None:
    """Record a decree under the lease, so that no run changes the roster while it is taken."""
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    cohort = known_angkatan(wanted, angkatan)
    if not cohort.has_course:
        raise UsageError(_("Angkatan {angkatan} has no in-class phase, so it has no roster.").format(angkatan=angkatan))
    sk, by = named("--sk", sk), named("--by", by)
    moment = now()
    with Lease(open_database(settings), wanted.id, now) as lease, lease.writing() as connection:
        history = finalisations.finalisation_history(connection, wanted.id)
        before = [each for each in history if each.angkatan == angkatan]
        _decree_must_fit(before, sk, angkatan, amendment)
        _reading_must_be_good(connection, wanted.id, moment)
        acts = load_acts(connection, wanted.id, moment)
        entries = rosters.load_entries(connection, wanted.id)
        known = participants.load_records(connection, wanted.id).values()
        draft = finalising.draft(
            angkatan,
            entries,
            {each.participant.id: each for each in known},
            acts.finalised.get(angkatan, frozenset()),
            moment,
        )
        _nothing_must_be_open(draft, angkatan)
        version = len(history) + 1
        decree = Finalisation(version, angkatan, sk, date.date(), by, moment, draft.members, draft.left)
        finalisations.add_finalisation(connection, wanted.id, decree)
        taken = [entries[who] for who in draft.members if entries[who].state is EntryState.PLANNED]
        sent = [replace(entry, reason=None, approved_by=entry.approved_by or by) for entry in taken]
        rosters.save_entries(connection, wanted.id, entries, sent, moment, None, by)
        shape = act_listings.finalisations_json(wanted.id, [*history, decree], settings.zone)[-1]
    if as_json:
        print_json(shape)
        return
    people = counted("{number} person", "{number} persons", len(draft.members)).format(number=len(draft.members))
    output.print(
        _("Recorded: angkatan {angkatan}, {decree}: {people} on the list.").format(
            angkatan=angkatan, decree=act_screen.decree_in_words(shape), people=people
        ),
        markup=False,
    )
    open_still = sum(1 for who in draft.members if entries[who].state is EntryState.REVIEW)
    if open_still:
        output.print(
            _("{number} of them are in review until the in-class LMS is mended; look at latsar-sync roster.").format(
                number=open_still
            ),
            markup=False,
        )
    if draft.left:
        output.print(_("{number} left the list.").format(number=len(draft.left)), markup=False)
    if sent:
        output.print(_("The next run sends {number} of them.").format(number=len(sent)), markup=False)


def _there_must_be_a_seat(who: str, cohort: Angkatan, acts: Acts, why: str | None) -> None:
    """Nobody with a seat may lose it by a move: raise UsageError if the new angkatan has none for them (rule 5)."""
    if why is None or cohort.course is None or who in acts.admitted:
        return
    closed = _("The last day of admission to angkatan {angkatan} has passed.").format(angkatan=cohort.id)
    full = _("Angkatan {angkatan} is full.").format(angkatan=cohort.id)
    raise UsageError(
        closed if why == "admission_closed" else full,
        _("latsar-sync override admit beats date and capacity; admit them first, then move them."),
    )


def _is_in_class(entry: Entry) -> bool:
    """Say whether somebody was put, or found, in a class that a move leaves them in."""
    return entry.origin is not None and entry.state is not EntryState.WITHDRAWN


def _decree_must_fit(before: list[Finalisation], sk: str, angkatan: str, amendment: bool) -> None:
    if amendment and not before:
        raise UsageError(
            _("The roster of angkatan {angkatan} is not finalised, so there is nothing to amend.").format(
                angkatan=angkatan
            ),
            _("Use latsar-sync roster finalise."),
        )
    if before and not amendment:
        raise UsageError(
            _("The roster of angkatan {angkatan} was finalised by SK {number} of {day}.").format(
                angkatan=angkatan, number=before[0].number, day=before[0].dated
            ),
            _("Newcomers enter by latsar-sync roster amend."),
        )
    if any(each.number == sk for each in before):
        raise UsageError(
            _("SK {number} is on record for this angkatan already.").format(number=sk),
            _("An amendment has a number of its own."),
        )


def _reading_must_be_good(connection: Connection, programme: str, moment: datetime) -> None:
    """Raise NotReady while a guard holds the programme, or if its last good run is too old (rule 17)."""
    telling = runs.last_telling_run(connection, programme)
    if telling is not None and telling.outcome is RunOutcome.GUARDED:
        raise NotReady(
            _("A guard holds programme {programme}: what was read last is not believed yet.").format(
                programme=programme
            ),
            _("Look at latsar-sync status; release it or mend the cause first."),
            guarded=True,
        )
    good = runs.last_good_run(connection, programme)
    if good is None or good.finished_at is None or moment - good.finished_at > finalising.FRESH:
        raise NotReady(
            _("The last good run of programme {programme} is older than 24 hours.").format(programme=programme),
            _("Run latsar-sync sync --full first."),
        )


def _nothing_must_be_open(draft: finalising.Draft, angkatan: str) -> None:
    """Raise NotReady for whatever stands in the way, or if the decree would say nothing."""
    look = _("Look at latsar-sync roster --angkatan {angkatan}.").format(angkatan=angkatan)
    if draft.unsettled:
        raise NotReady(
            counted(
                "{number} person is on the way into the class or waits for approval.",
                "{number} persons are on the way into the class or wait for approval.",
                len(draft.unsettled),
            ).format(number=len(draft.unsettled)),
            _("Run latsar-sync sync, approve or hold them first.") + " " + look,
        )
    if draft.undecided:
        raise NotReady(
            counted(
                "{number} person is in a review that somebody must settle.",
                "{number} persons are in a review that somebody must settle.",
                len(draft.undecided),
            ).format(number=len(draft.undecided)),
            _("Admit them by override, or give them a clearance, or take them out of the class first.") + " " + look,
        )
    if draft.stale:
        raise NotReady(
            counted(
                "The evidence of {number} person is older than 24 hours.",
                "The evidence of {number} persons is older than 24 hours.",
                len(draft.stale),
            ).format(number=len(draft.stale)),
            _("Run latsar-sync sync --full first."),
        )
    if not draft.members and not draft.left:
        raise NotReady(_("There is nobody to take in and nobody left the list."), look)
