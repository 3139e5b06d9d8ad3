"""Who at the keyboard proves to be an account: by its token, which only its owner has (rule 21)."""

import os
import shlex
import sys

import typer

from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.spelling import name_form
from latsar_sync.store import accounts
from latsar_sync.store.database import Database

IN_ENVIRONMENT = "LATSAR_ACCOUNT_TOKEN"


def proven_account(database: Database, name: str) -> Account:
    """Return the account of that name if whoever sits here has its token: in the environment, else asked for unseen.

    Raise UsageError if there is no such account, or the token is not its own: a typed name proves nobody.
    """
    token = os.environ.get(IN_ENVIRONMENT) or _asked(name)
    with database.reading() as connection:
        account = accounts.account_of_token(connection, token) if token else None
    if account is None or name_form(account.name) != name_form(name):
        raise UsageError(
            _("Nothing proves that you are {name}: this takes the token of that account.").format(name=name),
            _("Make one with latsar-sync user token {name}, and give it when asked, or in {variable}.").format(
                name=shlex.quote(name), variable=IN_ENVIRONMENT
            ),
        )
    return account


def _asked(name: str) -> str:
    if not sys.stdin.isatty():
        return ""
    return str(typer.prompt(_("Token of {name}").format(name=name), hide_input=True, err=True))
