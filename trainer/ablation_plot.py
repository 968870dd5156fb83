"""The differences of all variants to the base as a forest plot."""

import io
from collections.abc import Sequence

from trainer.ablation_results import VariantResult

WIDTH_INCHES = 8.0
INCHES_PER_VARIANT = 0.26
MARGIN_INCHES = 1.3
RESOLUTION = 150
COLOURS = {"better": "#1a7f37", "worse": "#b42318", "": "#57606a"}


def drawn(found: Sequence[VariantResult], title: str) -> bytes:
    """A PNG: a row for each variant, its difference with the interval over seeds (thick) and over documents (thin)."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    compared = [(one.name, one.difference) for one in found if one.difference is not None]
    with matplotlib.rc_context():
        # A person's own settings of matplotlib change nothing here.
        matplotlib.rcdefaults()
        height = MARGIN_INCHES + INCHES_PER_VARIANT * len(compared)
        figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for place, (_, difference) in enumerate(compared):
            colour, seeds, documents = COLOURS[difference.verdict], difference.over_seeds, difference.over_documents
            axes.plot([documents.low, documents.high], [place, place], color=colour, linewidth=1.0)
            axes.plot([seeds.low, seeds.high], [place, place], color=colour, linewidth=3.5, alpha=0.45)
            axes.plot([seeds.mean], [place], marker="o", markersize=4.5, color=colour)
        axes.axvline(0.0, color="black", linewidth=0.8)
        axes.set_yticks(range(len(compared)), [name for name, _ in compared])
        axes.set_ylim(len(compared) - 0.4, -0.6)
        figure.supxlabel("bits per byte: difference to the base (left is better)", fontsize=9)
        figure.suptitle(title, fontsize=10)
        axes.grid(axis="x", alpha=0.3)
        target = io.BytesIO()
        figure.savefig(target, format="png", dpi=RESOLUTION, metadata={"Software": None})
    return target.getvalue()
