"""The campus: two Moodle stand-ins on loopback in one small HTTP server, with a controls for faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from types import TracebackType

from latsar_sync.demo.faults import Faults
from latsar_sync.demo.functions import WriteHook
from latsar_sync.demo.latency import Latency
from latsar_sync.demo.seed import seed_programme
from latsar_sync.demo.server import CampusServer
from latsar_sync.demo.versions import NEWEST, MoodleVersion
from latsar_sync.demo.world import Site

Seed = Callable[[Site, Site, int], None]


@dataclass
class LogEntry:
    """One web-service request. `status` is 0 when the connection was closed without an answer."""

    site: str
    function: str
    inner_functions: list[str] = field(default_factory=list)
    variables: int = 0
    status: int = 0
    errorcode: str | None = None
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    token_in_url: bool = False


class Campus:
    """Two sites under one port: `/mooc`, where people study, and `/kelas`, where the in-class courses are.

    with Campus() as campus:
        print(campus.mooc.url, campus.kelas.url)
    """

    def __init__(
        self,
        port: int = 0,
        seed: Seed | None = seed_programme,
        now: int | None = None,
        moodle: MoodleVersion = NEWEST,
    ) -> None:
        """Take the port (0: any), what fills the sites (None: nothing), their idea of now (None: the clock), and which
        Moodle they are.
        """
        self.port = port
        self.mooc = Site("mooc", "MOOC Latsar CPNS")
        self.kelas = Site("kelas", "LMS Klasikal BPSDM", first_user_id=501, first_course_id=41)
        self.mooc.moodle = self.kelas.moodle = moodle
        self.faults = Faults()
        self.log: list[LogEntry] = []
        self.before_write: WriteHook | None = None
        self.after_write: WriteHook | None = None
        self.latency: Latency | None = None
        self._server: CampusServer | None = None
        if now is not None:
            ahead = now - int(time.time())
            self.mooc.clock = self.kelas.clock = lambda: int(time.time()) + ahead
        if seed is not None:
            seed(self.mooc, self.kelas, self.mooc.clock())

    @property
    def sites(self) -> dict[str, Site]:
        """The sites by name."""
        return {site.name: site for site in (self.mooc, self.kelas)}

    @property
    def url(self) -> str:
        """The address of the front page."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Campus:
        """Start to serve; raises OSError when the port is taken. A stopped campus starts on its old port again."""
        self._server = self._serving()
        self.port = self._server.server_port
        for site in self.sites.values():
            site.url = f"{self.url}/{site.name}"
        return self

    def _serving(self) -> CampusServer:
        server = CampusServer(self)
        threading.Thread(target=server.serve_forever, args=(0.02,), name="campus", daemon=True).start()
        return server

    def stop(self) -> None:
        """Stop to serve and close every connection; the state stays."""
        if self._server is not None:
            self._server.close_all()
            self._server = None

    def __enter__(self) -> Campus:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def entry(self, site: str, function: str, inner_functions: list[str], variables: int) -> LogEntry:
        """A new line in the log, filled in by the server as the request goes on."""
        line = LogEntry(site, function, inner_functions, variables)
        self.log.append(line)
        return line

    def described_log(self) -> list[dict[str, object]]:
        """The requests so far as plain data; tokens were never kept."""
        return [asdict(entry) for entry in list(self.log)]

    def state(self) -> dict[str, object]:
        """Enrolments, roles and groups of both sites, and the faults that are on."""
        return {name: site.snapshot() for name, site in self.sites.items()} | {"faults": self.faults.described()}
