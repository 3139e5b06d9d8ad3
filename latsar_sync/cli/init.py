"""The command that sets a programme up: init. It asks, or takes options; what it offers is read from the sites."""

import os
import re
from contextlib import ExitStack
from pathlib import Path

import typer
from pydantic import SecretStr

from latsar_sync.actions.typed_text import named
from latsar_sync.cli import init_answers
from latsar_sync.cli.context import leave_with, now, open_database
from latsar_sync.cli.doctor import diagnose, show_checks
from latsar_sync.cli.init_angkatan import ChosenAngkatan, choose_angkatan, show_angkatan
from latsar_sync.cli.init_answers import OpenSite, SiteAnswers
from latsar_sync.cli.init_options import InitOptions, with_init_options
from latsar_sync.cli.init_questions import Choice, Interview, yes_or_no
from latsar_sync.cli.init_threshold import ask_threshold
from latsar_sync.cli.init_tokens import TokenPlace
from latsar_sync.cli.screens.console import output
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings import default_database_url
from latsar_sync.setup.doctor import Status
from latsar_sync.setup.onboarding import writing
from latsar_sync.setup.onboarding.discovery import KEYS, MoocCourse, courses_of, place_of_nips
from latsar_sync.setup.onboarding.draft import Draft, as_toml

app = typer.Typer(add_completion=False)
LONGEST_ID = 40


@app.command()
@with_init_options
def init(context: typer.Context, options: InitOptions) -> None:
    """Set up a programme: read both sites, ask, write configuration and .env, then run doctor."""
    config = context.obj.config
    interview = Interview(output, options.yes)
    if options.yes:
        _refuse_early(interview, config, options)
    elif os.path.exists(config) and not options.overwrite:
        interview.say(_("{file} is there already; before it is replaced you are asked.").format(file=config))
    with ExitStack() as stack:
        mooc, in_class = _open_both(interview, config, options, stack)
        draft = _ask(interview, options, mooc, in_class)
    tokens = {
        site.token.variable: site.token.value for site in (mooc, in_class) if site.token.typed and site.token.variable
    }
    if not _may_write(interview, config, tokens, options.overwrite):
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


def _refuse_early(interview: Interview, config: Path, options: InitOptions) -> None:
    """Refuse before any site is asked what the end would refuse: nobody guesses a threshold."""
    for option, value in (("--threshold", options.threshold), ("--legal-basis", options.legal_basis)):
        if value is None:
            raise interview.undecided(option, _("The threshold and its legal basis"))
    if os.path.exists(config) and not options.overwrite:
        raise UsageError(
            _("{file} is there already.").format(file=config),
            _("Give --overwrite to replace it, or another file with --config, before the command's name."),
        )


def _absolute(file: Path | None) -> Path | None:
    return file.resolve() if file is not None else None


def _open_both(interview: Interview, config: Path, options: InitOptions, stack: ExitStack) -> tuple[OpenSite, OpenSite]:
    both = _absolute(options.ca_bundle), options.proxy
    place = TokenPlace("mooc", "LATSAR_MOOC_TOKEN", options.mooc_token_env, options.mooc_token_file)
    wanted = SiteAnswers("mooc", "mooc", _("the MOOC's Moodle"), place, options.mooc_url, *both)
    mooc = init_answers.open_site(interview, config, wanted)
    stack.callback(mooc.client.close)
    default = None if interview.silent else mooc.draft.url
    place = TokenPlace("class", "LATSAR_KELAS_TOKEN", options.class_token_env, options.class_token_file)
    wanted = SiteAnswers("kelas", "class", _("the in-class Moodle"), place, options.class_url, *both)
    in_class = init_answers.open_site(interview, config, wanted, default, mooc)
    stack.callback(in_class.client.close)
    return mooc, in_class


