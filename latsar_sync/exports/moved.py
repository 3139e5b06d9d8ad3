"""The list of those whom another threshold would move."""

from collections.abc import Mapping, Sequence

from latsar_sync.domain import figures, language
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.language import _
from latsar_sync.domain.state_words import OUTCOME_TEXTS, STATE_TEXTS, word
from latsar_sync.exports.document import Column, ColumnKind, Row, RowGroup, Section
from latsar_sync.exports.grounds import Grounds, made_note
from latsar_sync.rules.threshold import Move


def moved_section(
    grounds: Grounds, limit: str, moves: Sequence[Move], homes: Mapping[str, str | None], entries: Mapping[str, Entry]
) -> Section:
    """Return by name whose decision would change if the threshold were ``limit``, as it is said.

    ``homes`` are the angkatan of those people, ``entries`` their places on the roster, by internal id.
    """
    gained = sum(each.after.outcome is Outcome.QUALIFIED for each in moves)
    lost = [each for each in moves if each.record.decision and each.record.decision.outcome is Outcome.QUALIFIED]
    seated = [entries.get(each.record.participant.id) for each in lost]
    return Section(
        name=grounds.programme.id,
        title=_("Whom another threshold would move"),
        facts=[(_("Programme"), grounds.programme.title), (_("If the threshold were"), limit)],
        columns=[
            Column(_("No."), ColumnKind.NUMBER, 10, 6),
            Column(_("Name"), ColumnKind.TEXT, 58, 36),
            Column("NIP", ColumnKind.NIP, 39, 22),
            Column(_("Institution"), ColumnKind.TEXT, 50, 34),
            Column(_("Angkatan"), ColumnKind.CENTRED, 20, 10),
            Column(_("Score"), ColumnKind.SCORE, 18, 12),
            Column(_("Now"), ColumnKind.STATE, 30, 18),
            Column(_("Then"), ColumnKind.STATE, 30, 18),
            Column(_("On the roster"), ColumnKind.STATE, 28, 18),
            Column(_("Participant id"), ColumnKind.TEXT, 0, 36),
        ],
        groups=[RowGroup("", [_row(number, each, homes, entries) for number, each in enumerate(moves, start=1)])],
        totals=[
            (_("Would qualify"), gained),
            (_("Would qualify no more"), len(lost)),
            (
                _("of them keep their seat, for follow-up"),
                sum(each is not None and each.seat_in is not None for each in seated),
            ),
        ],
        notes=[(_("As of"), figures.long_moment(grounds.now.astimezone(grounds.zone))), made_note(grounds)],
        landscape=True,
    )


def _row(number: int, move: Move, homes: Mapping[str, str | None], entries: Mapping[str, Entry]) -> Row:
    participant, before = move.record.participant, move.record.decision
    entry = entries.get(participant.id)
    return (
        number,
        participant.person.name or "–",
        participant.nip,
        participant.person.institution or None,
        homes.get(participant.id) or "–",
        move.after.score,
        _outcome(before.outcome if before else None),
        _outcome(move.after.outcome),
        word(STATE_TEXTS, entry.state, language.in_use()) if entry else None,
        participant.id,
    )


def _outcome(code: Outcome | None) -> str:
    return word(OUTCOME_TEXTS, code, language.in_use()) if code else "–"
