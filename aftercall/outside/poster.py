"""One sheet of A4 for the wall: what this is, how to come here, whom to call, and what is promised. The same for everyone."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import segno

from aftercall.config import Outside
from aftercall.locale import marked as _
from aftercall.locale import speak

TITLE = _("You don't have to carry it alone.")
LEAD = _("A trained colleague will answer. We don't ask who you are.")
POINT = _("Point your phone's camera here, or open")
WORDS = _("The four words")
CALL, DUTY = _("Or just call"), _("Duty phone")
PROMISE, CANT = _("We promise"), _("We can't promise")
PROMISES = (
    _("We don't ask who you are."),
    _("What you write can be opened only by the colleague who answers."),
    _("When you end the talk, it is deleted, here too."),
    _("Nobody at work gets a list, a count by ward, or a score."),
    _("Everyone who was there gets the same message, whether they need it or not."),
)
WITHOUT_CHAT = (PROMISES[0], _("Nothing is written here: the colleague who answers calls you."), *PROMISES[3:])
CANTS = (
    _("A colleague may see you step out."),
    _("Whoever runs this page could change it. Use your own phone, and mobile data; or call."),
    _("A text message can be seen by the phone company."),
    _("If we believe a life is in danger, we act, and we tell you first."),
    _("A court may question a person. There is no file to give."),
)
ROOT = _("The page shows these six words too. If it shows others, it is not ours.")
BY = _("Run by {host}.")

WIDTH, HEIGHT, EDGE = 794, 1123, 64  # A4 at 96 dots an inch
_SERIF, _SANS = "Georgia, 'Noto Serif', serif", "system-ui, 'Noto Sans', sans-serif"


@dataclass
class _Pen:
    """Writes down the page; `y` is where the next line stands."""

    y: int = EDGE

    def lines(
        self, text: str, size: int, x: int = EDGE, width: int = WIDTH - 2 * EDGE, font: str = _SANS, weight: int = 400
    ) -> Iterator[str]:
        """Text wrapped by a width that no letter of these fonts passes on average."""
        for line in textwrap.wrap(text, max(8, int(width / (size * (0.47 if font is _SERIF else 0.54))))) or [""]:
            self.y += round(size * 1.35)
            style = f'font-family="{font}" font-size="{size}" font-weight="{weight}"'
            yield f'<text x="{x}" y="{self.y}" {style}>{escape(line)}</text>'


def poster(s: Outside, code: str, root_print: str, language: str) -> str:
    """The poster as SVG. Its first square opens the page with the four words; the second holds the root's six."""
    say, pen, link = speak(language), _Pen(), s.address.rstrip("/")
    out = [*pen.lines(say(TITLE), 42, font=_SERIF)]
    pen.y += 6
    out += pen.lines(say(LEAD), 21)
    top = pen.y + 30
    out.append(_square(f"{link}/#{code}", EDGE, top, 250))
    right, room = EDGE + 280, WIDTH - 2 * EDGE - 280
    pen.y = top
    out += [*pen.lines(say(POINT), 19, right, room), *pen.lines(link, 19, right, room, weight=700)]
    pen.y += 8
    out += [*pen.lines(say(WORDS), 19, right, room), *pen.lines(code.replace("-", " "), 26, right, room, weight=700)]
    pen.y += 8
    out += pen.lines(say(CALL), 19, right, room)
    for name, tel in ((say(DUTY), s.duty_tel), *((line["name"], line["tel"]) for line in s.lines)):
        out += [*pen.lines(f"{name}: {tel}", 21, right, room, weight=700)]
    pen.y = max(pen.y, top + 250) + 18
    for head, said in ((PROMISE, PROMISES if s.chat else WITHOUT_CHAT), (CANT, CANTS)):
        out += pen.lines(say(head), 22, font=_SERIF, weight=700)
        for one in said:
            bullet = pen.y + 18
            out.append(f'<circle cx="{EDGE + 5}" cy="{bullet}" r="3"/>')
            out += pen.lines(say(one), 17, EDGE + 20, WIDTH - 2 * EDGE - 20)
        pen.y += 10
    foot = max(pen.y + 14, HEIGHT - EDGE - 110)
    out.append(_square(root_print, EDGE, foot, 96))
    pen.y = foot - 4
    out += [*pen.lines(say(ROOT), 16, EDGE + 116, WIDTH - 2 * EDGE - 116)]
    out += [*pen.lines(root_print.replace("-", " "), 18, EDGE + 116, WIDTH - 2 * EDGE - 116, weight=700)]
    out += [*pen.lines(f"{s.name}. {say(BY).format(host=s.legal_name or s.run_by)}", 14, EDGE + 116, WIDTH - 2 * EDGE - 116)]
    high = max(HEIGHT, pen.y + 30)  # a programme with many numbers is printed a little smaller, and nothing is cut off
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 {WIDTH} {high}" lang="{language}">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *out, "</svg>"])


def printed(svg: str, language: str) -> str:
    """The same as a page that a browser prints on one sheet of A4, or saves as PDF."""
    style = "@page{size:A4;margin:0}body{margin:0}svg{display:block;width:210mm;height:297mm}"
    return f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>A4</title><style>{style}</style>{svg}</html>'


def _square(text: str, x: int, y: int, size: int) -> str:
    """A QR code, with the white that readers need around it."""
    code = segno.make(text, error="m", micro=False)
    cells = code.symbol_size()[0]
    path = "".join(f"M{col} {row}h1v1h-1z" for row, line in enumerate(code.matrix_iter()) for col, dark in enumerate(line) if dark)
    return f'<path transform="translate({x} {y}) scale({size / cells:.4f})" d="{path}"/>'
