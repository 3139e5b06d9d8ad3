"""A form that could not be taken comes back on its own page: what is wrong on top, what was typed still in it.

The page is asked for anew, as the browser would, within the same request; it shows what stands now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from starlette.types import Message

from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.language import _
from latsar_sync.web import words

PASSWORDS = frozenset({"old", "password", "again"})
OURS = frozenset({"csrf", "seen", "key", "here", "checked", "back"}) | PASSWORDS
"""Fields of a form that nobody typed, or that are neither kept nor shown again."""
HIDDEN = frozenset({"text"})
"""What stands encrypted in an address."""
STATE = "latsar.refusal"
TYPED = "latsar.typed"
HERE = "here"
"""The field of a form that holds the address of the page on which it stands."""


class StaleForm(LatsarError):
    """A form that is older than the session in which it is sent."""

    def __init__(self) -> None:
        super().__init__(
            _("This form was older than your present session, so nothing was recorded."),
            _("What you typed still stands in it. Look at it once more, and send it again."),
        )


class GoneBack(Exception):
    """Somebody looked at their answer once more, and goes back to the form to change it."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into the form that goes to ``address``, by the names of its fields."""

    address: str = ""
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def get(self, address: str, name: str) -> str | None:
        """Return what was typed into a field; None if it was another form, or has no such field."""
        found = self.all(address, name)
        return found[0] if found else None

    def all(self, address: str, name: str) -> Sequence[str]:
        """Return every value of a field, as of boxes that were ticked."""
        return self.fields.get(name, ()) if address == self.address else ()

    @property
    def by_hand(self) -> tuple[tuple[str, str], ...]:
        """What people type by hand, with what its field is called: a page without the form shows it to be copied."""
        told = ((name, value) for name, values in self.fields.items() for value in values if name in words.FIELDS)
        return tuple((words.field(name), value) for name, value in told if value.strip())


NOTHING_TYPED = Typed()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was not taken: shown on top of its page, with ``changes`` if something is other than it was shown."""

    status: int
    message: str
    remedy: str = ""
    changes: tuple[str, ...] = ()


async def typed_into(request: Request) -> Typed:
    """Return what was typed into the form that is being sent; nothing where it cannot be read."""
    try:
        form = await request.form()
    except Exception:  # noqa: BLE001 whatever a form holds that cannot be read, nothing of it is shown again
        return NOTHING_TYPED
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name not in OURS and isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return Typed(request.url.path, fields)


async def page_of(request: Request) -> str | None:
    """Return the address of the page on which a form stood, None if it does not say, or says one that is not ours."""
    try:
        here = (await request.form()).get(HERE)
    except Exception:  # noqa: BLE001 as above
        return None
    return here if isinstance(here, str) and is_ours(here) else None


async def key_of(request: Request) -> str | None:
    """Return the key by which the form that is being sent is taken once, with what was filled in; None if it has none.

    Filled in otherwise it is another one: whoever presses Hold and then Admit is not told that this was recorded.
    """
    if request.method != "POST":
        return None
    try:
        form = await request.form()
    except Exception:  # noqa: BLE001 as above
        return None
    if not form.get("key"):
        return None
    filled_in = [(name, getattr(value, "filename", value)) for name, value in form.multi_items() if name not in OURS]
    return sha256(repr((form.get("key"), filled_in)).encode()).hexdigest()


def is_ours(address: str) -> bool:
    """Say whether an address is one of a page of ours, from its path on."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()


def asked_for(request: Request) -> Typed:
    """Return what stands in the address of a page: what was chosen and typed into a form that changes nothing."""
    fields: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name not in HIDDEN:
            fields.setdefault(name, []).append(value)
    return Typed("", fields)


def _page_without_query(request: Request, refusal: Refusal | None) -> str | None:
    is_page = request.method == "GET" and "." not in request.url.path
    is_page = is_page and refusal is not None and refusal.status in (400, 422)
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return path if is_page and request.url.query else None


async def show_again(request: Request, refusal: Refusal | None) -> Response | None:
    """Return the page on which the form stood, with the refusal on it if there is one; None if there is no such page.

    What a page was asked for by a form of its own, as a value to try, is asked for again without it.
    """
    if request.method == "POST":
        here, typed = await page_of(request), await typed_into(request)
    else:
        here, typed = _page_without_query(request, refusal), asked_for(request)
    if here is None:
        return None
    path, _sign, query = here.partition("?")
    matched = ("endpoint", "path_params", "route", "router")
    scope = {
        **{name: value for name, value in request.scope.items() if name not in matched},
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        STATE: refusal,
        TYPED: typed,
    }
    begun: dict[str, Any] = {}
    body = bytearray()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.update(message)
        else:
            body.extend(message.get("body", b""))

    await request.app.router(scope, receive, send)
    kind = next((value for name, value in begun.get("headers", ()) if name == b"content-type"), b"")
    if not 200 <= begun.get("status", 500) < 600 or not kind.startswith(b"text/html") or begun["status"] == 404:
        return None
    return Response(bytes(body), begun["status"], media_type=kind.decode())
