"""The check of the mark by which an older copy of the database is noticed: where it lies, and what it says."""

import os
from pathlib import Path

from sqlalchemy import Connection

from latsar_sync.domain.language import _
from latsar_sync.setup.checks import Page
from latsar_sync.store import database_mark


def examine_mark(page: Page, connection: Connection, mark: Path | None) -> None:
    """Say where the mark lies, whether it can be written, and whether the database is older than it."""
    if mark is None:
        return
    if database_mark.is_older(connection, database_mark.load_mark(mark)):
        said = _("The database is older than the last run that this service made, says the mark {mark}.")
        remedy = _("Put the newer one back if there is one. If not, the next run names whom it would send, and waits.")
        page.warn("mark", said.format(mark=mark), remedy)
    elif _can_be_written(mark):
        said = _("An older copy of the database is noticed by the mark {mark}, unless that is put back with it.")
        page.ok("mark", said.format(mark=mark))
    else:
        said = _("The mark {mark}, by which an older copy of the database is noticed, cannot be written.")
        page.warn("mark", said.format(mark=mark), _("Set mark_file to a file that this account may write."))


def _can_be_written(mark: Path) -> bool:
    """Say whether the mark is, or can be made, a file of this account: it is replaced as a whole, in its folder."""
    folder = next(each for each in mark.absolute().parents if os.path.exists(each))
    replaced = os.path.isfile(mark) or not os.path.exists(mark)
    return replaced and folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
