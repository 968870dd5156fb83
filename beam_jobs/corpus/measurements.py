"""What the quality rules measured, a row for every text that came so far, kept or removed.

From these values alone it can be told what other bounds would have done (`make what-if`), and where a threshold cuts
(`make report`).
"""

import pyarrow as pa

from stages.quality.bounds import measure_names
from stages.verdict import Verdict

MEASUREMENT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("rule", pa.string()),
        *(pa.field(name, pa.float64()) for name in measure_names()),
    ]
)
"""`rule` is the quality rule that removed the text, null for one that passed; null where a rule does not apply."""


def measurement_row(record_id: int, verdict: Verdict) -> dict[str, object]:
    """A row of MEASUREMENT_SCHEMA, for a verdict that has measurements."""
    assert verdict.measurements is not None and verdict.language is not None
    refused = verdict.refusal if verdict.stage == "quality" else None
    rule = refused.rule if refused is not None else None
    return {"id": record_id, "language": verdict.language.language, "rule": rule, **verdict.measurements}
