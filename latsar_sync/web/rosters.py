"""The page of an angkatan's roster: who is where, the office's documents, approval, and the decree that fixes it."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from latsar_sync import exports
from latsar_sync.actions import recording
from latsar_sync.actions import roster as roster_acts
from latsar_sync.actions.recording import named
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings
from latsar_sync.shapes.actions import finalisations_json, with_actions
from latsar_sync.store import reports
from latsar_sync.store.accounts import Account
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.web.context import Desk, Field, day, require_acting

MEDIA_TYPES = {
    exports.Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    exports.Form.PDF: "application/pdf",
}
OF_A_ROSTER = (exports.Paper.ROSTER, exports.Paper.ATTENDANCE, exports.Paper.SUMMONS)
Chosen = Annotated[str, Query(max_length=64)]


def pages(desk: Desk) -> APIRouter:
    """Return the roster's pages, its documents and the addresses of its forms."""
    router = APIRouter()
    Reader = Annotated[Account, Depends(desk.reader)]  # noqa: N806  # a type, made of this desk

    @router.get("/programmes/{name}/roster")
    def roster(request: Request, account: Reader, name: str, angkatan: Chosen = "") -> Response:
        chosen = desk.programme(account, name)
        one_angkatan = _angkatan(chosen, angkatan)
        with desk.database.reading() as connection:
            rows = with_actions(
                connection, reports.roster_rows(connection, [name], one_angkatan.id), desk.settings.zone
            )
            history = finalisation_history(connection, name)
        desk.note(account, "roster", name, len(rows))
        decrees = finalisations_json(name, history, desk.settings.zone)
        return desk.page(
            request,
            "roster.html",
            account,
            programme=chosen,
            one_angkatan=one_angkatan,
            rows=rows,
            decrees=[each for each in decrees if each["angkatan"] == one_angkatan.id],
            papers=OF_A_ROSTER if rows else (),
            course_address=course_address(desk, rows),
            waiting=sum(row["roster_reason"] == "awaiting_approval" for row in rows),
            may_act=account.may_act(name),
        )

    @router.get("/programmes/{name}/documents/{paper}.{form}")
    def document(
        account: Reader,
        name: str,
        paper: exports.Paper,
        form: exports.Form,
        angkatan: Chosen = "",
        institution: Annotated[str, Query(max_length=255)] = "",
    ) -> Response:
        desk.programme(account, name)
        request = exports.ExportRequest(paper, account.name, desk.clock(), name, angkatan or None, institution or None)
        with desk.database.reading() as connection:
            people = reports.people_by_programme(connection, [name])
        desk.note(account, f"export {paper} {form}", name, people[name])
        with TemporaryDirectory() as folder, desk.database.reading() as connection:
            file = Path(folder, f"{paper}.{form}")
            exports.write(exports.compose(desk.settings, connection, request), form, file)
            content = file.read_bytes()
        title = "-".join(part for part in (paper, name, angkatan) if part)
        safe = "".join(
            message if message.isascii() and (message.isalnum() or message == "-") else "_" for message in title
        )
        return Response(
            content,
            media_type=MEDIA_TYPES[form],
            headers={"Content-Disposition": f'attachment; filename="{safe}.{form}"'},
        )

    @router.post("/programmes/{name}/approve")
    def approve(request: Request, account: Reader, name: str, csrf: Field, angkatan: Field) -> Response:
        one_angkatan = _angkatan(desk.programme(account, name), angkatan)
        require_acting(request, account, name, csrf)
        number = recording.approve(desk.database, desk.clock, name, one_angkatan.id, account.name)
        desk.note(account, "approve", name, number)
        said = _("{number} approved; the next run enrols them.").format(number=number)
        return desk.back_to(request, _address(name, one_angkatan.id), said)

    @router.post("/programmes/{name}/finalise")
    def finalise(
        request: Request, account: Reader, name: str, csrf: Field, angkatan: Field, sk: Field = "", dated: Field = ""
    ) -> Response:
        """Record the decree that fixes the roster, or amends it once it is fixed."""
        chosen = desk.programme(account, name)
        one_angkatan = _angkatan(chosen, angkatan)
        require_acting(request, account, name, csrf)
        number, date = named(_("Number of the decree (SK)"), sk), day(dated)
        if date is None:
            raise UsageError(_("The decree has no date."), _("Give the date that stands on it."))
        with desk.database.reading() as connection:
            amendment = any(each.angkatan == one_angkatan.id for each in finalisation_history(connection, name))
        fixed = roster_acts.fix_list(
            chosen, desk.database, desk.clock, one_angkatan.id, number, date, account.name, amendment
        )
        members, left = len(fixed.decree.members), len(fixed.decree.left)
        desk.note(account, "amend" if amendment else "finalise", name, members + left)
        said = counted("Recorded: {number} person taken in.", "Recorded: {number} people taken in.", members)
        return desk.back_to(request, _address(name, one_angkatan.id), said.format(number=members))

    return router


def course_address(desk: Desk, rows: Sequence[reports.Row]) -> str | None:
    """Return the address of the Participants page in Moodle, None while nobody was placed in a course."""
    for row in rows:
        if row["site"] in desk.settings.sites and row["course_id"]:
            return f"{desk.settings.sites[row['site']].url}/user/index.php?id={row['course_id']}"
    return None


def _angkatan(programme: ProgrammeSettings, angkatan: str) -> AngkatanSettings:
    """Return the angkatan of that id, the first one where none is named."""
    return roster_acts.require_angkatan(programme, angkatan) if angkatan else programme.angkatan[0]


def _address(name: str, angkatan: str) -> str:
    return f"/programmes/{name}/roster?{urlencode({'angkatan': angkatan})}"
