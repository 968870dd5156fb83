"""A function of the user's own as an augmenter."""

import functools
import importlib
import random
from typing import Any

from stages.augmentation.change import Change, Context
from stages.errors import GristmillError
from stages.recipe import Step


def plugin(text: str, step: Step, context: Context, generator: random.Random) -> Change:  # noqa: ARG001
    """The text as the user's function gives it back; what comes back empty is no change.

    The function is named `package.module.function`, imported at its first use, and takes and gives a text. It must
    depend on the text alone: nothing here can seed it.

    Raises GristmillError, which names the function and the document, where the function cannot be imported, fails, or
    gives back something else than a text.
    """
    try:
        function = _function(step.function)
    except (Exception, SystemExit) as error:
        raise _failure(step, context, f"cannot be imported: {_line(error)}") from error
    try:
        changed = function(text)
    except (Exception, SystemExit) as error:
        raise _failure(step, context, f"failed: {_line(error)}") from error
    if not isinstance(changed, str):
        raise _failure(step, context, f"gave back {type(changed).__name__}; it must give back a text (str)")
    if not changed or changed == text:
        return Change(text, 0, 1)
    return Change(changed, 1, 1)


@functools.cache
def _function(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _failure(step: Step, context: Context, what: str) -> GristmillError:
    return GristmillError(f"augmenter plugin, function {step.function}, document {context.document_id}: {what}")


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
