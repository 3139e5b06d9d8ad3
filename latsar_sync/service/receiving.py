"""Looking for files that came by themselves: in the watched folders and mailboxes of the programmes."""

import math
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.actions.received_certificates import hand_in
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.language import _, counted, in_use
from latsar_sync.files import receiving, watched_folder
from latsar_sync.files.checking import Remark
from latsar_sync.files.mailbox import MOST_BYTES, Address, Mail, read_mails
from latsar_sync.files.office_file import plain_name
from latsar_sync.files.receiving import Arrival
from latsar_sync.files.watched_folder import Became
from latsar_sync.run.unexpected_errors import fault_of
from latsar_sync.service.notices import Notices
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.received_files import MailboxSettings
from latsar_sync.store import received
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedFile, ReceivedState, Way

log = structlog.get_logger("latsar_sync")

SECONDS_AT_ONE_ZIP = 30.0
"""So long a look stays with one ZIP of certificates before other files, and programmes that wait, have their turn."""


class Fetched(NamedTuple):
    """What one look for a programme's files came to: those that are new, and what could not be read, a line each."""

    new: tuple[ReceivedFile, ...] = ()
    problems: tuple[str, ...] = ()


def fetch(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    clock: Callable[[], datetime],
    seconds_at_one: float = math.inf,
) -> Fetched:
    """Look once into the folder and the mailbox of a programme; what is new is written down, and a folder tidied.

    After ``seconds_at_one`` a ZIP of certificates is left for the next look, which goes on with it.
    """
    intake, new, problems = programme.intake, list[ReceivedFile](), list[str]()
    if intake is None:
        return Fetched()

    def take(arrival: Arrival) -> ReceivedFile:
        found, is_new = receiving.receive(settings, database, programme, arrival, clock)
        new.extend([found] if is_new else [])
        return found

    def from_folder(name: str, content: bytes) -> Became:
        numbers = hand_in(settings, database, programme, name, content, str(Way.FOLDER), clock, _after(seconds_at_one))
        if numbers:
            return Became(True, _handed_in(plain_name(name), programme.id, len(numbers)))
        found = take(Arrival(name, content, Way.FOLDER))
        return Became(found.state is not ReceivedState.REJECTED, report_of(found))

    def from_mail(mail: Mail) -> None:
        for name, content in mail.attachments:
            if not hand_in(settings, database, programme, name, content, mail.sender, clock, _after(seconds_at_one)):
                take(Arrival(name, content, Way.MAILBOX, mail.sender))

    _take_by_themselves(settings, database, programme, clock)
    if intake.folder is not None:
        problems += watched_folder.look(intake.folder, intake.settled, from_folder).problems
    if intake.mailbox is not None:
        problems += _look_into_mailbox(intake.mailbox, from_mail)
    return Fetched(tuple(new), tuple(problems))


def _after(seconds: float) -> Callable[[], bool]:
    """Return what says whether so many seconds have passed from now on."""
    end = monotonic() + seconds
    return lambda: monotonic() >= end


