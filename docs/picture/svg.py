"""Draws what a terminal showed as an animated SVG: `svg.py COLUMNS TITLE FRAMES`.

FRAMES is a folder of captured screens (`tmux capture-pane -e -p`), each named by its time in milliseconds.
"""
import re
import sys
from pathlib import Path
from html import escape
from unicodedata import combining, east_asian_width

BACK, FORE, DIM, BAR = "#16181d", "#d7dae0", "#7d8490", "#22252c"
COLOURS = ["#3f4451", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0"]
BRIGHT = ["#7d8490", "#ff7b86", "#b1e08f", "#ffd68a", "#7cc4ff", "#dd93f0", "#6fd4e0", "#ffffff"]
WIDTH, HEIGHT, SIZE, EDGE, TOP = 8.43, 19, 14, 16, 40
PIECE = re.compile(r"\x1b\[([0-9;]*)m|\x1b[()].|\x1b\[[0-9;?]*[A-Za-z]|([^\x1b]+)|\x1b")


def indexed(number):
    """Colour of the 256 by its number."""
    if number < 16:
        return (COLOURS + BRIGHT)[number]
    if number < 232:
        number -= 16
        return "#%02x%02x%02x" % tuple(0 if step == 0 else 55 + 40 * step for step in (number // 36, number // 6 % 6, number % 6))
    return "#%02x%02x%02x" % ((8 + 10 * (number - 232),) * 3)


def styled(style, codes):
    """The style after an SGR sequence."""
    style, codes = dict(style), [int(code or 0) for code in codes.split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = {}
        elif code in (1, 2, 3, 4, 7):
            style[code] = True
        elif code == 22:
            style.pop(1, None), style.pop(2, None)
        elif code in (23, 24, 27):
            style.pop(code - 20, None)
        elif 30 <= code <= 37 or 40 <= code <= 47:
            style["fore" if code < 40 else "back"] = COLOURS[code % 10]
        elif 90 <= code <= 97 or 100 <= code <= 107:
            style["fore" if code < 100 else "back"] = BRIGHT[code % 10]
        elif code in (38, 48) and codes[:1] == [5]:
            style["fore" if code == 38 else "back"] = indexed(codes[1])
            codes = codes[2:]
        elif code in (38, 48) and codes[:1] == [2]:
            style["fore" if code == 38 else "back"] = "#%02x%02x%02x" % tuple(codes[1:4])
            codes = codes[4:]
        elif code in (39, 49):
            style.pop("fore" if code == 39 else "back", None)
    return style


def cells(text):
    """How many columns a text takes."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def draw(style, text, column, row):
    """One run of text in one style."""
    x, y, width = EDGE + column * WIDTH, TOP + row * HEIGHT, cells(text) * WIDTH
    fore, back = style.get("fore", FORE), style.get("back")
    if style.get(7):
        fore, back = back or BACK, fore
    elif style.get(2):
        fore = DIM if fore == FORE else fore
    if back:
        yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{HEIGHT}" fill="{back}"/>'
    marks = "".join([' font-weight="bold"' if style.get(1) else "", ' font-style="italic"' if style.get(3) else "", ' text-decoration="underline"' if style.get(4) else ""])
    for word in re.finditer(r"\S+(?: \S+)*", text):
        at = x + cells(text[: word.start()]) * WIDTH
        # The length is given, so that columns stay columns in any font.
        yield f'<text x="{at:.1f}" y="{y + 14}" fill="{fore}"{marks} textLength="{cells(word[0]) * WIDTH:.1f}">{escape(word[0])}</text>'


def row_parts(line, row):
    """The SVG of one line; styles do not go on to the next."""
    style, parts, column = {}, [], 0
    for codes, text in (match.groups() for match in PIECE.finditer(line)):
        if codes is not None:
            style = styled(style, codes)
        elif text:
            parts.extend(draw(style, text, column, row))
            column += cells(text)
    return "".join(parts)


def frames(folder):
    """The screens in order, as (milliseconds from the first one, lines), without repetitions."""
    files = sorted(Path(folder).iterdir(), key=lambda file: int(file.name))
    found, start = [], int(files[0].name)
    for file in files:
        lines = file.read_text().rstrip("\n").split("\n")
        if not found or found[-1][1] != lines:
            found.append((int(file.name) - start, lines))
    return found


def spans(found, row, end):
    """The texts that a row shows, as (text, from, to)."""
    shown = []
    for at, lines in found:
        text = lines[row].rstrip() if row < len(lines) else ""
        if shown and shown[-1][0] == text:
            continue
        if shown:
            shown[-1][2] = at
        shown.append([text, at, end])
    return [span for span in shown if span[0]]


def timed(parts, begin, until, end):
    """Parts that are visible for a part of the time only."""
    if (begin, until) == (0, end):
        return parts
    points = [(0, "none"), (begin / end, "inline"), (until / end, "none")]
    points = points[1:] if begin == 0 else points
    points = points[:-1] if until == end else points
    times, values = (";".join(column) for column in zip(*((f"{time:.4f}".rstrip("0").rstrip("."), value) for time, value in points)))
    # Programs that draw no animation show the last screen.
    hidden = "" if until == end else ' display="none"'
    return f'<g{hidden}><animate attributeName="display" values="{values}" keyTimes="{times}" dur="{end / 1000:.2f}s" calcMode="discrete" repeatCount="indefinite"/>{parts}</g>'


HOLD = 4000


def main():
    columns, title, found = int(sys.argv[1]), sys.argv[2], frames(sys.argv[3])
    rows = max(len(lines) for _, lines in found)
    end = found[-1][0] + HOLD
    parts = [timed(row_parts(text, row), begin, until, end) for row in range(rows) for text, begin, until in spans(found, row, end)]
    width, height = 2 * EDGE + columns * WIDTH, TOP + rows * HEIGHT + EDGE
    dots = "".join(f'<circle cx="{20 + 18 * n}" cy="15" r="5.5" fill="{fill}"/>' for n, fill in enumerate(["#e06c75", "#e5c07b", "#98c379"]))
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="100%" height="100%" rx="9" fill="{BACK}"/><path d="M0 30V9a9 9 0 0 1 9-9H{width - 9:.0f}a9 9 0 0 1 9 9V30z" fill="{BAR}"/>{dots}\n'
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{SIZE}" xml:space="preserve">\n'
        f'<text x="{width / 2:.0f}" y="20" fill="{DIM}" text-anchor="middle" font-size="13">{escape(title)}</text>'
    )
    print("\n".join(parts))
    print("</g></svg>")


main()
