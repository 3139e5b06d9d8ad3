"""One run of the product, this one or an earlier one: the version is whichever ``latsar_sync`` its Python finds.

Reads one JSON object from standard input (config, database, full, nip, sends) and prints one: requests, seconds, own
processor seconds, peak of memory (MB), unpacked bytes, people of whom something was read, who were confirmed, and the
requests themselves, with the token.
Unless it ``sends`` the in-class courses are left out, so that nothing can be sent.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wire import listening, people_in

from latsar_sync.domain.request import Request
from latsar_sync.run import pipeline
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database


def main() -> None:
    """Run once and tell what it took."""
    wanted = json.load(sys.stdin)
    settings = load_settings(Path(wanted["config"]), os.environ)
    settings = settings if wanted["sends"] else only_read(settings)
    database = Database(f"sqlite:///{wanted['database']}")
    database.upgrade()
    request = Request("bench", full=wanted["full"], nip=wanted["nip"])
    with listening() as sent:
        began, used = time.monotonic(), time.process_time()
        run = pipeline.run(settings, database, request, lambda: datetime.now(UTC), lambda *_: None).programmes[0].run
        seconds, own = time.monotonic() - began, time.process_time() - used
    if str(run.outcome) != "ok":
        sys.exit(f"{run.outcome}: {run.error or run.findings or run.messages}")
    answers = [each.answer for each in sent]
    told = {
        "requests": len(sent),
        "seconds": seconds,
        "own": own,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "bytes": sum(map(len, answers)),
        "read": len(people_in(answers)),
        "people": run.counts["participants"],
        "confirmed": run.counts.get("confirmed", 0),
        "calls": [(each.url, each.form) for each in sent],
    }
    print(json.dumps(told))  # noqa: T201


def only_read(settings: Any) -> Any:
    """Return the first programme's configuration without its in-class courses: nothing can be sent then."""
    programme = settings.programmes[0]
    alone = [each.model_copy(update={"site": None, "course": None}) for each in programme.angkatan]
    return settings.model_copy(update={"programmes": (programme.model_copy(update={"angkatan": tuple(alone)}),)})


if __name__ == "__main__":
    main()
