from pathlib import Path

import pytest

from functions.domain.errors import InvalidRequestError
from trimtab.predict_file import _in_file
from trimtab.rows import read_rows

INPUTS = [
    {"name": "distance", "datatype": "FP32"},
    {"name": "stops", "datatype": "INT64"},
    {"name": "carrier", "datatype": "BYTES"},
    {"name": "night", "datatype": "BOOL"},
]
HEADER = "carrier,stops,distance,night,tailnum,late"


def write(folder: Path, *lines: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def test_reads_each_column_as_the_model_takes_it_and_leaves_the_rest_out(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, "UA,3,1400.5,True,N1,1", "B6,0,NA,false,N2,0")

    rows = read_rows(path, INPUTS, label="late")

    assert rows.features == [
        {"distance": 1400.5, "stops": 3, "carrier": "UA", "night": True},
        {"distance": None, "stops": 0, "carrier": "B6", "night": False},
    ]
    assert rows.truth == ["1", "0"]
    assert rows.left_out == ["tailnum"]


def test_a_file_with_semicolons_and_decimal_commas_is_read_as_training_reads_it(tmp_path: Path) -> None:
    path = write(tmp_path, "carrier;stops;distance;night", "UA;3;1400,5;true")
    assert read_rows(path, INPUTS, label=None).features[0]["distance"] == 1400.5


def test_a_file_without_the_label_has_no_truth(tmp_path: Path) -> None:
    assert read_rows(write(tmp_path, HEADER, "UA,3,1,true,N1,1"), INPUTS, label="delayed").truth is None


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([HEADER, "UA,3,far,true,N1,1"], "line 2: column 'distance' holds 'far'"),
        ([HEADER, "UA,3.5,1,true,N1,1"], "line 2: column 'stops' holds '3.5'"),
        ([HEADER, "UA,3,1,true,N1,1", "UA,3,1,perhaps,N1,1"], "line 3: column 'night' holds 'perhaps'"),
        ([HEADER, "UA,3,1,true,N1"], "line 2: 5 fields, but the header has 6"),
        (["carrier,stops", "UA,1"], "no column 'distance'"),
        ([HEADER], "no rows"),
    ],
)
def test_a_bad_file_is_refused_by_line_and_column(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(InvalidRequestError, match=says):
        read_rows(write(tmp_path, *lines), INPUTS, label="late")


def test_a_missing_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"nowhere\.csv"):
        read_rows(tmp_path / "nowhere.csv", INPUTS, label=None)


def test_json_rows_pass_as_they_are_for_the_endpoint_to_judge(tmp_path: Path) -> None:
    path = write(tmp_path, '{"rows": [{"distance": 1, "stops": "x", "carrier": null, "late": 1}]}', name="r.json")
    rows = read_rows(path, INPUTS, label="late")
    assert rows.features == [{"distance": 1, "stops": "x", "carrier": None}]
    assert rows.truth == ["1"]


@pytest.mark.parametrize("text", ["[1, 2]", '{"row": []}', "{", "[]"])
def test_json_that_holds_no_rows_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"r\.json"):
        read_rows(write(tmp_path, text, name="r.json"), INPUTS, label=None)


def test_an_endpoints_words_are_put_in_the_files_numbers() -> None:
    assert _in_file("row 0, a: is null; row 3, b: is null", 200) == (
        "row 201 of the file, a: is null; row 204 of the file, b: is null"
    )
