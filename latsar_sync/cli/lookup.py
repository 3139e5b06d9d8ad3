"""Whom somebody means by what they typed: a NIP however it is spaced, or an internal id."""

from collections.abc import Sequence

from latsar_sync.cli.context import now
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.nip import check_nip, mask_nip
from latsar_sync.domain.reason_sentences import NIP_DETAILS
from latsar_sync.domain.spelling import plain
from latsar_sync.domain.state_words import word
from latsar_sync.settings import Settings
from latsar_sync.store import listings
from latsar_sync.store.database import Database


def number_or_id(settings: Settings, text: str) -> str:
    """Return the NIP that somebody typed, however it is spaced, else the internal id as it stands there."""
    return check_nip(text, settings.today(now())).nip or plain(text)


def valid_nip(settings: Settings, text: str) -> str:
    check = check_nip(text, settings.today(now()))
    if check.nip is None and not check.detail:
        raise UsageError(_("{option} is empty.").format(option="NIP"), _("Give 18 digits."))
    if check.nip is None:
        why = word(NIP_DETAILS, check.detail or "", in_use())
        raise UsageError(_("{nip} is no valid NIP ({why}).").format(nip=mask_nip(text), why=why), _("Give 18 digits."))
    return check.nip


def programmes_with(database: Database, programmes: Sequence[str], *nips: str) -> Sequence[str]:
    """Return which of the programmes know somebody by these NIPs; where none knows one of them, any may be meant."""
    found: set[str] = set()
    for nip in nips:
        with database.reading() as connection:
            known = {row["programme"] for row in listings.participant_rows(connection, programmes, nip=nip)}
        found |= known or set(programmes)
    return [each for each in programmes if each in found]


def find_participant(
    settings: Settings, database: Database, programmes: Sequence[str], nip: str, merged: bool = False
) -> listings.Row:
    """Return the one participant meant; raise UsageError for none or several.

    Of several accounts with one NIP that one is meant which counts. An account that was merged into another is meant
    only where ``merged`` says so: whatever is decided about the person belongs to the other one.
    """
    with database.reading() as connection:
        found = listings.participant_rows(connection, programmes, nip=number_or_id(settings, nip))
        found = found or listings.participant_rows(connection, programmes, participant_id=number_or_id(settings, nip))
    if not found:
        raise UsageError(
            _("No participant has this NIP or id."), _("Run sync first, or look in latsar-sync participants.")
        )
    if len(found) > 1:
        found = [row for row in found if (row["merged_into"] is not None) == merged] or found
    if len(found) > 1:
        found = [row for row in found if not _gives_way(row)] or found
    if len(found) > 1:
        ids = ", ".join(row["participant_id"] for row in found)
        raise UsageError(
            _("{number} participants carry this NIP.").format(number=len(found)),
            _("Name one by its internal id: {ids}.").format(ids=ids),
        )
    if found[0]["merged_into"] is not None and not merged:
        raise UsageError(
            _("This account was merged into another one of the same person."),
            _("Name that one by its internal id: {ids}.").format(ids=found[0]["merged_into"]),
        )
    return found[0]


def _gives_way(row: listings.Row) -> bool:
    return any(code == "other_account_counts" for code, _values in row["reasons"] or ())
