"""The dashboard answers under its own names: a page elsewhere cannot let its name lead here (DNS rebinding)."""

import ipaddress
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from latsar_sync.domain.language import _
from latsar_sync.settings.addresses import is_loopback
from latsar_sync.settings.service import ServiceSettings

BY_ANY_NAME = ("/healthz", "/readyz", "/metrics")
"""What programs ask that watch over it, by whatever name they know the host."""


class OnlyByItsNames:
    """Refuses a request whose ``Host`` is neither that of ``service.public_url`` nor a number nor a name without a dot:
    no page of the internet has one of these. Without ``public_url`` and bound wider any name may be the right one.
    """

    def __init__(self, app: ASGIApp, service: ServiceSettings) -> None:
        self._app, self._public = app, service.public_url
        self._name = urlsplit(service.public_url or "").hostname
        self._is_open = self._name is None and not is_loopback(service.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it: 421, or 400 for what is no name, on which every reading of it stumbles."""
        host = _host_of(scope) if scope["type"] == "http" else ""
        if host is None:
            await PlainTextResponse(_("This is no name of a host."), 400)(scope, receive, send)
            return
        if scope["type"] != "http" or self._is_open or scope["path"] in BY_ANY_NAME or self._is_ours(host):
            await self._app(scope, receive, send)
            return
        said = _("The dashboard is not reached under this name.")
        remedy = _("Open {address}.").format(address=self._public) if self._public else ""
        if not self._public:
            remedy = _("Open it by its number, as http://127.0.0.1:8750, or name the address in service.public_url.")
        await PlainTextResponse(f"{said} {remedy}", 421)(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        return host == self._name or "." not in host or _is_number(host)


def _host_of(scope: Scope) -> str | None:
    """Return the name of the host that is asked, without port and in small letters; empty where none is told.

    None where what is told is no name.
    """
    told = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    try:
        return (urlsplit(f"//{told}").hostname or "").rstrip(".") if "@" not in told else "@."
    except ValueError:
        return None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
