"""A letter on paper, as PDF, with the words of the plain letter."""

from datetime import datetime, time

from fpdf import FPDF

from latsar_sync.domain import language
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import format_nip
from latsar_sync.exports.document import SIZES
from latsar_sync.exports.fonts import FAMILY, Letters
from latsar_sync.exports.logo import logo_of
from latsar_sync.exports.one_letter import DOTS, Letter

MARGIN, LINE, BODY = 25.0, 5.4, 10.5


def letter_as_pdf(letter: Letter) -> bytes:
    """Return a letter as PDF; a long list goes on over further pages with its head."""
    paper = FPDF(unit="mm", format=SIZES[letter.settings.office.paper])
    signs = Letters(paper)
    try:
        _write(paper, signs, letter)
        return bytes(paper.output())
    finally:
        signs.close()


def _write(paper: FPDF, signs: Letters, letter: Letter) -> None:
    office, zone = letter.settings.office, letter.settings.zone_of(letter.programme)
    paper.set_margin(MARGIN)
    paper.set_auto_page_break(auto=True, margin=20)
    paper.set_title(letter.subject)
    paper.set_author(" ".join(office.letterhead) or "latsar-sync")
    paper.set_creator("latsar-sync")
    paper.set_lang(language.in_use())
    paper.set_creation_date(datetime.combine(letter.made_on, time(), zone))
    paper.add_page()

    def lines(text: str, style: str = "", size: float = BODY, align: str = "L", indent: float = 0.0) -> None:
        paper.set_font(FAMILY, style, size)
        paper.set_x(MARGIN + indent)
        paper.multi_cell(
            0, size * 0.5, "\n".join(map(signs.legible, text.split("\n"))), align=align, new_x="LMARGIN", new_y="NEXT"
        )

    logo = logo_of(office)
    if logo is not None:
        paper.image(logo, (paper.w - 22) / 2, paper.y, 22, 20, keep_aspect_ratio=True)
        paper.set_y(paper.y + 22)
    for number, line in enumerate(office.letterhead, start=1):
        lines(line, "B", 15 if number == len(office.letterhead) and number > 1 else 12, "C")
    for line in office.address:
        lines(line, "", 8.5, "C")
    if office.letterhead or office.address or logo:
        paper.line(MARGIN, paper.y + 2, paper.w - MARGIN, paper.y + 2)
        paper.set_y(paper.y + 7)
    lines(letter.place_and_date, align="R")
    for label, value in ((_("Number"), letter.number), (_("Subject"), letter.subject)):
        top = paper.y
        lines(label)
        paper.set_y(top)
        lines(f": {value}", indent=24)
    paper.ln(LINE)
    lines(letter.addressed)
    paper.ln(LINE)
    lines(letter.opening, align="J")
    paper.ln(3)
    places = any(each.place for each in letter.people)
    widths = (10, 78, 46, 26) if places else (10, 100, 50)
    paper.set_font(FAMILY, "", 9)
    with paper.table(col_widths=widths, line_height=LINE, first_row_as_headings=True) as table:
        table.row([_("No."), _("Name"), "NIP", *([_("Place")] if places else [])])
        for each in letter.people:
            place = [signs.legible(each.place)] if places else []
            table.row([str(each.number), signs.legible(each.name), each.nip, *place])
    paper.ln(3)
    lines(letter.closing)
    paper.ln(LINE)
    if paper.y > paper.h - 70:
        paper.add_page()
    lines(f"{office.signer_position or DOTS},", indent=80)
    paper.ln(18)
    lines(office.signer_name or DOTS, "B", indent=80)
    if office.signer_nip:
        lines(f"NIP {format_nip(office.signer_nip)}", indent=80)
