"""The command that sets a programme up: init. It asks, or takes options; what it offers is read from the sites."""

import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from latsar_sync.actions import recording
from latsar_sync.cli import init_answers
from latsar_sync.cli.context import leave_with, now, open_database
from latsar_sync.cli.doctor import diagnose, show_checks
from latsar_sync.cli.init_angkatan import Seats, seats, show_angkatan
from latsar_sync.cli.init_answers import OpenSite, SiteAnswers
from latsar_sync.cli.init_questions import Choice, Interview
from latsar_sync.cli.init_tokens import TokenPlace
from latsar_sync.cli.screens.console import output
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.model import Scale
from latsar_sync.rules.admission import HUNDRED
from latsar_sync.settings import default_database_url
from latsar_sync.setup.doctor import Status
from latsar_sync.setup.onboarding import writing
from latsar_sync.setup.onboarding.discovery import KEYS, MoocCourse, courses_of, place_of_nips
from latsar_sync.setup.onboarding.draft import Draft, as_toml

app = typer.Typer(add_completion=False)
LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the options say; None is asked, or worked out."""

    mooc: SiteAnswers
    classes: SiteAnswers
    mooc_course: str | None
    evaluation: str | None
    participant_key: str | None
    materials: str | None
    angkatan: tuple[str, ...]
    target_key: str | None
    role_id: str | None
    capacity: str | None
    threshold: str | None
    scale: Scale | None
    legal_basis: str | None
    programme_id: str | None
    title: str | None


@app.command()
def init(
    context: typer.Context,
    mooc_url: Annotated[str | None, typer.Option(metavar="URL", help="Address of the MOOC's Moodle.")] = None,
    mooc_token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Variable that holds the MOOC's token.")
    ] = None,
    mooc_token_file: Annotated[Path | None, typer.Option(help="File that holds the MOOC's token.")] = None,
    class_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of the in-class Moodle; it may be the same.")
    ] = None,
    class_token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Variable that holds the in-class site's token.")
    ] = None,
    class_token_file: Annotated[Path | None, typer.Option(help="File that holds the in-class site's token.")] = None,
    ca_bundle: Annotated[
        Path | None, typer.Option(help="Certificates of an authority of your own, for both sites.")
    ] = None,
    proxy: Annotated[str | None, typer.Option(metavar="URL", help="Web proxy to both sites.")] = None,
    mooc_course: Annotated[str | None, typer.Option(metavar="NAME", help="Short name of the MOOC course.")] = None,
    evaluation: Annotated[
        str | None, typer.Option(metavar="ITEM", help="The evaluation: idnumber or cmid of the activity.")
    ] = None,
    participant_key: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Where the NIP stands in the MOOC: idnumber or username.")
    ] = None,
    materials: Annotated[
        str | None, typer.Option(metavar="MODE", help="What must be studied: activities, course or none.")
    ] = None,
    angkatan: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=GROUP=COURSE", help="One angkatan: id, group in the MOOC, in-class course [=its group]; again."
        ),
    ] = None,
    target_key: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Where the NIP stands on the in-class site.")
    ] = None,
    role_id: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Role to enrol with, by its number on the in-class site.")
    ] = None,
    capacity: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Seats of each angkatan; - is without limit.")
    ] = None,
    threshold: Annotated[str | None, typer.Option(metavar="VALUE", help="The pass limit; it has no default.")] = None,
    scale: Annotated[Scale | None, typer.Option(help="Points of the evaluation, or per cent of its range.")] = None,
    legal_basis: Annotated[str | None, typer.Option(help="The decree or rule that sets the pass limit.")] = None,
    programme_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Id of the programme: small letters, digits, dashes.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the programme.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a configuration that is there.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: take what is certain, fail where it is not.")
    ] = False,
) -> None:
    """Set up a programme: read both sites, ask, write configuration and .env, then run doctor."""
    config = context.obj.config
    interview = Interview(output, yes)
    if yes:
        _refuse_early(interview, config, overwrite, {"--threshold": threshold, "--legal-basis": legal_basis})
    wishes = Wishes(
        SiteAnswers(
            "mooc",
            "mooc",
            _("the MOOC's Moodle"),
            TokenPlace("mooc", "LATSAR_MOOC_TOKEN", mooc_token_env, mooc_token_file),
            mooc_url,
            _absolute(ca_bundle),
            proxy,
        ),
        SiteAnswers(
            "kelas",
            "class",
            _("the in-class Moodle"),
            TokenPlace("class", "LATSAR_KELAS_TOKEN", class_token_env, class_token_file),
            class_url,
            _absolute(ca_bundle),
            proxy,
        ),
        mooc_course,
        evaluation,
        participant_key,
        materials,
        tuple(angkatan or ()),
        target_key,
        role_id,
        capacity,
        threshold,
        scale,
        legal_basis,
        programme_id,
        title,
    )
    with ExitStack() as stack:
        mooc, classes = _open_both(interview, config, wishes, stack)
        draft = _ask(interview, wishes, mooc, classes)
    tokens = {
        site.token.variable: site.token.value for site in (mooc, classes) if site.token.typed and site.token.variable
    }
    if not _may_write(interview, config, tokens, overwrite):
        output.print(_("Nothing was written."), markup=False)
        return
    toml = as_toml(draft, default_database_url(config.resolve().parent))
    settings = writing.write(config, toml, tokens, os.environ)
    open_database(settings, make=True)
    interview.say("")
    interview.say(
        _("Written: {files}.").format(
            files=", ".join([str(config), *([str(writing.secrets_file(config))] if tokens else [])])
        )
    )
    checks = diagnose(settings, None, silent=False)
    show_checks(output, checks, problems=True)
    _say_what_is_next(interview, config)
    leave_with(1 if any(check.status is Status.FAIL for check in checks) else 0)


def _refuse_early(interview: Interview, config: Path, overwrite: bool, limit: Mapping[str, str | None]) -> None:
    """Refuse before any site is asked what the end would refuse: nobody guesses a pass limit."""
    for option, value in limit.items():
        if value is None:
            raise interview.undecided(option, _("The pass limit and its legal basis"))
    if config.exists() and not overwrite:
        raise UsageError(
            _("{file} is there already.").format(file=config),
            _("Give --overwrite to replace it, or another file with --config, before the command's name."),
        )


def _absolute(file: Path | None) -> Path | None:
    return file.resolve() if file is not None else None


def _open_both(interview: Interview, config: Path, wishes: Wishes, stack: ExitStack) -> tuple[OpenSite, OpenSite]:
    mooc = init_answers.open_site(interview, config, wishes.mooc)
    stack.callback(mooc.client.close)
    default = None if interview.silent else mooc.draft.url
    classes = init_answers.open_site(interview, config, wishes.classes, default, mooc)
    stack.callback(classes.client.close)
    return mooc, classes


def _ask(interview: Interview, wishes: Wishes, mooc: OpenSite, classes: OpenSite) -> Draft:
    """Ask everything that the two sites do not answer themselves."""
    found = init_answers.mooc_course(interview, mooc.client, wishes.mooc_course, now().date())
    evaluation, by_idnumber = init_answers.evaluation(interview, found, wishes.evaluation)
    key = init_answers.participant_key(interview, found, wishes.participant_key)
    mode = init_answers.materials(interview, found, wishes.materials)
    one_site = mooc.draft.url == classes.draft.url
    offered = [course for course in courses_of(classes.client) if not (one_site and course.id == found.course.id)]
    seated = seats(interview, found, classes.client, offered, wishes.angkatan)
    target_key = _target_key(interview, wishes, classes, found, key)
    role_id = _role(interview, wishes, seated, found if one_site else None)
    capacity = interview.answer(
        "--capacity",
        _("Seats of each angkatan (- is without limit)"),
        wishes.capacity,
        init_answers.number_of_seats,
        "-",
    )
    scale = _scale(interview, wishes, evaluation.grademax)
    limit = interview.answer(
        "--threshold",
        _("Pass limit, in {scale}").format(scale=scale),
        wishes.threshold,
        lambda said: _reachable(recording.threshold(said, scale), scale, evaluation.grademax),
    )
    legal_basis = interview.answer(
        "--legal-basis",
        _("The decree or rule that sets it"),
        wishes.legal_basis,
        lambda said: recording.named("--legal-basis", said),
    )
    programme_id = interview.answer(
        "--programme-id", _("Id of the programme"), wishes.programme_id, _usable_id, _id_from(found.course.shortname)
    )
    title = interview.answer(
        "--title",
        _("Title of the programme"),
        wishes.title,
        lambda said: recording.named("--title", said),
        found.course.fullname,
    )
    draft = Draft(
        sites=[mooc.draft] if classes is mooc else [mooc.draft, classes.draft],
        class_site=classes.draft.name,
        programme_id=programme_id,
        title=title,
        course=found.course.shortname,
        participant_key=key,
        item=evaluation.idnumber if by_idnumber else None,
        cmid=None if by_idnumber else evaluation.cmid,
        materials=mode,
        threshold=limit,
        scale=str(scale),
        legal_basis=legal_basis,
        all_angkatan=seated.all_angkatan,
        target_key=target_key,
        role_id=role_id,
        capacity=capacity,
    )
    _show(interview, draft, found, seated)
    return draft


def _target_key(interview: Interview, wishes: Wishes, classes: OpenSite, found: MoocCourse, key: str) -> str:
    """Find where the in-class site keeps the NIPs of the MOOC, by looking for them; ask if it shows nowhere."""
    place = None if wishes.target_key else place_of_nips(classes.client, found.nips[key])
    return interview.choice(
        "--target-key",
        _("Where the NIP stands in the in-class site's accounts"),
        wishes.target_key,
        [Choice(each) for each in KEYS if place in (None, each)],
    )


def _role(interview: Interview, wishes: Wishes, seated: Seats, mooc: MoocCourse | None) -> int:
    """Find the number of the student role where somebody holds it; ask if nobody does."""
    known = {each.student_role for each in seated.classes.values()} | {mooc.student_role if mooc else None}
    known.discard(None)
    certain = str(known.pop()) if len(known) == 1 else None
    return interview.answer(
        "--role-id",
        _("Number of the student role on the in-class site"),
        wishes.role_id if wishes.role_id is not None else certain,
        lambda said: init_answers.whole_number("--role-id", said),
        None if interview.silent else "5",
    )


def _scale(interview: Interview, wishes: Wishes, maximum: Decimal | None) -> Scale:
    """Ask for the scale of the limit, unless points and per cent are the same: 70 of 10 points is not 70 per cent."""
    if wishes.scale is None and maximum == HUNDRED:
        return Scale.POINTS
    choices = [
        Choice(str(Scale.POINTS), _("points of the evaluation")),
        Choice(str(Scale.PERCENT), _("per cent of its range")),
    ]
    given = str(wishes.scale) if wishes.scale is not None else None
    return Scale(interview.choice("--scale", _("Scale of the pass limit"), given, choices))


def _reachable(limit: Decimal, scale: Scale, maximum: Decimal | None) -> Decimal:
    if scale is Scale.POINTS and maximum is not None and limit > maximum:
        raise UsageError(
            _("Nobody can reach {limit}: the evaluation goes up to {maximum}.").format(
                limit=f"{limit:f}", maximum=f"{maximum.normalize():f}"
            ),
            _("Correct the number or the scale."),
        )
    return limit


def _usable_id(text: str) -> str:
    if not re.fullmatch(rf"[a-z0-9][a-z0-9-]{{0,{LONGEST_ID - 1}}}", text.strip()):
        raise UsageError(
            _('--programme-id: "{said}" is not a usable id.').format(said=text),
            _("Use at most {count} small letters, digits and dashes.").format(count=LONGEST_ID),
        )
    return text.strip()


def _id_from(shortname: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", shortname.lower()).strip("-")[:LONGEST_ID].strip("-") or "latsar"


def _show(interview: Interview, draft: Draft, found: MoocCourse, seated: Seats) -> None:
    evaluation = draft.item if draft.item is not None else f"cmid {draft.cmid}"
    init_answers.summary(
        interview,
        [
            (_("Programme"), f"{draft.programme_id} · {draft.title}"),
            (_("MOOC course"), f"{draft.course} · {draft.sites[0].url}"),
            (_("NIP"), f"{draft.participant_key} → {draft.target_key}"),
            (_("Evaluation"), evaluation),
            (_("Pass limit"), init_answers.limit_text(draft.threshold, draft.scale, draft.legal_basis)),
            (_("Must be studied"), draft.materials),
            (_("In-class site"), f"{draft.sites[-1].url} · role_id {draft.role_id}"),
        ],
    )
    show_angkatan(interview, found, seated)


def _may_write(interview: Interview, config: Path, tokens: dict[str, SecretStr], overwrite: bool) -> bool:
    lost = [] if overwrite else writing.would_replace(config, tokens)
    if lost and interview.silent:
        raise UsageError(
            _("This would replace {lost}.").format(lost=", ".join(lost)), _("Give --overwrite if that is meant.")
        )
    if lost:
        return typer.confirm(_("Replace {lost}?").format(lost=", ".join(lost)), default=False)
    return interview.agreed(_("Write this to {file}?").format(file=config))


def _say_what_is_next(interview: Interview, config: Path) -> None:
    command = "latsar-sync" if str(config) == "config/latsar.toml" else f"latsar-sync --config {config}"
    interview.say("")
    for what, how in (
        (_("everything that was examined"), "doctor"),
        (_("who would be admitted, without writing to the LMS"), "plan"),
        (_("the first run"), "sync"),
        (_("the roster"), "roster"),
    ):
        interview.say(f"  {what}:\n    {command} {how}")
