"""Every command has its page, or it is said why not."""

from collections.abc import Iterator
from typing import Any

from dashboard import Dashboard
from typer.main import get_command

from latsar_sync.cli import app as command_line
from latsar_sync.web.app import PAGES

IN_THE_TERMINAL = {
    "init": "sets the service up, before there is a page",
    "run": "is the service itself",
    "serve": "is the page itself",
    "demo": "shows the program without any set-up",
    "plan": "the page of a held run shows whom it would send; a plan by itself is for whoever sets up",
    "db upgrade": "brings the tables up to date before the pages can be served",
    "db restore": "fills an empty database, before there is a page",
    "db check": "is done beside the running service",
    "db compact": "wants the service stopped",
    "programme rename": "follows a change of the configuration file",
    "programme close": "follows a change of the configuration file",
    "angkatan rename": "follows a change of the configuration file",
    "angkatan close": "follows a change of the configuration file",
    "import fetch": "the service looks into folders and mailboxes by itself",
    "notices test": "tries the addresses that the configuration file names",
}
PAGE_OF = {
    "certificate add": "/certificates",
    "certificate list": "/certificates",
    "certificate show": "/certificates/{number}/document",
    "certificate confirm": "/certificates/{number}/confirm",
    "certificate reject": "/certificates/{number}/reject",
    "export letters": "/letters/{kind}.zip",
    "notices chase": "/letters/chase",
    "roster priority": "/priority",
    "sync": "/sync",
    "resync": "/sync",
    "roster approve": "/approve",
    "roster move": "/people/{participant_id}/move",
    "roster place": "/selected",
    "roster finalise": "/finalise",
    "roster amend": "/finalise",
    "roster finalised": "/roster",
    "participants": "/people",
    "explain": "/people/{participant_id}",
    "threshold show": "/threshold",
    "threshold preview": "/threshold",
    "threshold set": "/threshold",
    "override admit": "/selected",
    "override hold": "/selected",
    "override release": "/selected",
    "override list": "/people/{participant_id}",
    "identity correct": "/people/{participant_id}/nip",
    "identity merge": "/people/{participant_id}/merge",
    "identity account": "/people/{participant_id}/account",
    "identity list": "/people/{participant_id}",
    "clearance add": "/clearances",
    "clearance list": "/clearances",
    "clearance revoke": "/clearances/{number}/revoke",
    "import participants": "/imports",
    "import scores": "/imports",
    "import received": "/imports/{number}",
    "import show": "/imports/recorded/{number}",
    "import profiles": "/imports",
    "import example": "/imports/examples/{kind}.xlsx",
    "clearance import": "/imports",
    "import take": "/imports/{number}/take",
    "import dismiss": "/imports/{number}/dismiss",
    "import confirm": "/imports/{number}/confirm",
    "import list": "/imports",
    "export accounts": "/missing-accounts.csv",
    "export attendance": "/documents/{paper}.{form}",
    "export chase": "/chase.{form}",
    "export summons": "/documents/{paper}.{form}",
    "export ledger": "/documents/{paper}.{form}",
    "export recap": "/documents/{paper}.{form}",
    "runs": "/runs/{number}",
    "status": "/setup",
    "doctor": "/setup",
    "user add": "/accounts",
    "user list": "/accounts",
    "user remove": "/accounts/remove",
    "user token": "/accounts/token",
    "user password": "/me/password",
    "user sign-out": "/accounts/sign-out",
    "person export": "/privacy/people/{participant_id}/export.{form}",
    "person erase": "/privacy/people/{participant_id}/erase",
    "retention apply": "/privacy/destroy",
    "db backup": "/setup/backup",
    "person resume": "/privacy/people/{participant_id}/resume",
    "person erasures": "/privacy",
    "retention show": "/privacy",
    "retention report": "/privacy",
    "access-log": "/privacy",
    "notices list": "/messages",
    "notices preview": "/messages/next",
}


def commands_below(command: Any, name: str = "") -> Iterator[str]:
    """Yield every command, with those below a command by both their names."""
    below = getattr(command, "commands", None)
    if not below:
        yield name
        return
    for each in below:
        yield from commands_below(below[each], f"{name} {each}".strip())


def test_every_command_has_its_page_or_says_why_not(dashboard: Dashboard) -> None:
    commands = list(commands_below(get_command(command_line)))
    routes = {route.path.replace("/programmes/{name}", "") for group in PAGES for route in group.router.routes}  # type: ignore[attr-defined]

    assert sorted(commands) == sorted([*PAGE_OF, *IN_THE_TERMINAL])
    assert {page for page in PAGE_OF.values() if page not in routes} == set()
