"""The read-only pages of course managers: who was sent into their in-class course, when and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from latsar_sync.settings import AngkatanSettings, ProgrammeSettings
from latsar_sync.shapes.actions import with_actions
from latsar_sync.store import reports
from latsar_sync.store.accounts import Account
from latsar_sync.web.context import Desk
from latsar_sync.web.rosters import course_address


def class_name(angkatan: AngkatanSettings) -> str:
    """Return the name by which an account is bound to an in-class course: ``site/course``."""
    return f"{angkatan.site}/{angkatan.course}"


def pages(desk: Desk) -> APIRouter:
    """Return the pages of in-class courses."""
    router = APIRouter()
    Viewer = Annotated[Account, Depends(desk.signed_in)]  # noqa: N806  # a type, made of this desk

    def seen_by(account: Account) -> list[tuple[ProgrammeSettings, AngkatanSettings]]:
        return [
            (programme, one_angkatan)
            for programme in desk.programmes(account)
            for one_angkatan in programme.angkatan
            if one_angkatan.course is not None
            and (account.classes is None or class_name(one_angkatan) in account.classes)
        ]

    @router.get("/classes")
    def classes(request: Request, account: Viewer) -> Response:
        return desk.page(request, "classes.html", account, classes=seen_by(account))

    @router.get("/classes/{name}/{angkatan}")
    def one_class(request: Request, account: Viewer, name: str, angkatan: str) -> Response:
        for programme, one_angkatan in seen_by(account):
            if (programme.id, one_angkatan.id) == (name, angkatan):
                with desk.database.reading() as connection:
                    rows = with_actions(
                        connection, reports.roster_rows(connection, [name], angkatan), desk.settings.zone
                    )
                    arrivals = reports.arrivals(connection, name, angkatan)
                desk.note(account, "class", name, len(rows))
                return desk.page(
                    request,
                    "class.html",
                    account,
                    programme=programme,
                    one_angkatan=one_angkatan,
                    rows=rows,
                    arrivals=arrivals,
                    course_address=course_address(desk, rows),
                )
        raise HTTPException(404)

    return router
