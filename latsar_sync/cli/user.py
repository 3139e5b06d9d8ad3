"""The commands for accounts of the dashboard: user add, list, remove, password, token."""

import shlex
import sys
from typing import Annotated

import typer

from latsar_sync.actions.dashboard_accounts import account_name, require_long
from latsar_sync.cli.context import Json, login_name, note_action, now, open_database
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.settings import Settings
from latsar_sync.settings.problems import did_you_mean
from latsar_sync.shapes.fields import moment
from latsar_sync.store import accounts, web_sessions

app = typer.Typer(help="Accounts of the dashboard.", no_args_is_help=True, add_completion=False)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Option(help="What the account may do.")],
    programme: Annotated[
        list[str] | None, typer.Option(help="Only this programme; may be given again [default: all].")
    ] = None,
    course: Annotated[
        list[str] | None,
        typer.Option(metavar="SITE/COURSE", help="A viewer of this in-class course alone; may be given again."),
    ] = None,
    password_stdin: FromInput = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="For who signs in by the OpenID Connect provider alone.")
    ] = False,
) -> None:
    """Add an account; the password is asked for twice."""
    if no_password and password_stdin:
        raise UsageError(_("--no-password and --password-stdin do not go together."), _("Leave one of them out."))
    settings = context.obj.settings()
    name = account_name("NAME", name)
    programmes, courses = _checked(settings, role, programme or [], course or [])
    database = open_database(settings)
    secret = None if no_password else _asked_password(password_stdin)
    account = Account(
        name, role, programmes, courses, login_name(), now(), has_password=not no_password, has_token=False
    )
    with database.writing() as connection:
        added = accounts.add_account(connection, account, secret)
    if not added:
        raise UsageError(
            _("There is an account {name} already.").format(name=name),
            _("Choose another name, or change its password: latsar-sync user password {name}").format(
                name=shlex.quote(name)
            ),
        )
    note_action(database, "user add", "", account.told)
    output.print(_("Added: {name} ({role}).").format(name=name, role=role), markup=False)


@app.command("list")
def list_accounts(context: typer.Context, as_json: Json = False) -> None:
    """List the accounts, what they may do and see."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        found = accounts.all_accounts(connection)
    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "role": str(each.role),
                    "programmes": each.programmes,
                    "classes": each.courses,
                    "has_token": each.has_token,
                    "added_by": each.added_by,
                    "added_at": moment(each.added_at, settings.zone),
                }
                for each in found
            ]
        )
        return
    for each in found:
        bound = ", ".join(each.courses or each.programmes or ()) or _("everything")
        output.print(f"{each.name}: {each.role}, {bound}", markup=False, highlight=False)
    if not found:
        output.print(_("No account yet. Add one: latsar-sync user add NAME --role admin"))


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove an account; its sessions end at once. What it did stays on record under its name."""
    database = open_database(context.obj.settings())
    with database.writing() as connection:
        found = accounts.remove_account(connection, name)
    _require(found, name)
    note_action(database, "user remove", "", name)
    output.print(_("Removed: {name}.").format(name=name), markup=False)


@app.command()
def password(context: typer.Context, name: Name, password_stdin: FromInput = False) -> None:
    """Change an account's password; its sessions end."""
    database = open_database(context.obj.settings())
    with database.reading() as connection:
        _require(accounts.find_account(connection, name) is not None, name)
    secret = _asked_password(password_stdin)
    with database.writing() as connection:
        found = accounts.change_password(connection, name, secret)
    _require(found, name)
    note_action(database, "user password", "", name)
    output.print(_("The password of {name} is changed.").format(name=name), markup=False)


@app.command("sign-out")
def sign_out(context: typer.Context, name: Name) -> None:
    """End every session of an account at once; it may sign in again."""
    database = open_database(context.obj.settings())
    with database.writing() as connection:
        _require(accounts.find_account(connection, name) is not None, name)
        number = web_sessions.end_all(connection, name)
    note_action(database, "user sign-out", "", name)
    said = counted("{number} session of {name} has ended.", "{number} sessions of {name} have ended.", number)
    output.print(said.format(number=number, name=name), markup=False)


@app.command()
def token(context: typer.Context, name: Name) -> None:
    """Make a new API token for an account and print it once; the one before stops working."""
    database = open_database(context.obj.settings())
    with database.writing() as connection:
        made = accounts.new_token(connection, name, login_name(), now())
    _require(made is not None, name)
    note_action(database, "user token", "", name)
    output.print(made, markup=False, highlight=False, soft_wrap=True)


def _checked(
    settings: Settings, role: Role, programmes: list[str], courses: list[str]
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    for each in programmes:
        settings.programme(each)
    known = {
        f"{angkatan.site}/{angkatan.course}" for programme in settings.programmes for angkatan in programme.angkatan
    } - {"None/None"}
    for each in courses:
        if each not in known:
            raise UsageError(
                _("No angkatan has the in-class course {course}.").format(course=each), did_you_mean(each, known)
            )
    if courses and role is not Role.VIEWER:
        raise UsageError(_("--course is for the role viewer only."), _("Leave it out, or choose --role viewer."))
    if courses and programmes:
        raise UsageError(
            _("--course is of one in-class course alone, whatever programme fills it."), _("Leave --programme out.")
        )
    if role is Role.ADMIN and programmes:
        raise UsageError(_("An admin sees every programme."), _("Leave --programme out, or choose another role."))
    return tuple(programmes) or None, tuple(courses) or None


def _asked_password(from_input: bool) -> str:
    secret = sys.stdin.readline().rstrip("\n") if from_input else _typed_twice()
    require_long(secret)
    return secret


def _typed_twice() -> str:
    while True:
        secret = typer.prompt(_("Password"), hide_input=True)
        if typer.prompt(_("Once more"), hide_input=True) == secret:
            return str(secret)
        typer.echo(_("The two are not the same."))


def _require(found: bool, name: str) -> None:
    if not found:
        raise UsageError(_("There is no account {name}.").format(name=name), _("See latsar-sync user list."))
