"""Two kinds of dashboards: one a model, and one for all models of a stage, which finds them by their metrics."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from functions.adapters.model_settings import ModelSettings
from functions.domain.metric_names import METRICS
from functions.domain.names import METRIC_NAMESPACE
from infra.stage import StageContext
from infra.widgets import Line, Widget, alarms, chart, line, search, text

_MINUTES, _HOUR, _DAY = 300, 3_600, 86_400
_PERCENTILES = ("p50", "p95", "p99")


class ModelDashboard(Construct):
    """What somebody looks at when an alarm of this model went off."""

    def __init__(
        self, scope: Construct, construct_id: str, stage: StageContext, settings: ModelSettings, arns: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id)
        name = stage.names.dashboard(settings.model.name)
        _add(self, name, model_widgets(stage, settings, arns, Stack.of(self).region))


class SharedDashboard(Construct):
    """What somebody looks at in the morning. It need not change when a model comes or goes."""

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext, arns: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        _add(self, stage.names.dashboard(), shared_widgets(stage, arns, Stack.of(self).region))


def _add(scope: Construct, name: str, widgets: Sequence[Widget]) -> None:
    body = Stack.of(scope).to_json_string({"start": "-P7D", "widgets": list(widgets)})
    cloudwatch.CfnDashboard(scope, "Dashboard", dashboard_name=name, dashboard_body=body)


def model_widgets(stage: StageContext, settings: ModelSettings, arns: Sequence[str], region: str) -> list[Widget]:
    """A model's dashboard, from what its clients see to what was judged of it."""
    model = settings.model.name
    judged = METRICS[settings.config.evaluate.judged_metric]
    about = settings.model.description or "What it predicts stands in [model] description of its model.toml."
    report = f"`trimtab report {model} --stage {stage.name} --open` shows the last report."
    return [
        text(f"# {model}, stage {stage.name}\n{about} {report}"),
        alarms("Alarms", arns),
        chart("Requests", region, _requests(stage, model), period_s=_MINUTES),
        chart("Latency, ms", region, _latency(stage, settings), period_s=_MINUTES, statistic="p95"),
        chart("Errors and throttles of its functions", region, _troubles(stage, settings), period_s=_MINUTES),
        chart(
            f"{judged.title}: true, estimated, by version",
            region,
            _judged(model, judged.name),
            period_s=_HOUR,
            statistic="Average",
        ),
        chart(
            "Drifted columns", region, [_own("DriftedColumns", model, "columns")], period_s=_HOUR, statistic="Maximum"
        ),
        chart("The truth", region, _labels(model), period_s=_HOUR),
        chart("Verdicts", region, _verdicts(model), period_s=_HOUR, statistic="Maximum"),
        chart("The log and its table", region, _log(model), period_s=_HOUR),
    ]


def shared_widgets(stage: StageContext, arns: Sequence[str], region: str) -> list[Widget]:
    """The dashboard of all models: each chart has a line a model."""

    def by_model(title: str, metric: str, statistic: str, period_s: int = _HOUR) -> Widget:
        terms = f'MetricName="{metric}"'
        lines = [search(METRIC_NAMESPACE, ["model"], terms, statistic, period_s, "${PROP('Dim.model')}")]
        return chart(title, region, lines, period_s=period_s, statistic=statistic)

    def by_api(title: str, metric: str, statistic: str) -> Widget:
        terms = f'MetricName="{metric}" Stage="{stage.name}" trimtab'
        lines = [search("AWS/ApiGateway", ["ApiName", "Stage"], terms, statistic, _HOUR, "${PROP('Dim.ApiName')}")]
        return chart(title, region, lines, period_s=_HOUR, statistic=statistic)

    return [
        text(f"# All models of stage {stage.name}\n`trimtab status --stage {stage.name}` says the same in words."),
        alarms("Alarms of what all models share; each model's own are on its dashboard", arns),
        by_api("Requests", "Count", "Sum"),
        by_api("Share of requests answered with a 5xx", "5XXError", "Average"),
        by_api("Latency, p95, ms", "Latency", "p95"),
        by_model("Drifted columns", "DriftedColumns", "Maximum", _DAY),
        by_model("Performance breached", "PerformanceBreached", "Maximum", _DAY),
        by_model("RETRAIN", "Retrain", "Maximum", _DAY),
        by_model("ROLL_BACK", "RollBack", "Maximum", _DAY),
        by_model("Share of predictions whose truth is known", "LabelCoverage", "Average", _DAY),
        by_model("Records that Firehose did not take", "UnacknowledgedRecords", "Sum"),
        by_model("Rows that came into the table", "CompactedRows", "Sum"),
    ]


def _own(metric: str, model: str, label: str, **options: str) -> Line:
    return line(METRIC_NAMESPACE, metric, {"model": model}, label, **options)


def _requests(stage: StageContext, model: str) -> list[Line]:
    api = {"ApiName": stage.names.function("api", model), "Stage": stage.name}
    named = (("Count", "requests"), ("4XXError", "answered 4xx"), ("5XXError", "answered 5xx"))
    refused = _own("RejectedRequests", model, "refused by validation")
    return [*(line("AWS/ApiGateway", metric, api, label) for metric, label in named), refused]


def _latency(stage: StageContext, settings: ModelSettings) -> list[Line]:
    model = settings.model.name
    api = {"ApiName": stage.names.function("api", model), "Stage": stage.name}
    lines = [line("AWS/ApiGateway", "Latency", api, "API, p95")]
    if settings.train.external:
        return lines
    predict = {"FunctionName": stage.names.function("predict", model)}
    return [*lines, *(line("AWS/Lambda", "Duration", predict, f"predict, {p}", stat=p) for p in _PERCENTILES)]


def _troubles(stage: StageContext, settings: ModelSettings) -> list[Line]:
    verbs = ("ingest",) if settings.train.external else ("predict", "ingest")
    return [
        line(
            "AWS/Lambda", metric, {"FunctionName": stage.names.function(verb, settings.model.name)}, f"{verb}: {label}"
        )
        for verb in verbs
        for metric, label in (("Errors", "errors"), ("Throttles", "throttles"))
    ]


def _judged(model: str, metric: str) -> list[Line]:
    versions = search(
        METRIC_NAMESPACE,
        ["model", "version"],
        f'MetricName="{metric}" model="{model}"',
        "Average",
        _HOUR,
        "version ${PROP('Dim.version')}",
    )
    return [_own(metric, model, "true"), _own(f"estimated_{metric}", model, "estimated"), versions]


def _labels(model: str) -> list[Line]:
    counted = (("Labels", "labels"), ("Observations", "observations"), ("RejectedRows", "rows refused"))
    coverage = _own("LabelCoverage", model, "share of predictions whose truth is known", yAxis="right", stat="Average")
    return [*(_own(metric, model, label) for metric, label in counted), coverage]


def _verdicts(model: str) -> list[Line]:
    named = {"Retrain": "RETRAIN", "RollBack": "ROLL_BACK", "PerformanceBreached": "performance", "Drifted": "drift"}
    return [_own(metric, model, label) for metric, label in named.items()]


def _log(model: str) -> list[Line]:
    named = {
        "CompactedRows": "rows",
        "MergedLabels": "labels merged",
        "UnmatchedLabels": "labels without a prediction",
        "DuplicateRecords": "records that came twice",
        "RejectedRecords": "records set aside",
        "UnacknowledgedRecords": "records that Firehose did not take",
        "RescuedRecords": "of these, fetched from the function's log",
    }
    return [_own(metric, model, label) for metric, label in named.items()]
