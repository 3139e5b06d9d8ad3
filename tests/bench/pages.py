"""Measures every page of the dashboard over a filled database, and names those that cost more than they may.

    scripts/bench-pages --people 2000 100000
    scripts/bench-pages --people 2000 --programmes 50
    scripts/bench-pages --people 2000 --first-load

One programme, or several, is run once over so many made-up people; three in five get a seat, in in-class courses
of 40. Each page that the dashboard serves is then opened by an admin, and by what committees ask of it (a search, each
filter and order, a later page, the beginning of each export). ``ms`` is processor time of the server, the least of
several times; bytes are those of the page, unpacked. An export may take as long as a page of many people.

``--first-load`` opens some pages in this system's Chromium instead, with nothing kept of a visit before, at 400 kbit/s
each way, 100 ms there and back, and a processor four times as slow: the seconds until the page stands there, and what
came over the wire.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from first_load import show_first_loads
from made_up import ImportedFile, MadeUpReading, without_sites
from own_work import TOKENS, configuration
from starlette.routing import Route
from starlette.testclient import TestClient

from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.request import Request, Step
from latsar_sync.run import pipeline
from latsar_sync.settings import Settings, load_settings
from latsar_sync.store import accounts, searches
from latsar_sync.store.database import Database
from latsar_sync.web.app import PAGES, add_dashboard
from latsar_sync.web.context import PageContext
from latsar_sync.web.health import bare_app

PROGRAMME = "p0"
FIRST = "198501012025041001"
"""The NIP of the first who is made up."""
PASSWORD = "kuda laut biru"  # made up
LARGEST = 100_000
"""Bytes of a page."""
SMALL, LONGEST_OF_SMALL, LONGEST = 2_000, 100, 500
"""Milliseconds of a page: with up to 2,000 people in a programme, and with more."""
TIMES = 3

NO_PAGE = re.compile(r"^/(api|assets|metrics|healthz|readyz|oidc)|\{form\}|\.\w+$|/progress$|/hints$")
"""What is no page: the API, assets, documents, and what a page asks for by itself."""
NOT_THERE = 404
"""Pages of what the made-up programme has none of, an import or a letter, answer so."""
ASKED = (
    "/programmes/{name}/people?find={find}",
    "/programmes/{name}/people?decision=qualified",
    "/programmes/{name}/people?need=review",
    "/programmes/{name}/people?page=20",
    "/programmes/{name}/people?angkatan=7",
    "/programmes/{name}/roster?angkatan=7",
    "/programmes/{name}?sort=ready",
    *(f"/programmes/{{name}}/people?sort={each}" for each in searches.SORTS),
    "/programmes/{name}/people?size=75",
    "/programmes/{name}/people?state=planned",
    "/programmes/{name}/people?place=waiting",
    "/programmes/{name}/people?reason=materials_incomplete",
    "/programmes/{name}/people?stage=qualified",
    "/programmes/{name}/people?institution=Dinas 0 Kabupaten 0",
    "/programmes/{name}/people?decision=not_yet&angkatan=7&sort=score",
    "/people/{participant_id}?find={find}&sort=score",
    "/programmes/{name}/threshold?value=80",
)
"""What committees ask of the pages; last what goes on beside the pages, and would be counted with them."""
EXPORTS = (
    "/programmes/{name}/people.xlsx",
    "/programmes/{name}/people.csv",
    "/programmes/{name}/chase.xlsx",
    "/programmes/{name}/documents/roster.pdf",
    "/programmes/{name}/documents/roster.xlsx?angkatan=7",
    "/programmes/{name}/documents/recap.xlsx",
)
"""What they begin to download."""


@dataclass(frozen=True)
class Opened:
    """One page as it was answered."""

    address: str
    status: int
    milliseconds: float
    size: int

    @property
    def is_export(self) -> bool:
        """Whether it is the beginning of a file."""
        return "." in self.address.partition("?")[0]

    def is_too_much(self, people: int) -> bool:
        """Say whether it costs more than a page may with so many people."""
        if self.is_export:
            return self.milliseconds >= LONGEST
        return self.size >= LARGEST or self.milliseconds >= (LONGEST_OF_SMALL if people <= SMALL else LONGEST)


def filled(folder: Path, people: int, programmes: int = 1) -> tuple[Settings, Database]:
    """Return programmes after their first run over so many people each."""
    file = folder / f"{people}.toml"
    file.write_text(configuration(f"sqlite:///{folder}/{people}.db", [people] * programmes), encoding="utf-8")
    settings = load_settings(file, {**os.environ, **TOKENS})
    database = Database(settings.database_url)
    database.upgrade()
    without_sites()
    for number in range(programmes):
        MadeUpReading.prepare(ImportedFile(number, people))
        request = Request("bench", (f"p{number}",), full=True)
        [done] = pipeline.run(settings, database, request, _now, _silent).programmes
        if done.error is not None:
            sys.exit(str(done.error))
    return settings, database


def dashboard(context: PageContext) -> TestClient:
    """Return the dashboard with an admin signed in."""
    database = context.database
    app = add_dashboard(bare_app(context.settings, database, _now), context)
    admin = Account("admin", Role.ADMIN, None, None, "bench", _now(), has_password=True, has_token=False)
    with database.writing() as connection:
        accounts.add_account(connection, admin, PASSWORD)
    client = TestClient(app, base_url="http://127.0.0.1:8750")
    client.post("/sign-in", data={"name": "admin", "password": PASSWORD})
    return client


def addresses(participant_id: str, find: str) -> Iterator[str]:
    """Yield the address of every page of the dashboard, and what committees ask of them."""
    names = {
        "find": find,
        "name": PROGRAMME,
        "programme": PROGRAMME,
        "angkatan": "7",
        "participant_id": participant_id,
        "event": "reminder",
    }
    routes = [each for group in PAGES for each in group.router.routes if isinstance(each, Route)]
    served = [each.path for each in routes if "GET" in (each.methods or ())]
    for path in (*dict.fromkeys(path for path in served if not NO_PAGE.search(path)), *ASKED, *EXPORTS):
        yield re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "1"), path)


def opened(client: TestClient, address: str) -> Opened:
    """Open a page several times, and return what it took."""
    taken = []
    for _ in range(1 + TIMES):
        began = time.process_time()
        answer = client.get(address)
        taken.append((time.process_time() - began) * 1000)
    return Opened(address, answer.status_code, min(taken[1:]), len(answer.content))


def measure(folder: Path, people: int, programmes: int) -> Iterator[Opened]:
    """Fill a database with so many people and open every page."""
    settings, database = filled(folder, people, programmes)
    context = PageContext(settings, database, _now)
    client = dashboard(context)
    with database.reading() as connection:
        [somebody, *_] = searches.owners_of(connection, PROGRAMME, [FIRST])[FIRST]
    for address in addresses(somebody, context.hide("Latsar 00")):
        page = opened(client, address)
        if page.status != NOT_THERE:
            yield page
    database.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _silent(_programme: str, _step: Step, _count: int) -> None:
    """Listen to progress and say nothing."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each page; exit code 1 if one is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[2_000, 100_000], help="people of a programme")
    parser.add_argument("--programmes", type=int, default=1, help="so many of them")
    parser.add_argument("--first-load", action="store_true", help="of some pages, in Chromium on a slow line")
    wanted = parser.parse_args(arguments)
    above = 0
    with tempfile.TemporaryDirectory(prefix="latsar-bench-") as folder:
        for people in wanted.people:
            if wanted.first_load:
                above += show_first_loads(*filled(Path(folder), people, wanted.programmes))
                continue
            sys.stdout.write(f"\n{people:,} people\n{'ms':>8}{'bytes':>10}  page\n")
            for each in measure(Path(folder), people, wanted.programmes):
                told = "" if each.status == 200 else f"  (status {each.status})"
                is_too_much = each.is_too_much(people * wanted.programmes)
                told += "  ABOVE" if is_too_much else ""
                above += is_too_much
                sys.stdout.write(f"{each.milliseconds:>8.0f}{each.size:>10,}  {_nameless(each.address)}{told}\n")
                sys.stdout.flush()
    sys.exit(1 if above else 0)


def _nameless(address: str) -> str:
    return re.sub(r"[a-z]{32}", "ID", re.sub(r"find=[^&]*", "find=…", address))


if __name__ == "__main__":
    main()
