"""The site and the account behind a token."""

from typing import Annotated

from pydantic import BeforeValidator, TypeAdapter

from latsar_sync.moodle.fields import Flag, Id, Name, Text
from latsar_sync.moodle.parsing import Payload, Shape


class ListedFunction(Payload):
    """A function that the token's service holds."""

    name: Text


def _names(listed: object) -> object:
    if not isinstance(listed, list):
        return listed
    return [ListedFunction.model_validate(function).name for function in listed]


class SiteInfo(Payload):
    """Site and account behind a token. The private access key that older versions send along is not kept."""

    sitename: Name
    siteurl: Text
    userid: Id
    username: Text
    release: Text = ""
    version: Text = ""
    userissiteadmin: Flag = False
    functions: Annotated[frozenset[str], BeforeValidator(_names)]


SITE_INFO = Shape(TypeAdapter(SiteInfo))
