"""Long lists of the API: a page at a time, with the address of the next one in the header ``Link`` (RFC 8288)."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Query, Request, Response

from latsar_sync.web.whole_numbers import TypedNumber

MOST_LISTED = 500
USUALLY_LISTED = 100
T = TypeVar("T")

LISTED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "Total-Count": {"description": "How many there are in all.", "schema": {"type": "integer"}},
            "Link": {"description": 'The next page, as rel="next", where there is one.', "schema": {"type": "string"}},
        }
    }
}
"""What the description of a call says of its headers."""


class ListedPart:
    """The part of a list that a call asks for."""

    def __init__(
        self,
        request: Request,
        response: Response,
        offset: Annotated[TypedNumber, Query(ge=0, le=10_000_000, description="How many to pass over.")] = 0,
        limit: Annotated[TypedNumber, Query(ge=1, le=MOST_LISTED, description="How many to list.")] = USUALLY_LISTED,
    ) -> None:
        self._request, self._response = request, response
        self.offset, self.limit = offset, limit

    def of(self, everything: Sequence[T]) -> list[T]:
        """Return the part of a list that is there whole, and say in the headers where it goes on."""
        return self.tell(everything[self.offset : self.offset + self.limit], len(everything))

    def tell(self, part: Sequence[T], total: int) -> list[T]:
        """Return a part that was read by itself, of ``total``."""
        self._response.headers["Total-Count"] = str(total)
        if self.offset + self.limit < total:
            asked = dict(parse_qsl(self._request.url.query))
            asked |= {"offset": str(self.offset + self.limit), "limit": str(self.limit)}
            self._response.headers["Link"] = f'<?{urlencode(asked)}>; rel="next"'
        return list(part)


Listed = Annotated[ListedPart, Depends(ListedPart)]
