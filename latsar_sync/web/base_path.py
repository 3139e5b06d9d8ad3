"""The dashboard below a path of an existing host, as ``service.public_url`` names it: the proxy may strip it or not."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Below:
    """Lets an application that knows nothing of it live below ``prefix`` ("/latsar"; empty: at the top).

    Requests lose the prefix where a proxy has left it; redirects within the application get it, and name no host: a
    proxy before it may speak TLS where the application would say http.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if self._prefix and (path == self._prefix or path.startswith(self._prefix + "/")):
            path = path[len(self._prefix) :] or "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "location" in headers:
                    headers["location"] = self._outer(headers["location"], path)
            await send(message)

        await self._app(scope, receive, answer)

    def _outer(self, location: str, path: str) -> str:
        """Return where a redirect leads as the browser sees it; any other is left alone."""
        parts = urlsplit(location)
        same_page = parts.path.strip("/") == path.strip("/")  # only a slash too many or missing: told with the host
        if not location.startswith("/") and not same_page:
            return location
        return self._prefix + parts._replace(scheme="", netloc="").geturl()
