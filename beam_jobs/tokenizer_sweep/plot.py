"""Bytes per token, and what the vocabulary costs a model, against the vocabulary's size."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

SIZE_INCHES = (7.5, 5.2)
RESOLUTION = 150
COLOURS = {"unigram": "#0072b2", "bpe": "#b54a08", "char": "#1a7f37", "word": "#8250df"}
MARKERS = {"unigram": "o", "bpe": "s", "char": "^", "word": "D"}


def drawn(rows: Sequence[Mapping[str, Any]], name: str) -> bytes:
    """A PNG: above, the bytes that a token stands for, a line a model; below, the embedding's share of parameters."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    with matplotlib.rc_context():
        # A person's own settings of matplotlib change nothing here.
        matplotlib.rcdefaults()
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        FigureCanvasAgg(figure)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        for model in dict.fromkeys(row["model"] for row in rows):
            own = [row for row in rows if row["model"] == model]
            sizes = [row["vocabulary_size"] for row in own]
            style = {"color": COLOURS[model], "marker": MARKERS[model], "markersize": 5.0, "label": model}
            above.plot(sizes, [row["all"]["bytes_per_token"] for row in own], **style)
            below.plot(sizes, [100 * row["embedding_parameters"] / row["parameters"] for row in own], **style)
        every = sorted({row["vocabulary_size"] for row in rows})
        for axes in (above, below):
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_locator(FixedLocator(every))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axes.grid(alpha=0.3)
        above.set_ylabel("bytes per token")
        below.set_ylabel("embedding, % of\nthe model's parameters")
        below.set_ylim(0, 100)
        below.set_xlabel("vocabulary size")
        above.legend()
        figure.suptitle(f"{name}: tokenizers on the same text", fontsize=10)
        target = io.BytesIO()
        figure.savefig(target, format="png", dpi=RESOLUTION, metadata={"Software": None})
    return target.getvalue()
