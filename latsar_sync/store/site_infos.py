"""What each site said of itself when it was last asked: good for an hour, since it seldom changes."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from latsar_sync.store.tables.reading import site_infos

GOOD_FOR = timedelta(hours=1)
OF_SITE = select(site_infos).where(site_infos.c.site == bindparam("site"))


def load_info(connection: Connection, site: str, address: str, now: datetime) -> tuple[Mapping[str, Any], bool] | None:
    """Return what a site said of itself at this address, and whether that is too old; None if it was never asked."""
    row = connection.execute(OF_SITE, {"site": site}).first()
    if row is None or row.address != address:
        return None
    return row.info, not now - GOOD_FOR < row.told_at <= now


def save_info(connection: Connection, site: str, address: str, info: Mapping[str, Any], now: datetime) -> None:
    """Write down what a site said of itself just now, unless somebody else does in this very moment."""
    with suppress(IntegrityError), connection.begin_nested():
        forget_info(connection, site)
        connection.execute(insert(site_infos).values(site=site, address=address, told_at=now, info=dict(info)))


def forget_info(connection: Connection, site: str) -> None:
    """Let the site be asked anew."""
    connection.execute(delete(site_infos).where(site_infos.c.site == site))
