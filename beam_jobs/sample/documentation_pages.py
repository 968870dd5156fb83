"""Renders modules of Python as web pages; run as a program of its own, since it imports what it renders.

    python documentation_pages.py FOLDER MODULE...

leaves FOLDER/MODULE.html for every module that can be imported.
"""

import importlib
import pydoc
import re
import sys
import sysconfig
from pathlib import Path

# pydoc keeps the spaces of some lines as entities.
MEMORY_ADDRESS = re.compile(r"(?: |&nbsp;)(?:at(?: |&nbsp;)0x|handle )[0-9a-fA-F]+")


def render_module(name: str) -> str:
    """The page of a module, without what differs between two runs or two machines."""
    document = pydoc.HTMLDoc()
    page = document.page(name, document.document(importlib.import_module(name), name))
    page = MEMORY_ADDRESS.sub("", page)
    return page.replace(sysconfig.get_path("stdlib"), "").replace(sys.executable, "python")


def main(folder: str, modules: list[str]) -> None:
    """Renders one module after the other; each page is there whole or not at all."""
    for name in modules:
        try:
            page = render_module(name)
        except (Exception, SystemExit):
            # Modules may do anything when they are imported out of place; the others are wanted all the same.
            continue
        unfinished = Path(folder, "unfinished")
        unfinished.write_text(page, encoding="utf-8")
        unfinished.rename(Path(folder, f"{name}.html"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
