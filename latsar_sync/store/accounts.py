"""Accounts of the web pages: who may sign in, as what, and what they may see. Passwords and tokens only as hashes."""

import secrets
from dataclasses import replace
from datetime import datetime
from functools import cache
from threading import BoundedSemaphore
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from latsar_sync.domain.account import Account, Role
from latsar_sync.store import web_sessions
from latsar_sync.store.database import Database
from latsar_sync.store.tables import accounts, web_keys
from latsar_sync.store.web_sessions import digest_of

SESSION_KEY = "session"
OF_NAME = select(accounts).where(accounts.c.name == bindparam("of_name"))
_HASHER = PasswordHasher()
CHECKED_AT_ONCE = 2
_CHECKING = BoundedSemaphore(CHECKED_AT_ONCE)
"""Passwords that are looked at in one moment: each takes 64 MB, and whoever likes may send forty of them at once."""


def add_account(connection: Connection, account: Account, password: str | None) -> bool:
    """Add an account; False if the name is taken."""
    try:
        with connection.begin_nested():
            connection.execute(
                insert(accounts).values(
                    name=account.name,
                    role=str(account.role),
                    password_hash=None if password is None else _HASHER.hash(password),
                    programmes=_as_list(account.programmes),
                    courses=_as_list(account.courses),
                    added_by=account.added_by,
                    added_at=account.added_at,
                )
            )
    except IntegrityError:
        return False
    return True


def remove_account(connection: Connection, name: str) -> bool:
    """Remove an account, which ends its sessions; False if there is none."""
    web_sessions.end_all(connection, name)
    return connection.execute(delete(accounts).where(accounts.c.name == name)).rowcount == 1


def change_password(connection: Connection, name: str, password: str) -> bool:
    """Give an account a new password, end its sessions and the link by which another could be chosen.

    False if there is no such account.
    """
    web_sessions.end_all(connection, name)
    values = {"password_hash": _HASHER.hash(password), "invitation_hash": None, "invited_until": None}
    changed = connection.execute(update(accounts).where(accounts.c.name == name).values(**values))
    return changed.rowcount == 1


def change_rights(connection: Connection, account: Account) -> bool:
    """Give an account the role and bounds that this one has, and end its sessions; False if there is none any more."""
    web_sessions.end_all(connection, account.name)
    values = {"programmes": _as_list(account.programmes), "courses": _as_list(account.courses)}
    changed = connection.execute(
        update(accounts).where(accounts.c.name == account.name).values(role=str(account.role), **values)
    )
    return changed.rowcount == 1


def end_token(connection: Connection, name: str) -> bool:
    """Let the API token of an account work no more; False if it has none."""
    mine = (accounts.c.name == name, accounts.c.token_hash.is_not(None))
    return connection.execute(update(accounts).where(*mine).values(_token(None))).rowcount == 1


def new_token(connection: Connection, name: str, by: str, now: datetime) -> str | None:
    """Give an account a new API token, which replaces the one before, and return it; None if there is no account."""
    token = f"latsar_{secrets.token_urlsafe(32)}"
    changed = connection.execute(
        update(accounts).where(accounts.c.name == name).values(_token(digest_of(token), by, now))
    )
    return token if changed.rowcount == 1 else None


def _token(digest: str | None, by: str | None = None, now: datetime | None = None) -> dict[str, Any]:
    return {"token_hash": digest, "token_made_by": by, "token_made_at": now}


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account, by name."""
    return [_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.name))]


def means_of(connection: Connection, name: str | None = None) -> dict[str, tuple[str, str]]:
    """Return a mark of the open invitation and one of the API token of each account, or of one; empty for none."""
    statement = select(accounts.c.name, accounts.c.invitation_hash, accounts.c.token_hash)
    rows = connection.execute(statement if name is None else statement.where(accounts.c.name == name))
    return {row.name: (row.invitation_hash or "", row.token_hash or "") for row in rows}


def find_account(connection: Connection, name: str) -> Account | None:
    """Return the account of that name, None if there is none."""
    row = connection.execute(OF_NAME, {"of_name": name}).first()
    return None if row is None else _account(row)


def account_of_token(connection: Connection, token: str) -> Account | None:
    """Return the account whose API token this is, None if it is nobody's."""
    row = connection.execute(select(accounts).where(accounts.c.token_hash == digest_of(token))).first()
    return None if row is None else replace(_account(row), by_token_of=row.token_made_by)


def check_password(database: Database, name: str, password: str) -> Account | None:
    """Return the account if the password is right, else None; a wrong name takes as long as a wrong password."""
    with database.reading() as connection:
        row = connection.execute(OF_NAME, {"of_name": name}).first()
    try:
        with _CHECKING:  # nobody waits for their turn with a connection in hand
            _HASHER.verify(row.password_hash if row is not None and row.password_hash else _nobodys_hash(), password)
    except (VerifyMismatchError, InvalidHashError):
        return None
    return _account(row) if row is not None and row.password_hash else None


def session_key(database: Database) -> str:
    """Return the key that signs sessions; made at the first question, the same for every host on this database."""
    while True:
        with database.reading() as connection:
            key = connection.execute(select(web_keys.c.key).where(web_keys.c.purpose == SESSION_KEY)).scalar()
        if key is not None:
            return str(key)
        try:
            with database.writing() as connection:
                connection.execute(insert(web_keys).values(purpose=SESSION_KEY, key=secrets.token_urlsafe(48)))
        except IntegrityError:
            continue  # another host was first


@cache
def _nobodys_hash() -> str:
    """Whoever guesses names waits as long for one that does not exist."""
    return _HASHER.hash(secrets.token_hex(16))


def _as_list(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else list(names)


def _account(row: Any) -> Account:
    return Account(
        name=row.name,
        role=Role(row.role),
        programmes=None if row.programmes is None else tuple(row.programmes),
        courses=None if row.courses is None else tuple(row.courses),
        added_by=row.added_by,
        added_at=row.added_at,
        has_password=row.password_hash is not None,
        has_token=row.token_hash is not None,
        invited_until=row.invited_until,
        token=None if row.token_made_by is None else (row.token_made_by, row.token_made_at),
    )
