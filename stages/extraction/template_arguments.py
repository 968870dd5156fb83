"""The arguments of a template, rendered only when they are asked for."""

from collections.abc import Callable, Sequence
from functools import cached_property

from mwparserfromhell.nodes.extras import Parameter
from mwparserfromhell.wikicode import Wikicode


class Arguments:
    """What stands between the bars of `{{name|first|second|key=value}}`, as text."""

    def __init__(self, parameters: Sequence[Parameter], render: Callable[[Wikicode], str]) -> None:
        self._parameters = parameters
        self._render = render
        self._texts: dict[str, str] = {}

    @cached_property
    def _values(self) -> dict[str, Wikicode]:
        return {str(parameter.name).strip(): parameter.value for parameter in self._parameters}

    def get(self, *names: str) -> str:
        """The first of these arguments that has a text; positional ones are named `1`, `2` and so on."""
        return next(filter(None, map(self._text, names)), "")

    def _text(self, name: str) -> str:
        # Rendered once: arguments hold templates, which hold arguments, and so on.
        if name not in self._texts:
            self._texts[name] = self._render(self._values[name]).strip() if name in self._values else ""
        return self._texts[name]

    def is_on(self, name: str) -> bool:
        """Whether an argument says yes."""
        return self.get(name).lower() in ("y", "yes", "on", "1", "true")

    def positional(self) -> list[str]:
        """The arguments `1`, `2` and so on up to the first that is missing; empty ones at the end are left out."""
        found: list[str] = []
        while (name := str(len(found) + 1)) in self._values:
            found.append(self.get(name))
        while found and not found[-1]:
            found.pop()
        return found
