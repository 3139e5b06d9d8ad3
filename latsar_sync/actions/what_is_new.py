"""What is told of something that is another one than a page had shown: who did what meanwhile, and what stands now."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from latsar_sync.domain import figures
from latsar_sync.domain.actions import Override
from latsar_sync.domain.language import _, counted, in_use
from latsar_sync.domain.reason_sentences import clearance_name
from latsar_sync.domain.state_words import OUTCOME_TEXTS, OVERRIDE_TEXTS, STATE_TEXTS, word
from latsar_sync.rules.entry_changes import ChangeKind
from latsar_sync.store import clearances, identities, listings, moves, overrides, thresholds, versions, waiting_changes
from latsar_sync.store import finalisations as decrees


class News:
    """What is new of a programme's people, of its threshold and of the decrees of an ``angkatan``, in sentences."""

    def __init__(self, connection: Connection, programme: str, now: datetime, angkatan: str | None = None) -> None:
        self._connection = connection
        self._programme = programme
        self._now = now
        self._angkatan = angkatan

    def of_part(self, participant_id: str, part: str) -> str:
        """Say what is new of a part of one person's page (``shown_values.of_person``)."""
        tell: Callable[[str], str] | None = {
            "decision": self._decision,
            "override": self._override,
            "identity": self._identity,
            "move": self._move,
            "clearance": self._clearance,
        }.get(part)
        return tell(participant_id) if tell else self._of_the_programme(part) or self._entry(participant_id)

    def of_listed(self, name: str) -> str:
        """Say what is new of somebody in a list, by internal id, or of what the list is made by."""
        said = self._of_the_programme(name)
        if said is not None:
            return said
        row = self._row(name)
        if row is None:
            return _nobody()
        sentences = [standing(row["state"], row["angkatan"])]
        if history := identities.identity_history(self._connection, self._programme, name):
            text = _("{name} said who this person is, or is not: {reason}")
            sentences.append(text.format(name=history[-1].by, reason=history[-1].reason))
        if name in self._approvals:
            text = _("Approved by {name}; that takes effect when the run has ended.")
            sentences.append(text.format(name=self._approvals[name]))
        elif row["approved_by"]:
            sentences.append(_("Approved by {name}.").format(name=row["approved_by"]))
        if (binding := self._binding.get(name)) is not None:
            text = _("{name} decided: {kind}, {reason}")
            kind = _word(OVERRIDE_TEXTS, binding.kind)
            sentences.append(text.format(name=binding.by, kind=kind, reason=binding.reason))
        return f"{row['name']}: {' '.join(sentences)}"

    def _of_the_programme(self, part: str) -> str | None:
        if part == "threshold":
            return self._threshold()
        return self._decree() if part == "decrees" else None

    def _decision(self, who: str) -> str:
        row = self._row(who)
        if row is None:
            return _nobody()
        return _("The decision is now: {decision}.").format(decision=_word(OUTCOME_TEXTS, row["outcome"]))

    def _entry(self, who: str) -> str:
        row = self._row(who)
        if row is None:
            return _nobody()
        if versions.waits(self._connection, who):
            return _("What somebody decided meanwhile changes the place on the roster when the run has ended.")
        return standing(row["state"], row["angkatan"])

    def _override(self, who: str) -> str:
        history = overrides.override_history(self._connection, self._programme, who)
        return decided(history[-1], self._now) if history else self._entry(who)

    def _identity(self, who: str) -> str:
        history = identities.identity_history(self._connection, self._programme, who)
        if not history:
            return self._entry(who)
        text = _("{name} said meanwhile who this person is, or is not: {reason}")
        return text.format(name=history[-1].by, reason=history[-1].reason)

    def _move(self, who: str) -> str:
        history = moves.move_history(self._connection, self._programme, who)
        if not history:
            return self._entry(who)
        text = _("{name} moved this person to angkatan {angkatan} meanwhile: {reason}")
        return text.format(name=history[-1].by, angkatan=history[-1].angkatan, reason=history[-1].reason)

    def _clearance(self, who: str) -> str:
        rows = clearances.clearances_of_person(self._connection, self._programme, who)
        events = [(row.at, row.by, False, row) for row in rows]
        events += [(row.revoked_at, row.revoked_by, True, row) for row in rows if row.revoked_at is not None]
        if not events:
            return self._entry(who)
        _at, name, revoked, row = max(events, key=lambda each: each[0])
        text = _("{name} revoked a document meanwhile: {kind}, {number}")
        text = text if revoked else _("{name} recorded a document meanwhile: {kind}, {number}")
        return text.format(name=name, kind=clearance_name(row.kind, in_use()), number=row.number)

    def _threshold(self) -> str:
        history = thresholds.threshold_history(self._connection, self._programme)
        if not history:
            return _("No threshold is recorded.")
        value, newest = figures.number(history[-1].value), history[-1]
        text = _("The newest threshold is {value}, recorded by {name}: {legal_basis}")
        return text.format(value=value, name=newest.recorded_by, legal_basis=newest.legal_basis)

    def _decree(self) -> str:
        history = decrees.finalisation_history(self._connection, self._programme)
        mine = [each for each in history if each.angkatan == self._angkatan]
        if not mine:
            return _("No decree is recorded.")
        newest, text = mine[-1], _("{name} recorded decree {number} meanwhile: {people} taken in, {left} left the list")
        return text.format(
            name=newest.by,
            number=newest.number,
            people=figures.count(len(newest.members)),
            left=figures.count(len(newest.left)),
        )

    def _row(self, who: str) -> listings.Row | None:
        return next(iter(listings.participant_rows(self._connection, [self._programme], participant_id=who)), None)

    @cached_property
    def _binding(self) -> Mapping[str, Override]:
        return overrides.overrides_in_force(self._connection, self._programme, self._now)

    @cached_property
    def _approvals(self) -> Mapping[str, str]:
        """Who approved whom, where that waits for the end of a run."""
        waits = waiting_changes.waiting(self._connection, self._programme)
        return {each.participant_id: each.by for each in waits if each.kind is ChangeKind.APPROVE}


def of_held_run(part: str, shown: Mapping[str, str], would_send: int) -> str:
    """Say what is new of a part of what is shown of a held run (``shown_values.of_held_run``)."""
    if part == "accepted" and shown[part]:
        return _("{name} has accepted it meanwhile; the service runs again in a moment.").format(name=shown[part])
    text = counted(
        "The list was made anew meanwhile: it would send {number} person.",
        "The list was made anew meanwhile: it would send {number} people.",
        would_send,
    )
    return text.format(number=figures.count(would_send))


def decided(override: Override, now: datetime) -> str:
    """Say what somebody decided about a person meanwhile."""
    if not override.in_force(now) and override.kind != "release":
        return _("The decision of {name} that was shown has ended.").format(name=override.by)
    text = _("{name} decided meanwhile: {kind}, {reason}")
    return text.format(name=override.by, kind=_word(OVERRIDE_TEXTS, override.kind), reason=override.reason)


def standing(state: str | None, angkatan: str | None) -> str:
    """Say where somebody stands on the roster now."""
    if state is None:
        return _("Not on the roster now.")
    return _("On the roster now: {state}, angkatan {angkatan}.").format(
        state=_word(STATE_TEXTS, state), angkatan=angkatan or "–"
    )


def _nobody() -> str:
    return _("Somebody who was shown is no participant any more.")


def _word(texts: Mapping[str, str], code: str | None) -> str:
    return word(texts, code, in_use()) if code else "–"
