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
    paper = _LetterOnPaper(letter)
    try:
        paper.print_letterhead()
        paper.print_opening()
        paper.print_people()
        paper.print_closing()
        return bytes(paper.output())
    finally:
        paper.signs.close()


class _LetterOnPaper(FPDF):
    """The sheets of one letter, filled from top to bottom."""

    def __init__(self, letter: Letter) -> None:
        office, zone = letter.settings.office, letter.settings.zone_of(letter.programme)
        super().__init__(unit="mm", format=SIZES[office.paper])
        self.signs = Letters(self)
        self._letter = letter
        self._office = office
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=True, margin=20)
        self.set_title(letter.subject)
        self.set_author(" ".join(office.letterhead) or "latsar-sync")
        self.set_creator("latsar-sync")
        self.set_lang(language.in_use())
        self.set_creation_date(datetime.combine(letter.made_on, time(), zone))
        self.add_page()

    def _lines(self, text: str, style: str = "", size: float = BODY, align: str = "L", indent: float = 0.0) -> None:
        self.set_font(FAMILY, style, size)
        self.set_x(MARGIN + indent)
        legible = "\n".join(map(self.signs.legible, text.split("\n")))
        self.multi_cell(0, size * 0.5, legible, align=align, new_x="LMARGIN", new_y="NEXT")

    def print_letterhead(self) -> None:
        """Print who writes: logo, letterhead, address, and the line below them."""
        office, logo = self._office, logo_of(self._office)
        if logo is not None:
            self.image(logo, (self.w - 22) / 2, self.y, 22, 20, keep_aspect_ratio=True)
            self.set_y(self.y + 22)
        for number, line in enumerate(office.letterhead, start=1):
            self._lines(line, "B", 15 if number == len(office.letterhead) and number > 1 else 12, "C")
        for line in office.address:
            self._lines(line, "", 8.5, "C")
        if office.letterhead or office.address or logo:
            self.line(MARGIN, self.y + 2, self.w - MARGIN, self.y + 2)
            self.set_y(self.y + 7)

    def print_opening(self) -> None:
        """Print date, number and subject, to whom it goes, and what is said of the people."""
        letter = self._letter
        self._lines(letter.place_and_date, align="R")
        for label, value in ((_("Number"), letter.number), (_("Subject"), letter.subject)):
            top = self.y
            self._lines(label)
            self.set_y(top)
            self._lines(f": {value}", indent=24)
        self.ln(LINE)
        self._lines(letter.addressed)
        self.ln(LINE)
        self._lines(letter.opening, align="J")
        self.ln(3)

    def print_people(self) -> None:
        """Print the list of whom it is about."""
        places = any(each.place for each in self._letter.people)
        self.set_font(FAMILY, "", 9)
        widths = (10, 78, 46, 26) if places else (10, 100, 50)
        with self.table(col_widths=widths, line_height=LINE, first_row_as_headings=True) as table:
            table.row([_("No."), _("Name"), "NIP", *([_("Place")] if places else [])])
            for each in self._letter.people:
                place = [self.signs.legible(each.place)] if places else []
                table.row([str(each.number), self.signs.legible(each.name), each.nip, *place])
        self.ln(3)

    def print_closing(self) -> None:
        """Print the last words, and the place to sign, on a page together."""
        office = self._office
        self._lines(self._letter.closing)
        self.ln(LINE)
        if self.y > self.h - 70:
            self.add_page()
        self._lines(f"{office.signer_position or DOTS},", indent=80)
        self.ln(18)
        self._lines(office.signer_name or DOTS, "B", indent=80)
        if office.signer_nip:
            self._lines(f"NIP {format_nip(office.signer_nip)}", indent=80)
