"""What the pages of one application share: settings, database, clock, templates, limits of sign-ins, the provider."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken
from fastapi import HTTPException
from jinja2 import Environment
from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.clearances import is_required
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import NotReady, UsageError
from latsar_sync.domain.language import _
from latsar_sync.files.clearances import NewClearance
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import accounts, action_keys
from latsar_sync.store.access import Access, note_accesses
from latsar_sync.store.database import Database
from latsar_sync.store.leases import is_held
from latsar_sync.store.web_sessions import LONGEST_SESSION
from latsar_sync.web.background import Background
from latsar_sync.web.long_work import MADE_AT_ONCE, LongWork, Made, TooMuchWork, Waiting
from latsar_sync.web.sign_in_limits import SignInAttempts
from latsar_sync.web.stream_limits import Streams
from latsar_sync.web.templating import template_environment

NOTED: ContextVar[list[Access]] = ContextVar("noted")
"""Where it is set: what was noted of a call, so that the same is noted when its answer is given again."""


@dataclass
class PageContext:
    """The shared ground of the pages. ``clock`` gives the time, aware of its zone."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime]
    attempts: SignInAttempts = field(default_factory=SignInAttempts)
    streams: Streams = field(default_factory=Streams)
    long_work: LongWork = field(default_factory=LongWork)
    background: Background = field(default_factory=Background)
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        self.templates = template_environment(self.settings, self.clock)
        key = sha256(f"search {accounts.session_key(self.database)}".encode()).digest()
        self._secrecy = Fernet(urlsafe_b64encode(key))

    def note(
        self,
        account: Account,
        action: str,
        programme: str,
        people: int = 0,
        participant_id: str | None = None,
        via: str = "web",
        about: str | None = None,
    ) -> None:
        """Write into the access log whose data an account is about to see, or what it did (rule 16).

        ``about`` is what was acted on beside people, by its name.
        """
        access = Access(self.clock(), account.name, via, action, programme, people, participant_id, about)
        NOTED.get([]).append(access)
        with self.database.writing() as connection:
            note_accesses(connection, [access])

    def note_account(self, connection: Connection, by: str, action: str, about: str) -> None:
        """Write into the access log, with what is done, whose account somebody adds, changes or removes."""
        note_accesses(connection, [Access(self.clock(), by, "web", action, "", 0, about=about)])

    @property
    def is_behind_tls(self) -> bool:
        """Whether people reach the pages by TLS, so that cookies are sent over it only."""
        return (self.settings.service.public_url or "").startswith("https:")

    @contextmanager
    def once(self, account: Account, sent: Sent) -> Iterator[None]:
        """Do what has no transaction of its own, once for each form; raise AlreadyDone if its key was taken.

        What failed may be sent again.
        """
        if sent.key is not None:
            with self.database.writing() as connection:
                action_keys.claim(connection, account.name, sent.key, self.clock())
        try:
            yield
        except BaseException:
            if sent.key is not None:
                with self.database.writing() as connection:
                    action_keys.give_back(connection, account.name, sent.key)
            raise

    def takes_effect(self, programme: str, said: str) -> str:
        """Add to a word about what was recorded that it waits, where a run is under way."""
        if not is_held(self.database, programme, self.clock()):
            return said
        return f"{said} " + _("A run is under way: it takes effect when that has ended, in about a minute.")

    def effect_of_document(self, programme: str, document: NewClearance) -> str:
        """Return the word about a document that was recorded, which nobody may have asked for."""
        if not is_required(self.settings.programme(programme), document):
            return _("Recorded. This programme does not require it.")
        return self.takes_effect(programme, _("Recorded. The next run acts on it."))

    def make_long(self, key: str, make: Callable[[], Made], people: int | None = None) -> Made | Waiting:
        """Return what takes long to make if it is there, else how far it is. Raise NotReady if too much waits.

        What is about few ``people`` is made at once.
        """
        if people is not None and people <= MADE_AT_ONCE:
            return make()
        try:
            return self.long_work.get(key, make, self.clock())
        except TooMuchWork:
            raise NotReady(_("Too many documents are being made."), _("Ask for it again in a few minutes.")) from None

    def hide(self, text: str) -> str:
        """Return a text, a name or NIP that somebody looks for, as it may stand in an address: encrypted."""
        return self._secrecy.encrypt(text.encode()).decode()

    def reveal(self, hidden: str) -> str:
        """Return what ``hide`` hid within the last hours. Raise UsageError if it is anything else."""
        try:
            lasts = int(LONGEST_SESSION.total_seconds())
            return self._secrecy.decrypt(hidden.encode(), lasts).decode() if hidden else ""
        except InvalidToken:
            raise UsageError(_("This search is over."), _("Search again.")) from None

    def title_of(self, programme: str) -> str:
        """Return the title of a programme by its id, which of one that is not configured is all that is known."""
        return next((each.title for each in self.settings.programmes if each.id == programme), programme)

    def programme(self, account: Account, name: str) -> ProgrammeSettings:
        """Return a programme that this account may see. Raise 404 for any other, so that none is betrayed."""
        for programme in self.programmes(account):
            if programme.id == name:
                return programme
        raise HTTPException(404)

    def programmes(self, account: Account) -> list[ProgrammeSettings]:
        """Return the programmes that this account may see."""
        return [programme for programme in self.settings.programmes if account.may_see(programme.id)]
