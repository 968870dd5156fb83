"""The course of a run, from its metrics: `curves.png`, and `curves.html`, a page that needs no other file."""

import base64
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from stages.artifacts import write_bytes

CURVES = ("curves.png", "curves.html")
SIZE_INCHES = (8.0, 6.5)
RESOLUTION = 120
MOST_POINTS = 500
"""Of a curve: longer runs are drawn as means, with the range from the lowest to the highest value around them."""
COLOURS = {"train": "#0072b2", "validation": "#b54a08", "unigram": "#57606a"}
SMALL = {"learning_rate": "learning rate", "gradient_norm": "norm of the gradient"}
STYLE = """
:root { color-scheme: light dark; --page: #fbfaf8; --ink: #1f2328; --soft: #5c636b; --line: #e3e1dc; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15181b; --ink: #e6e8ea; --soft: #a2a9b0; --line: #30363c; }
}
body { margin: 2.5rem auto; max-width: 60rem; padding: 0 1.25rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.8rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; }
p, caption { color: var(--soft); } img { max-width: 100%; height: auto; border-radius: .4rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .92rem; }
th, td { padding: .3rem 1.2rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .8rem 0; border-bottom: 1px solid var(--line); }
"""


def write_curves(
    folder: Path,
    title: str,
    records: Sequence[Mapping[str, Any]],
    results: Mapping[str, Any],
    samples: Sequence[Mapping[str, str]],
    hardest: Sequence[Mapping[str, Any]],
) -> None:
    """Writes the picture and the page into the folder of a run; `records` are those of its metrics."""
    picture = drawn(records, title)
    for name, content in zip(CURVES, (picture, page(title, picture, results, samples, hardest).encode()), strict=True):
        write_bytes(str(folder / name), content)


def drawn(records: Sequence[Mapping[str, Any]], title: str) -> bytes:
    """A PNG: training and validation loss over the steps, and below them the learning rate and the gradient's norm."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        # A person's own settings of matplotlib change nothing here.
        matplotlib.rcdefaults()
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplot_mosaic([["loss", "loss"], [*SMALL]], height_ratios=[2.2, 1.0])
        _draw(axes["loss"], records, "loss", COLOURS["train"], "training")
        _mark_validation(axes["loss"], records)
        axes["loss"].set_ylabel("nats a token")
        axes["loss"].legend(frameon=False)
        for key, name in SMALL.items():
            _draw(axes[key], records, key, COLOURS["train"], name)
            axes[key].set_title(name, fontsize=9)
        for one in axes.values():
            one.grid(alpha=0.3)
            one.spines[["top", "right"]].set_visible(False)
        figure.supxlabel("step", fontsize=9)
        figure.suptitle(title, fontsize=11)
        target = io.BytesIO()
        figure.savefig(target, format="png", dpi=RESOLUTION, metadata={"Software": None})
    return target.getvalue()


def _draw(axes: Any, records: Sequence[Mapping[str, Any]], key: str, colour: str, label: str) -> None:
    found = [(one["step"], one[key]) for one in records if _is_finite(one.get(key))]
    if not found:
        return
    parts = np.array_split(np.array(found), min(len(found), MOST_POINTS))
    steps, means = zip(*(part.mean(axis=0) for part in parts), strict=True)
    if len(parts) < len(found):
        lows, highs = zip(*((part[:, 1].min(), part[:, 1].max()) for part in parts), strict=True)
        axes.fill_between(steps, lows, highs, color=colour, alpha=0.2, linewidth=0)
    axes.plot(steps, means, color=colour, linewidth=1.2, label=label)


def _mark_validation(axes: Any, records: Iterable[Mapping[str, Any]]) -> None:
    found = [one for one in records if _is_finite(one.get("validation_loss"))]
    if not found:
        return
    steps, losses = zip(*((one["step"], one["validation_loss"]) for one in found), strict=True)
    axes.plot(steps, losses, color=COLOURS["validation"], linewidth=1.2, marker="o", markersize=3.5, label="validation")
    entropy = found[-1]["unigram_entropy"]
    axes.axhline(entropy, color=COLOURS["unigram"], linewidth=1.0, linestyle="--", label="unigram entropy")


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def page(
    title: str,
    picture: bytes,
    results: Mapping[str, Any],
    samples: Iterable[Mapping[str, str]],
    hardest: Sequence[Mapping[str, Any]],
) -> str:
    """An HTML page with the picture inside: the results in all and by origin, the samples and the hardest documents."""
    whole = [(name.replace("_", " "), value) for name, value in results.items() if not isinstance(value, Mapping)]
    parts = [
        f"<h1>{escape(title)}</h1><p>The course of the training run, and what came of it.</p>",
        f'<img alt="curves of the loss" src="data:image/png;base64,{base64.b64encode(picture).decode()}">',
        "<h2>Results</h2>" + _table(("measure", "value"), whole),
    ]
    for kind in ("sources", "languages"):
        if groups := results.get(kind):
            header = (kind[:-1], *(name.replace("_", " ") for name in next(iter(groups.values()))))
            rows = [(name, *measures.values()) for name, measures in groups.items()]
            parts.append(f"<h2>By {kind[:-1]}</h2>" + _table(header, rows))
    if hardest:
        parts.append("<h2>Documents with the highest loss</h2>" + _table(hardest[0], [one.values() for one in hardest]))
    parts.append("<h2>Samples</h2>" + "".join(f"<pre>{escape(one['text'])}</pre>" for one in samples))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline';"
        ' img-src data:"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'<td class="number">{value:.4g}</td>'
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{escape('' if value is None else str(value))}</td>"
