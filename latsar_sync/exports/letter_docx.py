"""A letter as DOCX: the office's own template with its named fields filled in, else a plain letter."""

from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import format_nip
from latsar_sync.exports.document import SIZES
from latsar_sync.exports.logo import logo_of
from latsar_sync.exports.one_letter import DOTS, Letter, LetterKind
from latsar_sync.files.opening import UNREADABLE
from latsar_sync.settings import OfficeSettings

MARGIN = 25
"""Millimetres of white at both sides."""


def letter_as_docx(letter: Letter) -> bytes:
    """Return a letter as DOCX. Raise UsageError if the office's template cannot be filled in."""
    template = template_of(letter)
    return _plain_letter(letter) if template is None else _filled(template, letter)


def template_of(letter: Letter) -> Path | None:
    """Return the office's template for such a letter, None where it has none."""
    templates = letter.settings.office.letters
    return templates.call_up if letter.kind is LetterKind.CALL_UP else templates.duty


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
    width, height = SIZES[office.paper]
    for section in document.sections:
        section.page_width, section.page_height = Mm(width), Mm(height)
        section.left_margin = section.right_margin = Mm(MARGIN)
        section.top_margin = section.bottom_margin = Mm(20)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(11)
    style.paragraph_format.space_after = Pt(0)
    _letterhead(document, office)
    _paragraph(document, letter.place_and_date, WD_ALIGN_PARAGRAPH.RIGHT)
    for label, value in ((_("Number"), letter.number), (_("Subject"), letter.subject)):
        line = _paragraph(document, f"{label}\t: {value}")
        line.paragraph_format.tab_stops.add_tab_stop(Mm(22))
        line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Mm(24), Mm(-24)
    _paragraph(document, letter.addressed, above=14)
    _paragraph(document, letter.opening, WD_ALIGN_PARAGRAPH.JUSTIFY, above=14, below=8)
    _people(document, letter, Mm(width - 2 * MARGIN))
    _paragraph(document, letter.closing, WD_ALIGN_PARAGRAPH.JUSTIFY, above=10, below=14).keep_with_next = True
    signed = [f"{office.signer_position or DOTS},", "", "", "", office.signer_name or DOTS]
    signed += [f"NIP {format_nip(office.signer_nip)}"] if office.signer_nip else []
    for line in signed:  # what is signed never stands on a page of its own in parts
        paragraph = _paragraph(document, line)
        paragraph.paragraph_format.left_indent = Mm(80)
        paragraph.paragraph_format.keep_with_next = line is not signed[-1]
        if line and line == office.signer_name:
            paragraph.runs[0].bold = True
    made = BytesIO()
    document.core_properties.author = " ".join(office.letterhead) or "latsar-sync"
    document.save(made)
    return made.getvalue()


def _letterhead(document: Any, office: OfficeSettings) -> None:
    last: Any = None
    logo = logo_of(office)
    if logo is not None:
        last = _paragraph(document, "", WD_ALIGN_PARAGRAPH.CENTER)
        last.add_run().add_picture(str(logo), height=Mm(20))
    for number, text in enumerate(office.letterhead, start=1):
        last = _paragraph(document, text, WD_ALIGN_PARAGRAPH.CENTER)
        largest = number == len(office.letterhead) and number > 1
        last.runs[0].bold, last.runs[0].font.size = True, Pt(15 if largest else 12)
    for text in office.address:
        last = _paragraph(document, text, WD_ALIGN_PARAGRAPH.CENTER)
        last.runs[0].font.size = Pt(9)
    if last is not None:
        last.paragraph_format.space_after = Pt(14)
        _rule_below(last)


def _people(document: Any, letter: Letter, width: int) -> None:
    """Add the list of those who are named; its head stands on every page, and no line is torn apart."""
    places = any(each.place for each in letter.people)
    titles = [_("No."), _("Name"), "NIP", *([_("Place")] if places else [])]
    shares = (0.09, 0.41, 0.33, 0.17) if places else (0.09, 0.59, 0.32)
    table = document.add_table(rows=1, cols=len(titles), style="Table Grid")
    table.autofit = False
    for person in letter.people:
        values = [str(person.number), person.name, person.nip, *([person.place] if places else [])]
        for cell, value in zip(table.add_row().cells, values, strict=True):
            cell.text = value
    for cell, title in zip(table.rows[0].cells, titles, strict=True):
        cell.paragraphs[0].add_run(title).bold = True
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for column, share in zip(table.columns, shares, strict=True):
        column.width = int(width * share)  # one program goes by the columns, another by the cells
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell, share in zip(row.cells, shares, strict=True):
            cell.width = int(width * share)


def _paragraph(
    document: Any, text: str, alignment: WD_ALIGN_PARAGRAPH | None = None, above: float = 0, below: float = 0
) -> Any:
    paragraph = document.add_paragraph(text)
    paragraph.alignment = alignment
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(above), Pt(below)
    return paragraph


def _rule_below(paragraph: Any) -> None:
    """Draw a line below a paragraph, for which python-docx has no word of its own."""
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "4"), ("color", "auto")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)
