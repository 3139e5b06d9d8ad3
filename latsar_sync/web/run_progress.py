"""What is under way, told as it changes to a page that stays open."""

import asyncio
import json
from collections.abc import AsyncIterator
from threading import Event
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from latsar_sync.domain.account import Account
from latsar_sync.web import sessions
from latsar_sync.web.dependencies import Context, account_still_signed_in, require_reader
from latsar_sync.web.sessions import SignInNeeded
from latsar_sync.web.stream_limits import CountedStream
from latsar_sync.web.under_way import under_way

LOOK_EVERY_SECONDS = 0.5
LOOKS_BETWEEN_CHECKS = 4
"""So often a stream looks at the runs before it asks again whether its session is still there."""

router = APIRouter()


@router.get("/programmes/{name}/progress")
async def progress(
    request: Request, context: Context, account: Annotated[Account, Depends(account_still_signed_in)], name: str
) -> Response:
    """Tell what is under way, each time that it changes; a page left open does not make the session last."""
    context.programme(require_reader(account), name)
    session = sessions.of(request).key
    stopping: Event = getattr(request.app.state, "stopping", None) or Event()
    if not context.streams.take(session):
        return Response(status_code=429)  # the page tells what stood when it was made; a reload tells the rest

    async def events() -> AsyncIterator[str]:
        told = None
        looked = 0
        while not (stopping.is_set() or await request.is_disconnected()):
            try:
                if looked % LOOKS_BETWEEN_CHECKS == 0:
                    require_reader(await run_in_threadpool(account_still_signed_in, request, context))
            except SignInNeeded:
                return
            looked += 1
            now = await run_in_threadpool(under_way, context, name)
            if now != told:
                told = now
                yield f"data: {json.dumps(now, ensure_ascii=False)}\n\n"
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    return CountedStream(context.streams, session, events())
