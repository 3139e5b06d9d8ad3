"""A program with the token of an account, which calls the API of a dashboard."""

from datetime import UTC, datetime
from typing import Any

from dashboard import ADDRESS, Dashboard
from httpx2 import Response
from service import PROGRAMME
from starlette.testclient import TestClient

from latsar_sync.store import accounts

HERE = f"/api/v1/programmes/{PROGRAMME}"


class Program:
    """A program with the token of an account."""

    def __init__(self, dashboard: Dashboard, name: str, by: str = "uji") -> None:
        with dashboard.service.database.writing() as connection:
            self.token = accounts.new_token(connection, name, by, datetime.now(UTC))
        self.client = TestClient(dashboard.app, base_url=ADDRESS)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **what: Any) -> Response:
        """Call it in any way."""
        return self.client.request(
            method, path, headers={"Authorization": f"Bearer {self.token}", **(headers or {})}, **what
        )

    def get(self, path: str) -> Response:
        """Ask."""
        return self.ask("GET", path)

    def post(self, path: str, body: Any, **headers: str) -> Response:
        """Call it; ``headers`` with an underscore for each dash."""
        return self.ask("POST", path, {name.replace("_", "-"): value for name, value in headers.items()}, json=body)

    def send(self, path: str, name: str, content: bytes, **headers: str) -> Response:
        """Send a file."""
        told = {each.replace("_", "-"): value for each, value in headers.items()}
        return self.ask("POST", path, told, files={"file": (name, content)})
