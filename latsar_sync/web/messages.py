"""The page of messages: who was told what through Moodle, when, and what did not arrive."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from latsar_sync.domain.language import _
from latsar_sync.run.due_messages import DueMessages
from latsar_sync.shapes.notices import EVENTS, STATES
from latsar_sync.store.messages import count_messages, message_rows
from latsar_sync.web.dependencies import Context, Page, PageNumber, Programme, Reader, part_of

SHOWN = 200
"""Messages on a page, the newest first."""

router = APIRouter()


@router.get("/programmes/{name}/messages")
def show_messages(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    state: Annotated[str, Query(max_length=20)] = "",
    number: PageNumber = 1,
) -> Response:
    """Show what was written to people, newest first."""
    with context.database.reading() as connection:
        there = count_messages(connection, programme.id)
        part = part_of(number, there.get(state, 0) if state else sum(there.values()), SHOWN)
        listed = message_rows(connection, [programme.id], SHOWN, part.offset, state)
    if listed:
        context.note(account, "messages", programme.id, len({row["recipient"] for row in listed}))
    return page.show(
        "messages.html",
        account,
        programme=programme,
        messages=listed,
        part=part,
        events={code: _(text) for code, text in EVENTS.items()},
        states={code: _(text) for code, text in STATES.items()},
        occurring=sorted(there),
        state=state,
        asked_for=programme.messages.any,
        may_act=account.may_act(programme.id),
    )


@router.get("/programmes/{name}/messages/next")
def show_next(context: Context, page: Page, account: Reader, programme: Programme, number: PageNumber = 1) -> Response:
    """Show by name what the next run would write to participants, and of how many it would tell course managers."""
    people = DueMessages(context.settings, context.database, programme, {}, context.clock)
    due, arrived = people.preview()
    part = part_of(number, len(due.messages), SHOWN)
    listed = due.messages[part.offset : part.offset + SHOWN]
    if listed:
        context.note(account, "messages next", programme.id, len(listed))
    return page.show(
        "next_messages.html",
        account,
        programme=programme,
        messages=listed,
        part=part,
        names=due.names,
        arrived=arrived,
        events={code: _(text) for code, text in EVENTS.items()},
        asked_for=programme.messages.any,
    )