def _look_into_mailbox(mailbox: MailboxSettings, from_mail: Callable[[Mail], None]) -> list[str]:
    try:
        left = read_mails(_address(mailbox), mailbox.senders, from_mail)
    except LatsarError as error:
        return [str(error)]
    said = _("A mail of {sender} is larger than {limit} MB; it stays unread.")
    problems = [said.format(sender=sender, limit=MOST_BYTES // 1_000_000) for sender in sorted({*left.too_large})]
    said = _("A mail of {sender} is no mail that can be read; it stays unread.")
    return problems + [said.format(sender=sender) for sender in sorted({*left.unreadable})]


def _take_by_themselves(
    settings: Settings, database: Database, programme: ProgrammeSettings, clock: Callable[[], datetime]
) -> None:
    """Take what waits and needs no named person any more."""
    with database.reading() as connection:
        waiting = received.listed(connection, [programme.id], ReceivedState.WAITING)
    for each in waiting:
        receiving.take_by_itself(settings, database, programme, each, clock)


def report_of(found: ReceivedFile) -> str:
    """Return what is laid beside a file: what became of it, and every line that is wrong; no NIP stands in it."""
    head = f"{found.name}\n{found.programme}\n\n"
    if found.state is ReceivedState.REJECTED:
        lines = [_("Nothing of this file was taken.")]
        lines += [found.problem] if found.problem else []
        remarks = sorted((Remark(*each) for each in found.remarks), key=lambda remark: remark.line)
        for remark in remarks:
            line = _("line {line}: {problem}").format(line=remark.line, problem=remark.said(in_use()))
            lines.append(f"  {line} ({remark.column})")
        lines.append(_("Correct it and put it here again."))
        return head + "\n".join(lines) + "\n"
    said = {
        ReceivedState.WAITING: _("It waits for a named person: latsar-sync import received {number}."),
        ReceivedState.TAKEN: _("It was taken; see latsar-sync import list."),
        ReceivedState.DISMISSED: _("It was set aside by a named person; see latsar-sync import received {number}."),
    }[found.state]
    rows = counted("{number} row", "{number} rows", found.rows or 0).format(number=found.rows or 0)
    return f"{head}{rows}. {said.format(number=found.id)}\n"


def _handed_in(name: str, programme: str, count: int) -> str:
    text = counted(
        "{number} certificate waits for a person to look at it: latsar-sync certificate list.",
        "{number} certificates wait for a person to look at them: latsar-sync certificate list.",
        count,
    )
    return f"{name}\n{programme}\n\n{text.format(number=count)}\n"


LOOKS_AT_ONCE = 4
"""Programmes whose files are looked for at the same time: each may hold a large mail, or workbook."""


class Receiving:
    """The looks of one daemon, each in a thread of its own: a mailbox that hangs delays no run, nor others' files."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime], notices: Notices) -> None:
        self._notices = notices
        self._settings = settings
        self._database = database
        self._clock = clock
        self._pool = ThreadPoolExecutor(LOOKS_AT_ONCE, thread_name_prefix="receiving")
        self._looking: dict[str, Future[None]] = {}
        self._last: dict[str, datetime] = {}
        self._told: dict[str, tuple[str, ...]] = {}
        self._ends = threading.Event()

    def look(self) -> None:
        """Look for the files of each programme whose time has come, in the background."""
        now = self._clock()
        for programme in self._settings.programmes:
            looking = self._looking.get(programme.id)
            if programme.intake is not None and self._is_due(programme, now) and (looking is None or looking.done()):
                self._last[programme.id] = now
                self._looking[programme.id] = self._pool.submit(self._fetch, programme)

    def close(self) -> None:
        """Begin nothing new; what is being read is not waited for."""
        self._ends.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _is_due(self, programme: ProgrammeSettings, now: datetime) -> bool:
        last, every = self._last.get(programme.id), timedelta(seconds=programme.intake.every if programme.intake else 0)
        return last is None or not last <= now < last + every

    def _fetch(self, programme: ProgrammeSettings) -> None:
        if self._ends.is_set():
            return
        try:
            found = fetch(self._settings, self._database, programme, self._clock, SECONDS_AT_ONE_ZIP)
        except Exception as error:  # noqa: BLE001 a file that breaks the program is told as one that cannot be read
            found = Fetched(problems=(str(fault_of(error)),))
        for each in found.new:
            log.info("file received", programme=programme.id, file=each.id, state=str(each.state), way=each.origin)
        self._tell(programme.id, Counter(str(each.state) for each in found.new))
        if found.problems != self._told.get(programme.id, ()):
            for problem in found.problems:
                log.warning("files cannot be read", programme=programme.id, reason=problem)
        self._told[programme.id] = found.problems

    def _tell(self, programme: str, came: Counter[str]) -> None:
        try:
            self._notices.files_came(programme, came)
        except SQLAlchemyError as error:
            log.warning("the operators could not be told of files", reason=type(error).__name__)


def _address(mailbox: MailboxSettings) -> Address:
    return Address(
        mailbox.host,
        mailbox.port,
        mailbox.user,
        mailbox.password.get_secret_value(),
        mailbox.folder,
        mailbox.ca_bundle,
    )
