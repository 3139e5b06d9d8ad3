"""Recorded answers of a real Moodle 4.3, replayed byte for byte, and a client that never really sleeps."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import responses
from pydantic import SecretStr

from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.moodle.answers import Answer
from latsar_sync.moodle.client import MoodleClient

RECORDINGS = Path(__file__).parents[2] / "recordings"
URL = "https://lms.example.go.id"
ENDPOINT = f"{URL}/webservice/rest/server.php"
TOKEN = "0123456789abcdef0123456789abcdef"


def read_recording(name: str) -> Answer:
    """The answer of a recording; a JSON body keeps its digits, since 69.995999999999995 must not be rounded here."""
    text = (RECORDINGS / f"{name}.json").read_text(encoding="utf-8")
    recording = json.loads(text)
    marker = '\n    "response": '
    body = text[text.rindex(marker) + len(marker) : text.rindex("\n}")]
    if isinstance(recording["response"], str):
        body = recording["response"]
    return Answer(recording["http_status"], dict(recording["headers"]), body.encode())


@pytest.fixture
def recording() -> Callable[[str], Answer]:
    return read_recording


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_client(clock: Clock) -> Iterator[Callable[..., MoodleClient]]:
    made = []

    def make(url: str = URL, **options: object) -> MoodleClient:
        limits = SiteLimits(**{"requests_per_second": 10_000, **options.pop("limits", {})})
        client = MoodleClient(
            "mooc",
            url,
            SecretStr(TOKEN),
            limits=limits,
            sleep=clock.sleep,
            monotonic=clock.monotonic,
            **options,
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., MoodleClient]) -> MoodleClient:
    return make_client()


@pytest.fixture
def site() -> Iterator[responses.RequestsMock]:
    """The site of ``client``: what is queued is answered in turn, the last answer again and again."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def answer_with(site: responses.RequestsMock) -> Callable[..., None]:
    """Queue an answer: a recorded or made one, or an exception of requests."""

    def queue(body: Answer | bytes | str | Exception, status: int = 200, headers: dict[str, str] | None = None) -> None:
        if isinstance(body, Answer):
            status, headers, body = body.status, dict(body.headers), body.body
        headers = {key: value for key, value in (headers or {}).items() if key.lower() != "content-type"}
        site.add(responses.POST, ENDPOINT, body=body, status=status, headers=headers)

    return queue
