"""The site and the account behind a token."""

from typing import Annotated

from pydantic import BeforeValidator, TypeAdapter

from latsar_sync.moodle.fields import Flag, Id, Name, Text, Whole
from latsar_sync.moodle.parsing import Payload, Shape


class ListedFunction(Payload):
    """A function that the token's service holds."""

    name: Text


def _names(listed: object) -> object:
    if not isinstance(listed, list):
        return listed
    return [ListedFunction.model_validate(function).name for function in listed]


class Feature(Payload):
    """One of the site's advanced features, which is on unless its value is 0."""

    name: Text
    value: Whole


def _told(listed: object) -> object:
    return [each for each in listed if _is_feature(each)] if isinstance(listed, list) else []


def _is_feature(each: object) -> bool:
    return isinstance(each, dict) and isinstance(each.get("name"), str) and type(each.get("value")) is int


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
    advancedfeatures: Annotated[tuple[Feature, ...], BeforeValidator(_told)] = ()

    @property
    def completion_off(self) -> bool:
        """Whether nobody's completion is tracked on the whole site, though courses say that it is."""
        return any(each.name == "enablecompletion" and not each.value for each in self.advancedfeatures)


SITE_INFO = Shape(TypeAdapter(SiteInfo))
