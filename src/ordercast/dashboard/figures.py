"""Figures as parts of the page: their lines and texts take its colours, light or dark."""

import io
import re

import matplotlib as mpl
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from ordercast import plots


@mpl.rc_context(plots.STYLE | {"svg.fonttype": "none", "svg.hashsalt": "ordercast"})
def svg(figure: Figure) -> str:
    """`figure` as an <svg> element for a page that names the colours: --ink, --soft, --line, --card, --blue ..."""
    target = io.StringIO()
    figure.savefig(target, format="svg", facecolor="none", metadata={"Date": None, "Creator": None})
    text = target.getvalue()
    text = text[text.index("<svg") :]
    for colour, name in _page_colours().items():
        text = re.sub(colour, name, text, flags=re.IGNORECASE)
    return text


def _page_colours() -> dict[str, str]:
    """The figures' own colours as those of the page around them."""
    named = {"blue": plots.BLUE, "orange": plots.ORANGE, "green": plots.GREEN, "purple": plots.PURPLE, "sky": plots.SKY}
    grounds = {"ink": plots.INK, "soft": plots.GREY, "line": plots.PALE, "card": "#ffffff"}
    lines = {colour: f"var(--{name})" for name, colour in (named | grounds).items()}
    mixed = "color-mix(in srgb, var(--{}) 62%, var(--ink))"
    inks = {_ink(colour): mixed.format(name) for name, colour in named.items()}
    return {**inks, **lines, "#000000": "var(--ink)"}


def _ink(colour: str) -> str:
    red, green, blue = plots.ink(colour)
    return to_hex((red, green, blue))
