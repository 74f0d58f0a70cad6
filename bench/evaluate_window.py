"""One whole evaluation in a fresh process, as the function does it: `python -m bench.evaluate_window FOLDER`.

All sections, verdict, report.json and the page; what it leaves out is AWS: the files are on disk already, and
CloudWatch is not asked. Prints where the time went.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from functions.adapters.table_rows import connect
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.domain.verdict import judge
from functions.evaluate.counts import Counts
from functions.evaluate.evidence import evidence
from functions.evaluate.live import Live, make_live_views
from functions.evaluate.report import report
from functions.evaluate.report_html import render
from functions.evaluate.request import EvaluationRequest
from functions.evaluate.sections import sections
from functions.evaluate.window_rows import open_views

MEMORY_MB = 400
END = datetime(2013, 3, 8, tzinfo=UTC)  # of the data that bench.evaluation_data writes


def main(folder: Path) -> None:
    begun = perf_counter()
    settings = ModelConfig.from_document(json.loads((folder / "config.json").read_text()))
    request = EvaluationRequest("flights", END, "bench")
    live = Live("1", 2, ("false", "true"), Reference.from_bytes((folder / "reference.json").read_bytes()), hosted=True)
    files = sorted((folder / "table").glob("*.parquet"))
    with connect(2, MEMORY_MB, folder / "spill") as con:
        open_views(con, files, settings, request.window(settings), request.labelled_window(settings))
        make_live_views(con, live)
        found = sections(con, request, settings, live, [], Counts())
    shown = evidence(settings, live.version, live.reference, found, [])
    verdict = judge(shown, settings.evaluate, [], request.at)
    document = report(request, settings, live.to_document(), live.reference, found, verdict, [])
    (folder / "report.json").write_text(json.dumps(document))
    (folder / "report.html").write_text(render(document))
    print(json.dumps({"seconds": perf_counter() - begun, **document["duration_s"]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
