"""The shapes of thresholds: the recorded rows, and who would move by another one."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.actions.threshold import Preview
from latsar_sync.domain.decision import Outcome, Scale, Threshold
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.rules.score_against_threshold import plain
from latsar_sync.rules.threshold import Move, is_seed
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.fields import DecimalText, Moment, Nip, ParticipantId, number, told


class ThresholdShape(TypedDict):
    """One recorded threshold; ``always`` says that it came from the configuration and holds from the beginning."""

    version: int
    value: DecimalText
    scale: Scale
    legal_basis: str
    effective_from: Moment
    always: bool
    recorded_by: str
    recorded_at: Moment


class _Whose(TypedDict):
    programme: str


class AddedThresholdShape(_Whose, ThresholdShape):
    """The row that ``threshold set`` recorded."""


class ThresholdHistoryShape(TypedDict):
    """Every threshold of a programme, oldest first; ``in_force`` is the version that judges now."""

    programme: str
    in_force: int | None
    history: list[ThresholdShape]


class MovedShape(TypedDict):
    """Somebody whom another threshold would move: ``before`` and ``after`` are decisions."""

    participant_id: ParticipantId
    nip: Nip | None
    name: str
    institution: str
    before: Outcome | None
    after: Outcome
    score: DecimalText | None
    roster_state: EntryState | None
    angkatan: str | None
    sentences: list[str]


class ThresholdPreviewShape(TypedDict):
    """Who would move if the threshold were ``value``."""

    programme: str
    value: DecimalText
    scale: Scale
    moves: list[MovedShape]


@dataclass(slots=True)
class Effect:
    """What another threshold would do to one angkatan (None: to those of none): who would qualify, and who no more.

    ``seated`` of those who would no more hold a seat, which they keep.
    """

    angkatan: str | None
    gained: int = 0
    lost: int = 0
    seated: int = 0
    otherwise: int = 0

    @property
    def net(self) -> int:
        """How many more would qualify, below zero: fewer."""
        return self.gained - self.lost


def effects(programme: ProgrammeSettings, preview: Preview) -> list[Effect]:
    """Return what a threshold would do by angkatan, in the order of the configuration; those without one last."""
    found = {each.id: Effect(each.id) for each in programme.angkatan}
    for move in preview.moves:
        home = home_of(programme, move, preview)
        effect = found.setdefault(home or "", Effect(home))
        before = move.record.decision.outcome if move.record.decision else None
        if move.after.outcome is Outcome.QUALIFIED:
            effect.gained += 1
        elif before is Outcome.QUALIFIED:
            effect.lost += 1
            entry = preview.entries.get(move.record.participant.id)
            effect.seated += entry is not None and entry.seat_in is not None
        else:
            effect.otherwise += 1
    return [each for each in found.values() if each.gained or each.lost or each.otherwise]


def home_of(programme: ProgrammeSettings, move: Move, preview: Preview) -> str | None:
    """Return where somebody on the roster belongs (to none: None), else where they were moved, or their group is of."""
    entry = preview.entries.get(move.record.participant.id)
    if entry is not None:
        return entry.angkatan
    if (moved := preview.moved.get(move.record.participant.id)) is not None:
        return moved
    return programme.angkatan_of_groups(move.record.participant.person.groups)


def threshold_json(threshold: Threshold, zone: ZoneInfo) -> ThresholdShape:
    """One row of the threshold history."""
    return {
        "version": threshold.version,
        "value": plain(threshold.value),
        "scale": threshold.scale,
        "legal_basis": threshold.legal_basis,
        "effective_from": told(threshold.effective_from, zone),
        "always": is_seed(threshold),
        "recorded_by": threshold.recorded_by,
        "recorded_at": told(threshold.recorded_at, zone),
    }


def move_json(move: Move, entry: Entry | None, language: str) -> MovedShape:
    """Somebody whom another threshold would move."""
    participant, before = move.record.participant, move.record.decision
    return {
        "participant_id": participant.id,
        "nip": participant.nip,
        "name": participant.person.name,
        "institution": participant.person.institution,
        "before": before.outcome if before else None,
        "after": move.after.outcome,
        "score": number(move.after.score),
        "roster_state": entry.state if entry else None,
        "angkatan": entry.angkatan if entry else None,
        "sentences": [sentence(reason, language) for reason in move.after.reasons],
    }
