"""CSV files as people export them: read as meant, or refused with the line."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.adapters.csv_file import read_columns, read_table
from functions.domain.errors import ModelFolderError


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,x y\n2,z\n",
        "a,b\r\n1,x y\r\n2,z",
        "\ufeffa,b\n1,x y\n2,z\n",
        " a , b \n 1 , x y \n\n2,z\n,\n",
        'a,b\n"1","x y"\n2,z\n',
        "a;b\n1;x y\n2;z\n",
        "a\tb\n1\tx y\n2\tz\n",
        '"a"|b\n1|x y\n2|z\n',
    ],
    ids=["plain", "windows", "byte order mark", "blanks and empty lines", "quoted", "semicolons", "tabs", "bars"],
)
def test_reads_the_same_table_however_it_was_exported(tmp_path: Path, content: str) -> None:
    table = read_table(written(tmp_path, content))

    assert dict(table.columns) == {"a": ["1", "2"], "b": ["x y", "z"]}


def test_a_field_may_hold_line_ends_quotes_and_delimiters(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, 'note,n\n"first\nsecond, ""third""",1\n\u2028,2\n'))

    assert table.columns["note"] == ['first\nsecond, "third"', ""]
    assert table.lines == [3, 4]


def test_decimal_commas_become_points_where_no_comma_parts_the_fields(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "price;note;place\n1,5;1,5 or so;3\n2;a;1,2\n"))

    assert table.columns["price"] == ["1.5", "2"]
    assert table.columns["place"] == ["3", "1.2"]
    assert table.columns["note"] == ["1,5 or so", "a"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "data.csv is empty: give it a header line and rows"),
        (" \n\n", "data.csv is empty"),
        ("a,b\n", "data.csv has a header and no rows"),
        ("a,b\n1,2\n3\n", "data.csv line 3: 1 fields, but the header has 2: mend the line"),
        ("a,b\n1,2,3\n", "data.csv line 2: 3 fields, but the header has 2"),
        ('a,b\n"1\n2",3\n4,5,6\n', "data.csv line 4: 3 fields"),
        ('a,b\n1,"2\n3,4\n', "data.csv line 3: unexpected end of data: look for an unclosed quote"),
        ('a,b\n1,"2"3\n', "data.csv line 2: ',' expected after '\"'"),
        ("a,b,a\n1,2,3\n", "data.csv line 1: two columns are called 'a': rename one"),
        ("1,2\n3,4\n", "data.csv line 1 holds numbers only: write the columns' names"),
        ('"a\nb",c\n1,2\n', "line 1: column 'a\\nb': a name has up to 128 printable characters"),
        (b"a,b\n1,x\n2,caf\xe9\n", "data.csv line 3: not UTF-8 (byte 0xe9): save it as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "data.csv is UTF-16: save it as UTF-8"),
        (b"a,b\n1,\x00\n", "data.csv line 2: a NUL byte"),
        ("a,b\n" + "x" * 200_000 + ",1\n", "data.csv line 2: field larger than field limit"),
    ],
)
def test_names_the_line_that_is_wrong_and_says_what_to_do(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(ModelFolderError) as raised:
        read_table(written(tmp_path, content))

    assert said in str(raised.value)


def test_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"none\.csv: cannot be read: No such file"):
        read_table(tmp_path / "none.csv")


@given(content=st.binary(max_size=60))
def test_no_file_whatever_gives_anything_but_a_table_or_our_error(tmp_path_factory: Any, content: bytes) -> None:
    path = written(tmp_path_factory.getbasetemp(), content)
    try:
        table = read_table(path)
    except ModelFolderError as error:
        said = str(error)
    else:
        said = "fine" if all(len(column) == len(table) for column in table.columns.values()) else "ragged"

    assert said == "fine" or said.startswith("data.csv ")


names = st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=2, max_size=4, unique=True)
cells = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(' ,;"\n'), max_size=8)


@given(header=names, data=st.data())
def test_what_python_writes_is_read_back(tmp_path_factory: Any, header: list[str], data: st.DataObject) -> None:
    row = st.lists(cells, min_size=len(header), max_size=len(header)).filter(lambda row: any(c.strip() for c in row))
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])

    table = read_table(written(tmp_path_factory.getbasetemp(), text.getvalue()))

    assert [list(column) for column in table.columns.values()] == [
        [cell.strip() for cell in column] for column in zip(*rows, strict=True)
    ]


@pytest.mark.parametrize(
    ("kind", "written_as", "read"),
    [
        ("float32", ["1.5", "NA", "-2e3"], [1.5, None, -2000.0]),
        ("int64", ["7", "", "-1"], [7, None, -1]),
        ("bool", ["true", "FALSE", "?"], [True, False, None]),
        ("string", ["x", "null", "007"], ["x", None, "007"]),
        ("time", ["2013-01-01", "2013-01-01T00:30:00Z", "2013-01-01 01:00:00+01:00"], ["00:00", "00:30", "00:00"]),
        ("epoch_s", ["1356998400", "1357000200", "1356998400"], ["00:00", "00:30", "00:00"]),
        ("epoch_ms", ["1356998400000", "1357000200000", "1356998400000"], ["00:00", "00:30", "00:00"]),
    ],
)
def test_columns_are_read_as_their_types_say(tmp_path: Path, kind: str, written_as: list[str], read: list[Any]) -> None:
    path = written(tmp_path, "x,n\n" + "".join(f"{cell},0\n" for cell in written_as))
    column = read_columns(path, {"x": kind})["x"]

    if kind == "float32":
        assert np.array_equal(column, np.array(read, dtype=float), equal_nan=True)
    elif column.dtype.kind == "M":
        assert column.tolist() == [
            np.datetime64(f"2013-01-01T{clock}").astype("datetime64[us]").item() for clock in read
        ]
    else:
        assert column.tolist() == read


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("float32", "1,5"),
        ("float32", "1_000"),
        ("float32", "inf"),
        ("int64", "1.0"),
        ("int64", "9223372036854775808"),
        ("bool", "yes"),
        ("time", "01/02/2013"),
        ("epoch_s", "soon"),
    ],
)
def test_names_the_value_that_is_not_of_its_columns_type(tmp_path: Path, kind: str, cell: str) -> None:
    path = written(tmp_path, f'x,n\n,0\n"{cell}",0\n')

    with pytest.raises(ModelFolderError) as raised:
        read_columns(path, {"x": kind})

    assert f"data.csv line 3: column 'x' holds '{cell}', which is no {kind}: mend it" in str(raised.value)


def test_names_the_column_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"data\.csv has no column 'y'; it has x, n"):
        read_columns(written(tmp_path, "x,n\n1,2\n"), {"y": "int64"})
