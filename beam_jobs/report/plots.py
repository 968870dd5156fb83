"""Histograms as inline SVG in the colours of the page, so that they follow its light and dark mode."""

import io
import re
from typing import Any

import numpy as np

from beam_jobs.report.histograms import Histogram, Threshold

SIZE_INCHES = (4.4, 2.2)
EDGE = 0.12
"""A label nearer to a side than this share of the width begins or ends at its line."""
COLOURS = {
    "ink": "#0000f1",
    "faint": "#0000f2",
    "kept": "#0000f3",
    "removed": "#0000f4",
    "other": "#0000f5",
    "mark": "#0000f6",
}
"""Stand for the page's own colours, and are replaced by their names."""
SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "gristmill",
    "svg.fonttype": "none",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLOURS["faint"],
    "axes.labelcolor": COLOURS["ink"],
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["faint"],
    "ytick.color": COLOURS["faint"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
    "hatch.linewidth": 0.8,
}
_ID = re.compile(r'\b(id="|xlink:href="#|url\(#)')
_FONT = re.compile(r"font(-family)?: [^;\"]*?'[^;\"]*;? ?")
_DROPPED = re.compile(r"<\?xml.*?<svg |<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", re.DOTALL)


def drawing(picture: Histogram, name: str, label: str) -> str:
    """An `<svg>` element; `name` keeps its ids apart from those of others, `label` is read out instead of it."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        # A person's own settings of matplotlib change nothing here.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        figure = Figure(figsize=SIZE_INCHES)
        FigureCanvasSVG(figure)
        _draw(figure.add_axes((0.1, 0.13, 0.86, 0.75)), picture)
        target = io.StringIO()
        figure.savefig(target, format="svg", metadata={"Date": None}, transparent=True)
    return _inline(target.getvalue(), name, label)


def _draw(axes: Any, picture: Histogram) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    for name, counts in picture.counts.items():
        style = {
            "kept": {"fill": True, "facecolor": COLOURS["kept"], "alpha": 0.35, "edgecolor": COLOURS["kept"]},
            "removed": {"fill": True, "facecolor": "none", "hatch": "////", "edgecolor": COLOURS["removed"]},
            "other": {"fill": False, "edgecolor": COLOURS["other"], "linestyle": (0, (2, 1.5))},
        }[name]
        if counts.any():
            axes.stairs(counts, picture.edges, baseline=0.7, linewidth=1.1, **style)
    most = max(int(counts.max()) for counts in picture.counts.values())
    axes.set_yscale("log")
    axes.set_ylim(0.7, max(most * 1.6, 12))
    axes.set_xlim(picture.edges[0], picture.edges[-1])
    if picture.logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value)))
    for cut, bound in zip(picture.thresholds, picture.bounds, strict=True):
        _draw_bound(axes, cut, bound)
    axes.tick_params(length=3, pad=2)


def _draw_bound(axes: Any, cut: float, bound: Threshold) -> None:
    """A line, a tint over what misses it, and its value above the picture, where no bar is."""
    axes.axvline(cut, color=COLOURS["mark"], linewidth=1.3, linestyle=(0, (4, 2)))
    first, last = axes.get_xlim()
    axes.axvspan(
        *((first, cut) if bound.is_minimum else (cut, last)), color=COLOURS["removed"], alpha=0.09, linewidth=0
    )
    place = axes.transLimits.transform(axes.transScale.transform((cut, 1)))[0]
    side = "left" if place < EDGE else "right" if place > 1 - EDGE else "center"
    sign = "\u2265" if bound.is_minimum else "\u2264"
    label = f"{sign} {short_number(bound.value)}"
    axes.text(place, 1.03, label, transform=axes.transAxes, ha=side, color=COLOURS["mark"])


def short_number(value: float) -> str:
    """A number for an axis: 1,500 as `1.5k`."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{np.round(value, 6):g}"


def _inline(svg: str, name: str, label: str) -> str:
    svg = _DROPPED.sub(lambda found: "<svg " if found[0].startswith("<?xml") else "", svg)
    svg = _ID.sub(rf"\g<1>{name}-", svg)
    svg = _FONT.sub(lambda found: "font-size: 9px; " if found[1] is None else "", svg)
    for colour, value in COLOURS.items():
        svg = svg.replace(value, f"var(--{colour})")
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).strip()
