"""Text of figures in lines: how wide it is, where it is broken, and a sentence over a whole figure."""

from bisect import bisect_right

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from ordercast.plots import STYLE, WIDTH_INCHES


def headline(figure: Figure, text: str) -> None:
    """Puts a sentence over the whole figure, in as many lines as it takes, and makes the figure higher by them."""
    folded = fold(text, WIDTH_INCHES - 0.2)
    figure.suptitle(folded, x=0.012, ha="left", fontsize=10)
    figure.set_figheight(figure.get_figheight() + 0.1 + 0.17 * (folded.count("\n") + 1))


def fold(text: str, width_inches: float) -> str:
    """The text in lines of at most that width in the figures' font, broken also within a word longer than that."""
    lines, rest = [], text.replace("\n", " ").strip(" ")
    while rest:
        counts = range(1, len(rest) + 1)
        fits = max(bisect_right(counts, width_inches, key=lambda count: text_inches(rest[:count])), 1)
        space = rest.rfind(" ", 0, fits + 1) if fits < len(rest) else -1
        end = space if space > 0 else fits
        lines.append(rest[:end].rstrip(" "))
        rest = rest[end:].lstrip(" ")
    return "\n".join(lines)


def text_inches(text: str) -> float:
    """How wide a line of text is; a little more than by the font's outlines, as letters are drawn on whole pixels."""
    font = FontProperties(family=STYLE["font.family"], size=STYLE["font.size"])
    return 1.05 * float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72
