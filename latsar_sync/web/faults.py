"""A fault of the program ends in a page that says so, and in the log: never in a bare 500."""

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from latsar_sync.run.unexpected_errors import fault_of
from latsar_sync.web import refusals

log = structlog.get_logger("latsar_sync")


class FaultsTold:
    """Answers by a page what nothing expected; the API answers for itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        begun = False

        async def send_on(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            log.exception("a page broke off by a fault of the program; please report it")
            answer = await refusals.broken_off(Request(scope, receive), fault_of(error))
            await answer(scope, receive, send)
