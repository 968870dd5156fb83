"""Files of parts: each part by itself, in order, empty ones too."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from beam_jobs.shuffle import parts_writer, read_all_parts, read_part, write_parts
from beam_jobs.units import Outputs, Unit
from stages.errors import GristmillError
from tests.beam_jobs.toy_phases import toy_job

TABLE = pa.table({"key": pa.array([5, 6, 7, 8], pa.uint64()), "list": pa.array([[1], [], [2, 3], None])})


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    return Outputs(toy_job(tmp_path / "out"), Unit("phase", 0, "key", 1, {}))


def path_of(outputs: Outputs, tmp_path: Path) -> str:
    return str(tmp_path / "out" / "toy" / outputs.files["keys"][0].path)


def test_each_part_holds_its_rows_in_their_order(outputs: Outputs, tmp_path: Path) -> None:
    write_parts(outputs, "keys", TABLE, np.array([2, 0, 2, 0]), 4)
    path = path_of(outputs, tmp_path)
    parts = [read_part(path, number).to_pylist() for number in range(4)]
    rows = TABLE.to_pylist()
    assert parts == [[rows[1], rows[3]], [], [rows[0], rows[2]], []]
    assert read_part(path, 2, ["key"]).to_pydict() == {"key": [5, 7]}
    assert read_all_parts(path, ["key"]).to_pydict() == {"key": [6, 8, 5, 7]}
    assert outputs.files["keys"][0].rows == 4


def test_a_table_without_rows_has_all_its_parts(outputs: Outputs, tmp_path: Path) -> None:
    write_parts(outputs, "keys", TABLE.slice(0, 0), np.zeros(0, np.int64), 3)
    assert read_part(path_of(outputs, tmp_path), 2).schema == TABLE.schema
    assert read_all_parts(path_of(outputs, tmp_path)).num_rows == 0


def test_several_tables_are_parts_one_after_the_other(outputs: Outputs, tmp_path: Path) -> None:
    with parts_writer(outputs, "keys", TABLE.schema) as writer:
        writer.write_all(TABLE, np.array([0, 0, 1, 1]), 2)
        writer.write(TABLE.slice(1, 1))
    path = path_of(outputs, tmp_path)
    assert [read_part(path, number)["key"].to_pylist() for number in range(3)] == [[5, 6], [7, 8], [6]]


def test_parts_are_read_from_a_remote_folder_too(outputs: Outputs, tmp_path: Path) -> None:
    import fsspec

    write_parts(outputs, "keys", TABLE, np.array([0, 1, 1, 1]), 2)
    fsspec.filesystem("memory").pipe("/some.parts", Path(path_of(outputs, tmp_path)).read_bytes())
    assert read_part("memory://some.parts", 1, ["key"]).to_pydict() == {"key": [6, 7, 8]}
    assert read_all_parts("memory://some.parts").equals(read_all_parts(path_of(outputs, tmp_path)))


@pytest.mark.parametrize("cut", [0, 10, 40, -1])
def test_a_damaged_file_is_named(outputs: Outputs, tmp_path: Path, cut: int) -> None:
    write_parts(outputs, "keys", TABLE, np.array([0, 1, 1, 1]), 2)
    path = Path(path_of(outputs, tmp_path))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(GristmillError, match=r"\.parts: damaged"):
        read_part(str(path), 1)


def test_lists_and_texts_keep_their_values_in_many_parts(outputs: Outputs, tmp_path: Path) -> None:
    texts = pa.table({"text": [f"text {number}" * (number % 4) for number in range(1000)], "number": range(1000)})
    write_parts(outputs, "keys", texts, np.arange(1000) % 300, 300)
    path = path_of(outputs, tmp_path)
    assert read_part(path, 299)["number"].to_pylist() == [299, 599, 899]
    assert read_part(path, 7)["text"].to_pylist() == [texts["text"][number].as_py() for number in (7, 307, 607, 907)]
    assert sorted(read_all_parts(path)["number"].to_pylist()) == [*range(1000)]
