"""The decision ledger: every decision of a programme with its reasons, its rows read while they are written."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain import figures, language
from latsar_sync.domain.decision import RULE_VERSION
from latsar_sync.domain.language import _
from latsar_sync.domain.state_words import OUTCOME_TEXTS, word
from latsar_sync.exports.document import Cell, Column, ColumnKind, RowGroup, Section
from latsar_sync.exports.grounds import Grounds, course_facts, made_note, threshold_text
from latsar_sync.exports.words import as_of, name_of, sentences
from latsar_sync.store import ledger, listings


def ledger_section(grounds: Grounds, connection: Connection, angkatan: str | None) -> Section:
    """Return every decision of a programme, oldest first; its rows are read while they are written."""
    newest, chosen = _newest_and_chosen(grounds, connection, angkatan)
    counted = Counter[tuple[str, str]]()
    for each in ledger.ledger_counts(connection, grounds.programme.id):
        if chosen is None or each["participant_id"] in chosen:
            counted[each["outcome"], each["rule_version"]] += each["number"]
    rows = ledger.ledger_rows(connection, grounds.programme.id)
    if chosen is not None:
        rows = (row for row in rows if row["participant_id"] in chosen)
    return Section(
        name=grounds.programme.id,
        title=_("Decision Ledger"),
        facts=course_facts(grounds, angkatan) if angkatan else [(_("Programme"), grounds.programme.title)],
        columns=_ledger_columns(),
        groups=[RowGroup("", (_ledger_row(grounds, row) for row in rows))],
        totals=_ledger_totals(counted),
        notes=_ledger_notes(grounds, newest, counted),
        landscape=True,
    )


def _newest_and_chosen(
    grounds: Grounds, connection: Connection, angkatan: str | None
) -> tuple[datetime | None, frozenset[str] | None]:
    """Return when something of those who are listed was last read, and who they are; None for everybody.

    The erased are in no listing: their decisions count where no angkatan is meant.
    """
    newest, chosen = None, list[str]()
    _, people = listings.each_participant(connection, [grounds.programme.id])
    for row in people:
        if angkatan in (None, grounds.angkatan_of(row)):
            age = as_of(row)
            newest = age if newest is None else max(newest, age or newest)
            chosen += [] if angkatan is None else [row["participant_id"]]
    return newest, None if angkatan is None else frozenset(chosen)


def _ledger_columns() -> list[Column]:
    return [
        Column(_("Decided"), ColumnKind.MOMENT, 23, 18),
        Column(_("Name"), ColumnKind.TEXT, 38, 34),
        Column("NIP", ColumnKind.NIP, 39, 22),
        Column(_("Participant id"), ColumnKind.TEXT, 35, 36),
        Column(_("Decision no."), ColumnKind.NUMBER, 17, 10),
        Column(_("Decision"), ColumnKind.STATE, 24, 18),
        Column(_("Reasons"), ColumnKind.TEXT, 51, 70),
        Column(_("Score"), ColumnKind.SCORE, 18, 12),
        Column(_("Threshold"), ColumnKind.SCORE, 18, 12),
        Column(_("Limit no."), ColumnKind.NUMBER, 12, 10),
        Column(_("Evidence no."), ColumnKind.NUMBER, 16, 10),
        Column(_("Materials done"), ColumnKind.NUMBER, 0, 10),
        Column(_("Materials required"), ColumnKind.NUMBER, 0, 10),
        Column(_("Required set no."), ColumnKind.NUMBER, 0, 10),
        Column(_("Reached on"), ColumnKind.MOMENT, 0, 18),
        Column(_("Rule version"), ColumnKind.CENTRED, 0, 10),
        Column(_("Method"), ColumnKind.TEXT, 0, 12),
        Column(_("Basis of the score"), ColumnKind.TEXT, 0, 14),
        Column(_("Materials by"), ColumnKind.TEXT, 0, 12),
        Column(_("NIP from"), ColumnKind.TEXT, 0, 12),
        Column(_("Required documents"), ColumnKind.TEXT, 0, 20),
        Column(_("Run"), ColumnKind.NUMBER, 0, 8),
        Column(_("Reason codes"), ColumnKind.TEXT, 0, 40),
    ]


def _ledger_totals(counted: Mapping[tuple[str, str], int]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for (outcome, _rules), number in counted.items():
        counts[outcome] += number
    by_outcome = ((word(OUTCOME_TEXTS, each, language.in_use()).capitalize(), counts[each]) for each in OUTCOME_TEXTS)
    return [(_("Decisions"), counts.total()), *by_outcome]


def _ledger_notes(
    grounds: Grounds, newest: datetime | None, counted: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    as_read = figures.long_moment(newest.astimezone(grounds.zone)) if newest else _("nothing read yet")
    limits = [
        (_("Limit no. {number}").format(number=each.version), threshold_text(each, grounds.zone))
        for each in grounds.history
    ]
    rules = sorted({version for _outcome, version in counted}) or [RULE_VERSION]
    return [(_("Evidence as of"), as_read), *limits, (_("Rule version"), ", ".join(rules)), made_note(grounds)]


def _ledger_row(grounds: Grounds, row: listings.Row) -> tuple[Cell, ...]:
    reasons = row["reasons"] or []
    return (
        grounds.local(row["decided_at"]),
        name_of(row),
        row["nip"],
        row["participant_id"],
        row["version"],
        word(OUTCOME_TEXTS, row["outcome"], language.in_use()),
        " ".join(sentences(reasons, None)),
        row["score"],
        row["threshold"],
        row["threshold_version"],
        row["evidence_version"],
        row["materials_done"],
        row["materials_total"],
        row["required_version"],
        grounds.local(row["reached_at"]),
        row["rule_version"],
        row["method"],
        row["basis"],
        row["materials_mode"],
        row["participant_key"],
        ", ".join(row["clearances"] or ()),
        row["run_id"],
        ", ".join(code for code, _values in reasons),
    )
