"""A letter as DOCX: the office's own template with its named fields filled in, else a plain letter."""

from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import format_nip
from latsar_sync.exports.letters import Letter, LetterKind
from latsar_sync.files.opening import UNREADABLE


def letter_as_docx(letter: Letter) -> bytes:
    """Return a letter as DOCX. Raise UsageError if the office's template cannot be filled in."""
    templates = letter.settings.office.letters
    template = templates.call_up if letter.kind is LetterKind.CALL_UP else templates.duty
    return _plain_letter(letter) if template is None else _filled(template, letter)


def _filled(template: Path, letter: Letter) -> bytes:
    """Return a template with its fields filled in; what it may do is fill in, nothing else."""
    made = BytesIO()
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    try:
        document = DocxTemplate(template)
        document.render(letter.fields(), environment, autoescape=True)
        document.save(made)
    except TemplateError as error:
        raise UsageError(
            _("The template {file} cannot be filled in: {reason}.").format(file=template.name, reason=error.message),
            _("Its fields are: {fields}.").format(fields=", ".join(letter.fields())),
        ) from None
    except (*UNREADABLE, SyntaxError) as error:  # the last is what the library's XML reader raises
        raise UsageError(
            _("The template {file} cannot be read ({reason}).").format(file=template.name, reason=type(error).__name__),
            _("Save it again as a Word document (.docx)."),
        ) from None
    return made.getvalue()


def _plain_letter(letter: Letter) -> bytes:
    office, document = letter.settings.office, Document()
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(11)
    for number, line in enumerate(office.letterhead, start=1):
        _centred(document, line, 15 if number == len(office.letterhead) and number > 1 else 12, bold=True)
    for line in office.address:
        _centred(document, line, 9)
    for label, value in ((_("Number"), letter.number), (_("Subject"), letter.subject)):
        document.add_paragraph(f"{label}\t: {value}")
    document.add_paragraph("\n".join([_("To"), letter.head, *(letter.contact.address if letter.contact else ())]))
    document.add_paragraph(letter.opening)
    places = any(each.place for each in letter.people)
    titles = [_("No."), _("Name"), "NIP", *([_("Place")] if places else [])]
    table = document.add_table(rows=1, cols=len(titles), style="Table Grid")
    for cell, title in zip(table.rows[0].cells, titles, strict=True):
        cell.paragraphs[0].add_run(title).bold = True
    for person in letter.people:
        values = [str(person.number), person.name, person.nip, *([person.place] if places else [])]
        for cell, value in zip(table.add_row().cells, values, strict=True):
            cell.text = value
    document.add_paragraph()
    document.add_paragraph(letter.closing)
    dated = letter.dated if letter.dated.strip("…") else figures.long_day(letter.made_on)
    signed = [f"{office.place}, {dated}" if office.place else dated, f"{office.signer_position or '…………'},", "", "", ""]
    signed.append(office.signer_name or "……………………")
    signed += [f"NIP {format_nip(office.signer_nip)}"] if office.signer_nip else []
    paragraph = document.add_paragraph("\n".join(signed))
    paragraph.paragraph_format.left_indent = Cm(9)
    made = BytesIO()
    document.core_properties.author = " ".join(office.letterhead) or "latsar-sync"
    document.save(made)
    return made.getvalue()


def _centred(document: Any, text: str, size: float, bold: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(size)
