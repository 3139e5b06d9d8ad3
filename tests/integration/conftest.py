"""Shared ground of the tests in this process: a clock that they move, what is logged, haste; a dashboard to look at."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import few_people
import pytest
import service
from argon2 import PasswordHasher
from dashboard import Browser, Dashboard
from jinja2 import BaseLoader, BytecodeCache
from jinja2.bccache import Bucket
from service import PROGRAMME, KnownCampus, Service
from structlog.testing import capture_logs
from timed_office import Time
from unattended import Clock, open_service

from latsar_sync.demo.campus import Seed
from latsar_sync.demo.seed import seed_programme
from latsar_sync.domain import language
from latsar_sync.domain.account import Role
from latsar_sync.moodle import calls_ahead, visibility
from latsar_sync.service import daemon as daemon_module
from latsar_sync.store import accounts

FEW = ("run", "actions", "cli", "exports", "files", "service", "store")
"""Whose tests run on a campus with as few people as show every case; the others count everybody."""
HERE = Path(__file__).parent
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CompiledTemplates(BytecodeCache):
    """Templates as they were compiled for the first pages of this process."""

    def __init__(self) -> None:
        self._codes: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled, if it was."""
        bucket.code = self._codes.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._codes[bucket.key + bucket.checksum] = bucket.code


@pytest.fixture(autouse=True)
def few_ids_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run ask about the ids nearest to those it is shown: all five hundred were a twelfth of what it costs."""
    for module in (visibility, calls_ahead):
        monkeypatch.setattr(module, "IDS_OF_A_RUN", 50)


@pytest.fixture
def time() -> Time:
    """Give the time of a test, which passes only when told to."""
    return Time()


def seed_of(request: pytest.FixtureRequest) -> Seed:
    """Return what a campus begins with: fewer people where every case is enough."""
    is_few = any(request.path.is_relative_to(HERE / each) for each in FEW)
    return few_people.seed_few if is_few else seed_programme


@pytest.fixture(autouse=True)
def few_seats(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody wait for a seat among few people too."""
    if seed_of(request) is few_people.seed_few:
        monkeypatch.setattr(service, "SEATS", few_people.SEATS)


@pytest.fixture
def campus(request: pytest.FixtureRequest) -> Iterator[KnownCampus]:
    """Give the bundled campus, up and freshly seeded."""
    with KnownCampus(seed=seed_of(request)) as campus:
        yield campus


@pytest.fixture
def timed_campus(request: pytest.FixtureRequest, time: Time) -> Iterator[KnownCampus]:
    """Give a campus whose sites show the time of the test."""
    with KnownCampus(time.seconds(), seed_of(request)) as campus:
        campus.mooc.clock = campus.kelas.clock = time.seconds
        yield campus


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """Let the pages of all tests share their templates, as all requests of one service do."""
    compiled, load = CompiledTemplates(), BaseLoader.load

    def load_compiled(loader: BaseLoader, environment: Any, *arguments: Any) -> Any:
        environment.bytecode_cache = compiled
        return load(loader, environment, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseLoader, "load", load_compiled)
        yield


@pytest.fixture
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the daemon look more often than in life."""
    monkeypatch.setattr(daemon_module, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(daemon_module, "DATABASE_PAUSE_SECONDS", 0.01)


@pytest.fixture
def clock() -> Clock:
    """Give a clock that shows noon in Jakarta."""
    return Clock()


@pytest.fixture
def events() -> Iterator[list[Mapping[str, Any]]]:
    """Give what is logged."""
    with capture_logs() as captured:
        yield captured


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords be hashed as cheaply as argon2 allows."""
    monkeypatch.setattr(accounts, "_HASHER", QUICK)


@pytest.fixture(scope="module")
def cheap_hashes() -> Iterator[None]:
    """Let that be so for all tests of a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_HASHER", QUICK)
        yield


@pytest.fixture
def after_one_run(one_run: Path, tmp_path: Path) -> Iterator[Service]:
    """Give the service with a copy of that database, so that a test may change it."""
    before = language.in_use()
    shutil.copy(one_run / "latsar.db", tmp_path)
    config = tmp_path / "latsar.toml"
    text = (one_run / "latsar.toml").read_text(encoding="utf-8")
    config.write_text(text.replace(str(one_run), str(tmp_path)), encoding="utf-8")
    service = open_service(config)
    yield service
    service.database.close()
    language.choose(before)  # commands speak the language of the configuration from then on


@pytest.fixture
def dashboard(after_one_run: Service, quick_hashes: None) -> Dashboard:
    """Give the pages, with an admin "rina", a committee member "sari" and a viewer "budi"."""
    dashboard = Dashboard(after_one_run, Clock(datetime.now(UTC)))
    dashboard.add("rina")
    dashboard.add("sari", Role.PANITIA, programmes=(PROGRAMME,))
    dashboard.add("budi", Role.VIEWER, programmes=(PROGRAMME,))
    return dashboard


@pytest.fixture
def sari(dashboard: Dashboard) -> Browser:
    """Give the browser of the committee member."""
    return dashboard.browser("sari")
