"""Layouts on the page of imports: which column of a file is what is told once, and forgotten."""

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Form, Response

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.layouts import LONGEST_NAME, file_to_be_told, forget_layout, learn_layout
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.language import _
from latsar_sync.files.column_profiles import ScoreScale, titles_in
from latsar_sync.files.column_titles import usual_among, usual_title
from latsar_sync.files.wanted_columns import wanted_kinds
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import column_profiles
from latsar_sync.web import check_your_answer
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    Context,
    Field,
    Number,
    Page,
    ProgrammeToActOn,
    Reader,
    SentForm,
    received_file_of,
)

Title = Annotated[str, Form(max_length=255)]

router = APIRouter()


class FieldChoice(NamedTuple):
    """A field that a column of a file may be: what it is called, whether it is needed, and which title it may have."""

    field: str
    text: str
    needed: bool
    likely: str


async def columns_by_form(
    nip: Title = "",
    full_name: Title = "",
    institution: Title = "",
    email: Title = "",
    place: Title = "",
    angkatan: Title = "",
    score: Title = "",
    date: Title = "",
    materials: Title = "",
) -> dict[str, str]:
    """Return the title of each field that a form tells; ``name`` is the programme of the address."""
    told = {
        "nip": nip,
        "name": full_name,
        "institution": institution,
        "email": email,
        "place": place,
        "angkatan": angkatan,
        "score": score,
        "date": date,
        "materials": materials,
    }
    return {field: title for field, title in told.items() if title}


@router.post("/programmes/{name}/imports/{number}/columns")
def tell_columns(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    number: Number,
    told: Annotated[dict[str, str], Depends(columns_by_form)],
    kind: Field = "",
    layout: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
    percent: Field = "",
) -> Response:
    """Learn which column of a file is what, under a name, and look at the file anew by that."""
    received_file_of(context, programme, number)
    layout = named(_("Name of the layout"), layout)
    scale: ScoreScale = "percent" if percent else "points"
    learn_layout(context.settings, context.database, context.clock, number, kind, told, scale, layout, account, sent)
    context.note(account, "layout learned", programme.id, about=layout)
    return page.go_to(
        f"{imports_address(programme)}/{number}", _("Learned. Files with these titles are read by it from now on.")
    )


@router.post("/programmes/{name}/imports/layouts/forget")
def forget(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    layout: Field = "",
) -> Response:
    """Let a layout be used no more, in any programme; checked first, since files are asked about anew everywhere."""

    def do(as_sent: Sent) -> None:
        forget_layout(context.database, context.clock, programme.id, layout, account, as_sent)

    if not form.checked:
        form.require_takeable(sent, do)
        with context.database.reading() as connection:
            found = [each for each in column_profiles.known(connection) if each["name"] == layout]
        lines = [(_("Name of the layout"), layout), (_("Learned by"), found[0]["by"])]
        lines += [(usual_title(each), title) for each, title in found[0]["columns"].items()]
        warning = _("Every programme uses it: files with these titles are asked about anew everywhere.")
        return form.show_check(page, account, sent, _("Forget this layout?"), lines, _("Forget it"), warning=warning)
    do(sent)
    context.note(account, "layout forgotten", programme.id, about=layout)
    return page.go_to(imports_address(programme), _("Forgotten."))


def layouts(context: PageContext, programme: ProgrammeSettings, number: int) -> dict[str, Any] | None:
    """Return what can be chosen for the columns of a file that nobody knows: its titles, and the fields of each kind.

    None where nothing is to be told.
    """
    to_be_told = file_to_be_told(context.settings, context.database, number)
    if to_be_told is None:
        return None
    titles = titles_in(to_be_told[1])
    fields = {
        kind: [
            FieldChoice(field, usual_title(field), field in needed, usual_among(titles, field))
            for needed in [{*wanted.either, *wanted.required}]
            for field in dict.fromkeys([*wanted.either, *wanted.required, *wanted.optional])
        ]
        for kind, wanted in wanted_kinds(programme).items()
    }
    return {"titles": {each: each for each in titles}, "fields": fields}


def imports_address(programme: ProgrammeSettings) -> str:
    """Return the address of the page of imports."""
    return f"/programmes/{programme.id}/imports"
