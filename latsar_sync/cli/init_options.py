"""The options of ``init``, one for each question; what is not given is asked, or worked out."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.domain.decision import Scale


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What was given; None is asked, or worked out."""

    mooc_url: Annotated[str | None, typer.Option(metavar="URL", help="Address of the MOOC's Moodle.")] = None
    mooc_token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Variable that holds the MOOC's token.")
    ] = None
    mooc_token_file: Annotated[Path | None, typer.Option(help="File that holds the MOOC's token.")] = None
    class_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of the in-class Moodle; it may be the same.")
    ] = None
    class_token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Variable that holds the in-class site's token.")
    ] = None
    class_token_file: Annotated[Path | None, typer.Option(help="File that holds the in-class site's token.")] = None
    ca_bundle: Annotated[
        Path | None, typer.Option(help="Certificates of an authority of your own, for both sites.")
    ] = None
    proxy: Annotated[str | None, typer.Option(metavar="URL", help="Web proxy to both sites.")] = None
    mooc_course: Annotated[str | None, typer.Option(metavar="NAME", help="Short name of the MOOC course.")] = None
    evaluation: Annotated[
        str | None, typer.Option(metavar="ITEM", help="The evaluation: idnumber or cmid of the activity.")
    ] = None
    participant_key: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Where the NIP stands in the MOOC: idnumber or username.")
    ] = None
    materials: Annotated[
        str | None, typer.Option(metavar="MODE", help="What must be studied: activities, course or none.")
    ] = None
    angkatan: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=GROUP=COURSE", help="One angkatan: id, group in the MOOC, in-class course [=its group]; again."
        ),
    ] = None
    target_key: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Where the NIP stands on the in-class site.")
    ] = None
    role_id: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Role to enrol with, by its number on the in-class site.")
    ] = None
    capacity: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Seats of each angkatan; - is without limit.")
    ] = None
    threshold: Annotated[str | None, typer.Option(metavar="VALUE", help="The threshold; it has no default.")] = None
    scale: Annotated[Scale | None, typer.Option(help="Points of the evaluation, or per cent of its range.")] = None
    legal_basis: Annotated[str | None, typer.Option(help="The decree or rule that sets the threshold.")] = None
    programme_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Id of the programme: small letters, digits, dashes.")
    ] = None
    title: Annotated[str | None, typer.Option(help="Title of the programme.")] = None
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a configuration that is there.")] = False
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take what is certain, fail where it is not.")] = False


def with_init_options(command: Callable[[typer.Context, InitOptions], None]) -> Callable[..., None]:
    """Return a command that Typer sees with the fields of ``InitOptions`` as its parameters."""

    def called(context: typer.Context, **given: object) -> None:
        command(context, InitOptions(**given))  # type: ignore[arg-type] # Typer has read each by its annotation

    one = inspect.Parameter.POSITIONAL_OR_KEYWORD
    called.__name__, called.__doc__ = command.__name__, command.__doc__
    called.__signature__ = inspect.Signature(  # type: ignore[attr-defined] # what Typer reads
        [
            inspect.Parameter("context", one, annotation=typer.Context),
            *(
                inspect.Parameter(each.name, one, default=each.default, annotation=each.type)
                for each in fields(InitOptions)
            ),
        ]
    )
    return called
