"""What every document says beside its rows: which course, by what it was judged, how old it is, who made it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from latsar_sync import __version__
from latsar_sync.domain import figures, language
from latsar_sync.domain.actions import Finalisation
from latsar_sync.domain.decision import RULE_VERSION, Scale, Threshold
from latsar_sync.domain.language import _
from latsar_sync.domain.state_words import OUTCOME_TEXTS, word
from latsar_sync.exports.places import venue_of
from latsar_sync.exports.words import as_of
from latsar_sync.rules.threshold import is_seed
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings
from latsar_sync.store.listings import Row

Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a document about one programme stands on. ``now`` and ``by`` are when it was made and by whom."""

    programme: ProgrammeSettings
    zone: ZoneInfo
    history: Sequence[Threshold]
    in_force: Threshold | None
    now: datetime
    by: str
    listed: Mapping[str, str]
    """Angkatan of a NIP by the programme's placement file, empty where there is none."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """The angkatan that people were moved to, by internal id."""
    decrees: Sequence[Finalisation] = ()
    """The decrees that fixed a roster and their amendments, oldest first."""
    taken: Mapping[str, Mapping[str, tuple[int, Finalisation]]] = field(default_factory=dict)
    """By which of them each was taken in (``taken_in``)."""
    place: str | None = None
    """The one place that the document is about, None for all."""

    def course_of(self, angkatan: str | None) -> AngkatanSettings | None:
        """Return the settings of an angkatan; None for nobody's, and for one that is no longer configured."""
        return self.programme.angkatan_by_id.get(angkatan or "")

    def angkatan_of(self, row: Row) -> str | None:
        """Return where somebody is on the roster, else where they would go; None where neither is known."""
        known = row["angkatan"] or self.moved.get(row["participant_id"])
        if known or self.listed:
            return known or self.listed.get(row["nip"])
        return self.programme.angkatan_of_groups(row["groups"])

    def local(self, moment: datetime | None) -> datetime | None:
        """Return a moment in the programme's own zone."""
        return None if moment is None else moment.astimezone(self.zone)


def course_facts(grounds: Grounds, angkatan: str | None) -> list[Line]:
    """Return the lines under a title: programme, course, days, place."""
    one_angkatan = grounds.course_of(angkatan)
    days = figures.days(one_angkatan.starts, one_angkatan.ends) if one_angkatan else ""
    place = grounds.place or (one_angkatan.place if one_angkatan and one_angkatan.place else "")
    venue = venue_of(grounds.programme, one_angkatan, place)
    lines = [
        (_("Programme"), grounds.programme.title),
        (_("Angkatan"), angkatan or "–"),
        (_("Days"), days),
        (_("Venue"), venue),
        (_("Place"), place),
        (_("Decree"), ", ".join(decree_text(each) for each in grounds.decrees if each.angkatan == angkatan)),
    ]
    return [(label, value) for label, value in lines if value]


def decree_text(decree: Finalisation) -> str:
    """Return number and date of a decree."""
    return _("{number} of {day}").format(number=decree.number, day=figures.long_day(decree.dated))


@dataclass(slots=True)
class Noted:
    """What the notes below a list say of its people, taken down of one row after another."""

    rules: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    limits: Counter[int] = field(default_factory=Counter)
    oldest: datetime | None = None
    newest: datetime | None = None

    def note(self, row: Row) -> None:
        """Take down one row."""
        if row["rule_version"]:
            self.rules.add(row["rule_version"])
        if row["outcome"]:
            self.outcomes[row["outcome"]] += 1
        if row["threshold_version"] is not None:
            self.limits[row["threshold_version"]] += 1
        age = as_of(row)
        if age is not None:
            self.oldest, self.newest = min(self.oldest or age, age), max(self.newest or age, age)


def people_notes(grounds: Grounds, rows: Iterable[Row]) -> list[Line]:
    """Return the notes below a list of people: age of the evidence, threshold, rules, decisions, who made it."""
    noted = Noted()
    for row in rows:
        noted.note(row)
    return notes_of(grounds, noted)


def notes_of(grounds: Grounds, noted: Noted) -> list[Line]:
    """Return the same notes of people who were taken down."""
    decisions = [
        f"{figures.count(noted.outcomes[each])} {word(OUTCOME_TEXTS, each, language.in_use())}"
        for each in OUTCOME_TEXTS
    ]
    return [
        (_("Evidence as of"), _age(grounds, noted)),
        (_("Threshold"), _limit(grounds, noted)),
        (_("Rule version"), ", ".join(sorted(noted.rules) or [RULE_VERSION])),
        (_("Decisions"), ", ".join(decisions)),
        made_note(grounds),
    ]


def made_note(grounds: Grounds) -> Line:
    """Return who made the document, when and with what."""
    made = _("{moment} by {name}, latsar-sync {version}")
    return (
        _("Made"),
        made.format(
            moment=figures.long_moment(grounds.now.astimezone(grounds.zone)), name=grounds.by, version=__version__
        ),
    )


def threshold_text(threshold: Threshold, zone: ZoneInfo) -> str:
    """Return a recorded threshold in one line, with its legal basis."""
    scale = _("points") if threshold.scale is Scale.POINTS else _("per cent")
    text = _("{value} {scale} ({legal_basis}), in force since {day}, version {version}")
    if is_seed(threshold):
        text = _("{value} {scale} ({legal_basis}), in force from the beginning, version {version}")
    return text.format(
        value=figures.number(threshold.value),
        scale=scale,
        legal_basis=threshold.legal_basis,
        day=figures.long_day(threshold.effective_from.astimezone(zone).date()),
        version=threshold.version,
    )


def _age(grounds: Grounds, noted: Noted) -> str:
    if noted.oldest is None or noted.newest is None:
        return _("nothing read yet")
    ends = (noted.oldest, noted.newest)
    oldest, newest = (figures.long_moment(age.astimezone(grounds.zone)) for age in ends)
    return oldest if oldest == newest else _("{oldest} to {newest}").format(oldest=oldest, newest=newest)


def _limit(grounds: Grounds, noted: Noted) -> str:
    if grounds.programme.method == "classical":
        return _("none: nobody has to pass a MOOC")
    if grounds.in_force is None:
        return _("none recorded yet")
    told = threshold_text(grounds.in_force, grounds.zone)
    others = noted.limits.total() - noted.limits[grounds.in_force.version]
    if others:
        told += "; " + _("{count} decisions were made by an earlier one").format(count=others)
    return told
