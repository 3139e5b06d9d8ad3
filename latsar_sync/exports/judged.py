"""The lists of what was judged: the chase list (who lacks what) and the decision ledger."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from latsar_sync.domain import language
from latsar_sync.domain.language import _
from latsar_sync.domain.model import RULE_VERSION, Outcome
from latsar_sync.domain.reasons import OUTCOME_TEXTS, STATE_TEXTS, word
from latsar_sync.exports.document import Cell, Column, Group, Kind, Row, Section
from latsar_sync.exports.grounds import Grounds, class_facts, made_note, people_notes, threshold_text
from latsar_sync.exports.people import by_institution, name_of
from latsar_sync.exports.words import as_of, moment_text, sentences
from latsar_sync.store import reports


def lacks_something(row: reports.Row) -> bool:
    """Say whether somebody does not qualify (yet), or qualifies and still waits for something on the roster."""
    return row["outcome"] != Outcome.QUALIFIED or row["roster_reason"] is not None


def chase_section(grounds: Grounds, rows: Sequence[reports.Row], angkatan: str | None) -> Section:
    """Return the chase list of a programme, by sending institution: who lacks what, in sentences."""
    lacking = [row for row in rows if lacks_something(row)]
    facts = class_facts(grounds, angkatan) if angkatan else [(_("Programme"), grounds.programme.title)]
    return Section(
        name=grounds.programme.id,
        title=_("Participants Who Still Lack Something"),
        facts=facts,
        columns=[
            Column(_("No."), Kind.NUMBER, 10, 6),
            Column(_("Name"), Kind.TEXT, 58, 36),
            Column("NIP", Kind.NIP, 39, 22),
            Column(_("Angkatan"), Kind.CENTRED, 20, 10),
            Column(_("Decision"), Kind.TEXT, 30, 18),
            Column(_("What is lacking"), Kind.TEXT, 120, 70),
            Column(_("Score"), Kind.SCORE, 0, 12),
            Column(_("Materials done"), Kind.NUMBER, 0, 10),
            Column(_("Materials required"), Kind.NUMBER, 0, 10),
            Column(_("On the roster"), Kind.TEXT, 0, 16),
            Column(_("Evidence as of"), Kind.MOMENT, 0, 18),
            Column(_("Participant id"), Kind.TEXT, 0, 36),
        ],
        groups=[
            Group(institution, [_chase_row(grounds, number, row) for number, row in enumerate(part, start=1)])
            for institution, part in by_institution(lacking).items()
        ],
        totals=[
            (_("On this list"), len(lacking)),
            (_("Everybody"), len(rows)),
            (_("Institutions on this list"), len(by_institution(lacking))),
        ],
        notes=people_notes(grounds, rows),
        grouping=_("Institution"),
        landscape=True,
    )


def _chase_row(grounds: Grounds, number: int, row: reports.Row) -> Row:
    spoken = language.in_use()
    return (
        number,
        name_of(row),
        row["nip"],
        grounds.angkatan_of(row) or "–",
        word(OUTCOME_TEXTS, row["outcome"], spoken) if row["outcome"] else "–",
        " ".join(sentences(row["reasons"] or [], row["roster_reason"])),
        row["score"],
        row["materials_done"],
        row["materials_total"],
        word(STATE_TEXTS, row["state"], spoken) if row["state"] else None,
        grounds.local(as_of(row)),
        row["participant_id"],
    )


def ledger_section(grounds: Grounds, connection: Connection, angkatan: str | None) -> Section:
    """Return every decision of a programme, oldest first; its rows are read while they are written."""
    programme = grounds.programme.id
    people = [
        row for row in reports.participant_rows(connection, [programme]) if angkatan in (None, grounds.angkatan_of(row))
    ]
    counted = reports.ledger_counts(connection, programme)
    chosen = {each["participant_id"] for each in counted if angkatan is None}  # the erased are in no listing
    chosen |= {row["participant_id"] for row in people}
    counted = [each for each in counted if each["participant_id"] in chosen]
    counts: Counter[str] = Counter()
    for each in counted:
        counts[each["outcome"]] += each["number"]
    rows = (row for row in reports.ledger_rows(connection, programme) if row["participant_id"] in chosen)
    rules = sorted({each["rule_version"] for each in counted}) or [RULE_VERSION]
    ages = [age for row in people for age in [as_of(row)] if age is not None]
    facts = class_facts(grounds, angkatan) if angkatan else [(_("Programme"), grounds.programme.title)]
    return Section(
        name=grounds.programme.id,
        title=_("Decision Ledger"),
        facts=facts,
        columns=[
            Column(_("Decided"), Kind.MOMENT, 23, 18),
            Column(_("Name"), Kind.TEXT, 38, 34),
            Column("NIP", Kind.NIP, 39, 22),
            Column(_("Participant id"), Kind.TEXT, 35, 36),
            Column(_("Decision no."), Kind.NUMBER, 17, 10),
            Column(_("Decision"), Kind.TEXT, 24, 18),
            Column(_("Reasons"), Kind.TEXT, 51, 70),
            Column(_("Score"), Kind.SCORE, 18, 12),
            Column(_("Pass limit"), Kind.SCORE, 18, 12),
            Column(_("Limit no."), Kind.NUMBER, 12, 10),
            Column(_("Evidence no."), Kind.NUMBER, 16, 10),
            Column(_("Materials done"), Kind.NUMBER, 0, 10),
            Column(_("Materials required"), Kind.NUMBER, 0, 10),
            Column(_("Required set no."), Kind.NUMBER, 0, 10),
            Column(_("Reached on"), Kind.MOMENT, 0, 18),
            Column(_("Rule version"), Kind.CENTRED, 0, 10),
            Column(_("Method"), Kind.TEXT, 0, 12),
            Column(_("Basis of the score"), Kind.TEXT, 0, 14),
            Column(_("Materials by"), Kind.TEXT, 0, 12),
            Column(_("NIP from"), Kind.TEXT, 0, 12),
            Column(_("Required documents"), Kind.TEXT, 0, 20),
            Column(_("Run"), Kind.NUMBER, 0, 8),
            Column(_("Reason codes"), Kind.TEXT, 0, 40),
        ],
        groups=[Group("", (_ledger_row(grounds, row) for row in rows))],
        totals=[
            (_("Decisions"), counts.total()),
            *((word(OUTCOME_TEXTS, each, language.in_use()).capitalize(), counts[each]) for each in OUTCOME_TEXTS),
        ],
        notes=[
            (_("Evidence as of"), moment_text(max(ages).astimezone(grounds.zone)) if ages else _("nothing read yet")),
            *(
                (_("Limit no. {number}").format(number=each.version), threshold_text(each, grounds.zone))
                for each in grounds.history
            ),
            (_("Rule version"), ", ".join(rules)),
            made_note(grounds),
        ],
        landscape=True,
    )


def _ledger_row(grounds: Grounds, row: reports.Row) -> tuple[Cell, ...]:
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
