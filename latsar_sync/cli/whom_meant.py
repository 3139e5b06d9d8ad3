"""Whom a command means: named one by one, in a file, or by where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from latsar_sync.cli.context import now
from latsar_sync.cli.lookup import number_or_id
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, joined
from latsar_sync.domain.reason_sentences import TEXTS as REASON_TEXTS
from latsar_sync.domain.state_words import OUTCOME_TEXTS, STATE_TEXTS
from latsar_sync.files.people_list import read_people
from latsar_sync.settings import Settings
from latsar_sync.settings.problems import did_you_mean
from latsar_sync.store import listings
from latsar_sync.store.database import Database


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


def people_of(
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
