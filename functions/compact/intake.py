"""Takes in stored records, a line each: good ones become rows of sheets, the others are set aside with their reason."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.compact.column_values import TEXT, as_text, finite
from functions.compact.contracts import Contracts
from functions.compact.label_rows import label_rows
from functions.compact.record_forms import check_labels, check_observation, check_prediction
from functions.compact.sheets import HOUR, HOUR_MS, LABEL, PREDICTION, Sheet
from functions.domain import label_record, observation_record, prediction_record
from functions.domain.contract import Feature
from functions.domain.errors import CorruptArtifactError
from functions.domain.log_table import feature_column, feature_type
from functions.domain.model_config import ModelConfig
from functions.domain.names import RecordKind
from functions.domain.prediction_id import prediction_id

# Half a character, escaped or as bytes: Python's JSON lets both pass.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record, or rows of one, that did not become rows of the table. `line` counts from 1."""

    kind: RecordKind
    source: str
    line: int
    reason: str
    record: str

    def to_document(self) -> dict[str, Any]:
        return {"line": self.line, "reason": self.reason, "record": self.record}


class Intake:
    """One batch of records of a model. `sheets` holds its new predictions, `labels` its labels."""

    def __init__(self, config: ModelConfig, contracts: Contracts) -> None:
        self._config, self._contracts = config, contracts
        self._deployed = _types(config.features)
        self._sheets: dict[tuple[tuple[str, str], ...], Sheet] = {}
        self._forms: dict[tuple[int | None, tuple[str, ...]], tuple[Sheet, tuple[str, ...]]] = {}
        self.labels = Sheet(LABEL)
        self.set_aside: list[SetAside] = []
        self.records = 0

    @property
    def sheets(self) -> list[Sheet]:
        return list(self._sheets.values())

    @property
    def rows(self) -> int:
        """How many predictions were taken, each as often as it came."""
        return sum(sheet.rows for sheet in self._sheets.values())

    def take(self, kind: RecordKind, source: str, lines: Iterable[bytes]) -> None:
        """Take the records of one raw object; `source` is its name.

        Raises:
            UnavailableError: a version's contract could not be read.
        """
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            self.records += 1
            try:
                refused = self._take_one(kind, line)
            except CorruptArtifactError as error:
                refused = str(error)
            except RecursionError:
                refused = "it is nested too deep"
            if refused:
                self.refuse(kind, source, number, refused, line)

    def refuse(self, kind: RecordKind, source: str, line: int, reason: str, record: bytes = b"") -> None:
        """Set a record aside."""
        self.set_aside.append(SetAside(kind, source, line, reason, record.decode("utf-8", "backslashreplace")))

    def _take_one(self, kind: RecordKind, line: bytes) -> str | None:
        """Take one record; what is wrong with some of its rows, if anything is."""
        if kind == "predictions":
            record: Mapping[str, Any] = prediction_record.parse(line)
        else:
            record = (label_record if kind == "labels" else observation_record).parse(line)
        if _SURROGATE.search(line):
            _check_text(record)
        if kind == "labels":
            return self._labels(record)
        self._prediction(record) if kind == "predictions" else self._observation(record)
        return None

    def _prediction(self, record: Mapping[str, Any]) -> None:
        rows = check_prediction(record, self._config.model)
        version, first = record["model_version"], record["first_row"]
        reader = self._contracts.of(self._config.model, version)
        found = reader.read(record["outputs"], rows)
        sheet, inputs = self._inputs(version, reader.features, record["inputs"])
        sheet.add(
            {
                HOUR: [record["time"] // HOUR_MS] * rows,
                "id": [prediction_id(record["request_id"], first + row) for row in range(rows)],
                "time": [record["time"]] * rows,
                "version": [str(version)] * rows,
                "release": [record["release"]] * rows,
                "row": range(first, first + rows),
                "client": [record["client"]] * rows,
                "source": [record["source"]] * rows,
                "latency_us": [record["latency_us"]] * rows,
                "flags": _flags(record["flags"], rows),
                "prediction": found.predictions,
                "score": found.scores,
                "probabilities": found.probabilities,
                **inputs,
            }
        )

    def _observation(self, record: Mapping[str, Any]) -> None:
        rows = check_observation(record, self._config.model)
        sheet, inputs = self._inputs(None, (), record["inputs"])
        sheet.add(
            {
                HOUR: [moment // HOUR_MS for moment in record["times"]],
                "id": record["ids"],
                "time": record["times"],
                "version": record["versions"],
                "release": [None] * rows,
                "row": range(rows),
                "client": [record["sender"]] * rows,
                "source": ["observation"] * rows,
                "latency_us": [None] * rows,
                "flags": _flags(record["flags"], rows),
                "prediction": record["predictions"],
                "score": record["scores"],
                "probabilities": [_chances(by) for by in record["probabilities"]],
                **inputs,
            }
        )

    def _labels(self, record: Mapping[str, Any]) -> str | None:
        check_labels(record, self._config.model)
        columns, refused = label_rows(record, self._config.task)
        self.labels.add(columns)
        return refused

    def _inputs(
        self, version: int | None, features: Sequence[Feature], inputs: Mapping[str, list[Any]]
    ) -> tuple[Sheet, dict[str, list[Any]]]:
        """The sheet for rows with these inputs, and their columns.

        A feature is of the type that the version's contract says, else of the deployed settings'; text where neither
        knows it.
        """
        form = (version, tuple(inputs))
        if form not in self._forms:
            if len({name.casefold() for name in inputs}) < len(inputs):
                raise CorruptArtifactError("two of its inputs differ in upper and lower case only")
            known = {**self._deployed, **_types(features)}
            types = {feature_column(name): known.get(name.casefold(), TEXT) for name in inputs}
            sheet = self._sheets.setdefault(tuple(sorted(types.items())), Sheet({**PREDICTION, **types}))
            self._forms[form] = sheet, tuple(name for name in inputs if name.casefold() not in known)
        sheet, strange = self._forms[form]
        columns = {feature_column(name): values for name, values in inputs.items()}
        for name in strange:
            columns[feature_column(name)] = [as_text(value) for value in inputs[name]]
        return sheet, columns


def _types(features: Sequence[Feature]) -> dict[str, str]:
    """DuckDB's type by a feature's name without upper case."""
    return {feature.name.casefold(): feature_type(feature) for feature in features}


def _flags(flags: Sequence[Sequence[str]], rows: int) -> list[str]:
    return [json.dumps(row) for row in flags] if flags else ["[]"] * rows


def _chances(by_class: Mapping[str, Any] | None) -> str | None:
    return None if by_class is None else json.dumps({name: finite(value) for name, value in by_class.items()})


def _check_text(record: Mapping[str, Any]) -> None:
    """Raises CorruptArtifactError for half a character, which no UTF-8 and so no table can hold."""
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CorruptArtifactError(f"a text in it is no Unicode: {error.reason}") from error