def _ask(interview: Interview, options: InitOptions, mooc: OpenSite, in_class: OpenSite) -> Draft:
    """Ask everything that the two sites do not answer themselves."""
    found = init_answers.mooc_course(interview, mooc.client, options.mooc_course, now().date())
    evaluation, by_idnumber = init_answers.evaluation(interview, found, options.evaluation)
    key = init_answers.participant_key(interview, found, options.participant_key)
    mode = init_answers.materials(interview, found, options.materials)
    one_site = mooc.draft.url == in_class.draft.url
    offered = [course for course in courses_of(in_class.client) if not (one_site and course.id == found.course.id)]
    chosen = choose_angkatan(interview, found, in_class.client, offered, options.angkatan or ())
    target_key = _target_key(interview, options, in_class, found, key)
    role_id = _role(interview, options, chosen, found if one_site else None)
    capacity = interview.answer(
        "--capacity",
        _("Seats of each angkatan (- is without limit)"),
        options.capacity,
        init_answers.number_of_seats,
        "-",
    )
    threshold = ask_threshold(interview, options, evaluation.grademax)
    programme_id = interview.answer(
        "--programme-id", _("Id of the programme"), options.programme_id, _usable_id, _id_from(found.course.shortname)
    )
    title = interview.answer(
        "--title",
        _("Title of the programme"),
        options.title,
        lambda said: named("--title", said),
        found.course.fullname,
    )
    draft = Draft(
        sites=[mooc.draft] if in_class is mooc else [mooc.draft, in_class.draft],
        in_class_site=in_class.draft.name,
        programme_id=programme_id,
        title=title,
        course=found.course.shortname,
        participant_key=key,
        item=evaluation.idnumber if by_idnumber else None,
        cmid=None if by_idnumber else evaluation.cmid,
        materials=mode,
        threshold=threshold.value,
        scale=str(threshold.scale),
        legal_basis=threshold.legal_basis,
        all_angkatan=chosen.all_angkatan,
        target_key=target_key,
        role_id=role_id,
        capacity=capacity,
    )
    _show(interview, draft, found, chosen)
    return draft


def _target_key(interview: Interview, options: InitOptions, in_class: OpenSite, found: MoocCourse, key: str) -> str:
    """Find where the in-class site keeps the NIPs of the MOOC, by looking for them; ask if it shows nowhere."""
    place = None if options.target_key else place_of_nips(in_class.client, found.nips[key])
    return interview.choice(
        "--target-key",
        _("Where the NIP stands in the in-class site's accounts"),
        options.target_key,
        [Choice(each) for each in KEYS if place in (None, each)],
    )


def _role(interview: Interview, options: InitOptions, chosen: ChosenAngkatan, mooc: MoocCourse | None) -> int:
    """Find the number of the student role where somebody holds it; ask if nobody does."""
    known = {each.student_role for each in chosen.in_class.values()} | {mooc.student_role if mooc else None}
    known.discard(None)
    certain = str(known.pop()) if len(known) == 1 else None
    return interview.answer(
        "--role-id",
        _("Number of the student role on the in-class site"),
        options.role_id if options.role_id is not None else certain,
        lambda said: init_answers.whole_number("--role-id", said),
        None if interview.silent else "5",
    )


def _usable_id(text: str) -> str:
    if not re.fullmatch(rf"[a-z0-9][a-z0-9-]{{0,{LONGEST_ID - 1}}}", text.strip()):
        raise UsageError(
            _('--programme-id: "{said}" is not a usable id.').format(said=text),
            _("Use at most {count} small letters, digits and dashes.").format(count=LONGEST_ID),
        )
    return text.strip()


def _id_from(shortname: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", shortname.lower()).strip("-")[:LONGEST_ID].strip("-") or "latsar"


def _show(interview: Interview, draft: Draft, found: MoocCourse, chosen: ChosenAngkatan) -> None:
    evaluation = draft.item if draft.item is not None else f"cmid {draft.cmid}"
    init_answers.summary(
        interview,
        [
            (_("Programme"), f"{draft.programme_id} · {draft.title}"),
            (_("MOOC course"), f"{draft.course} · {draft.sites[0].url}"),
            (_("NIP"), f"{draft.participant_key} → {draft.target_key}"),
            (_("Evaluation"), evaluation),
            (_("Threshold"), init_answers.limit_text(draft.threshold, draft.scale, draft.legal_basis)),
            (_("Must be studied"), draft.materials),
            (_("In-class site"), f"{draft.sites[-1].url} · role_id {draft.role_id}"),
        ],
    )
    show_angkatan(interview, found, chosen)


def _may_write(interview: Interview, config: Path, tokens: dict[str, SecretStr], overwrite: bool) -> bool:
    lost = [] if overwrite else writing.would_replace(config, tokens)
    if lost and interview.silent:
        raise UsageError(
            _("This would replace {lost}.").format(lost=", ".join(lost)), _("Give --overwrite if that is meant.")
        )
    if lost:
        return yes_or_no(_("Replace {lost}?").format(lost=", ".join(lost)), default=False)
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
