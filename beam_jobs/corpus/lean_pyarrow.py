"""Keeps pyarrow from importing pandas, for commands that must answer at once.

pyarrow imports pandas wherever it is installed as soon as a scalar is made, only to ask whether that is one of pandas;
it takes half a second. Without pandas it does all that is needed here.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _WithoutPandas(MetaPathFinder):
    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not imported in this process", name=name)
        return None


def without_pandas() -> None:
    """Makes pandas look absent in this process; for the main function of a command, before pyarrow is used."""
    sys.meta_path.insert(0, _WithoutPandas())
