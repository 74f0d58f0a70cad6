"""The alarms of a model, and of what all models share: what each means, and what to do about it."""

from collections.abc import Iterator

from constructs import Construct

from functions.adapters.alarm_settings import silence
from functions.adapters.model_settings import ModelSettings
from functions.domain.durations import duration, words
from functions.domain.names import METRIC_NAMESPACE
from infra.alarm import FIVE_MINUTES, HOUR, Alarm, Signal, absence, add_alarm, trouble
from infra.schedules import compact_every
from infra.stage import StageContext

ERROR_SHARE = 0.01  # of an API's requests


class ModelAlarms(Construct):
    """A model's alarms. `arns` are for its dashboard."""

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext, settings: ModelSettings) -> None:
        super().__init__(scope, construct_id)
        model = settings.model.name
        self.arns = [add_alarm(self, stage, alarm, model) for alarm in model_alarms(stage, settings)]


class SharedAlarms(Construct):
    """The alarms of the functions that work for all models. `arns` are for the stage's dashboard."""

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext) -> None:
        super().__init__(scope, construct_id)
        self.arns = [add_alarm(self, stage, alarm) for alarm in shared_alarms(stage)]


def model_alarms(stage: StageContext, settings: ModelSettings) -> Iterator[Alarm]:
    """All alarms of a model: of its API, its log, its evaluations."""
    yield from _of_the_api(stage, settings)
    yield from _of_the_log(stage, settings)
    yield from _of_the_evaluations(settings)


def shared_alarms(stage: StageContext) -> Iterator[Alarm]:
    """Of the functions that run by schedule, whose errors nobody is answered with."""
    for verb, lost in (
        ("compact", "no table is brought up to date"),
        ("evaluate", "no model is judged"),
        ("roll_out", "no release goes live, or back"),
        ("seal", "no head of the audit chain is sealed"),
    ):
        function = stage.names.function(verb)
        yield Alarm(
            what=f"{verb}-errors",
            means=f"{verb} fails: where it does, {lost}.",
            do=f"Read its log, /aws/lambda/{function}: each run names its model. What is missed is made up for by the "
            "next run that succeeds.",
            signals=(_of_function("Errors", function),),
            limit=1,
            period=HOUR,
        )


def _of_the_api(stage: StageContext, settings: ModelSettings) -> Iterator[Alarm]:
    model = settings.model.name
    verbs = ("ingest",) if settings.train.external else ("predict", "ingest")
    functions = [stage.names.function(verb, model) for verb in verbs]
    logs = " and ".join(f"/aws/lambda/{function}" for function in functions)
    api = {"ApiName": stage.names.function("api", model), "Stage": stage.name}
    yield trouble(
        what="errors",
        means=f"Of the requests to {model}, {ERROR_SHARE:.0%} or more are answered with a 5xx.",
        do=f"Read {logs}. 503 is a model without a release, or one whose files are not as registered: "
        f"`trimtab status {model}` says which.",
        signals=(Signal("AWS/ApiGateway", "5XXError", api, "Average"),),
        limit=ERROR_SHARE,
    )
    yield trouble(
        what="function-errors",
        means=f"A function of {model} crashed or ran out of time, which no request may make it do.",
        do=f"Read {logs} for the traceback, or for `Task timed out`: then raise [lambda] timeout or memory.",
        signals=tuple(_of_function("Errors", function) for function in functions),
        limit=1,
    )
    yield trouble(
        what="throttles",
        means=f"Lambda turns requests to {model} away: more run at once than may.",
        do="Raise [lambda] reserved_concurrency or the account's own limit, lower [api] rate, or send larger batches.",
        signals=tuple(_of_function("Throttles", function) for function in functions),
        limit=1,
    )
    if settings.alarms.latency_ms != "off" and not settings.train.external:
        yield Alarm(
            what="latency",
            means=f"One in twenty requests to {model} takes {settings.alarms.latency_ms} ms or longer in the function.",
            do="Look at its dashboard: cold starts ask for [lambda] snap_start, large batches for [lambda] memory. "
            "[alarms] latency_ms is the limit.",
            signals=(_of_function("Duration", functions[0], "p95"),),
            limit=settings.alarms.latency_ms,
            period=FIVE_MINUTES,
            periods=3,
        )


def _of_the_log(stage: StageContext, settings: ModelSettings) -> Iterator[Alarm]:
    model = settings.model.name
    traffic, labels = silence(settings.alarms.no_traffic), silence(settings.alarms.no_labels)
    if traffic is not None:
        yield absence(
            what="no-traffic",
            means=f"No prediction of {model} came into its log for {words(traffic)}.",
            do="Ask its clients: a wrong URL, key or network is silent here. If nobody should call, set [alarms] "
            'no_traffic = "off". If compact-errors is on too, mend that first.',
            signal=_counted("CompactedRows", model),
            after=traffic,
            period=compact_every(stage, duration(settings.evaluate.schedule)),
        )
    if labels is not None:
        yield absence(
            what="no-labels",
            means=f"Nobody sent the truth for predictions of {model} for {words(labels)}: soon it can't be judged.",
            do='Ask who sends labels (docs/labels.md). If nobody will, set [alarms] no_labels = "off": performance is '
            "then estimated only.",
            signal=_counted("Labels", model),
            after=labels,
        )
    yield Alarm(
        what="log-fallback",
        means=f"Firehose did not take records of {model}; they lie in the function's log, and compact fetches them.",
        do="Nothing is lost yet. If it goes on, look at the stream's throttling and at AWS's health: the log keeps "
        f"them for {stage.settings.log_days} days.",
        signals=(_counted("UnacknowledgedRecords", model),),
        limit=1,
        period=FIVE_MINUTES,
    )
    yield Alarm(
        what="rejected-records",
        means=f"compact set records of {model} aside that it could not read.",
        do=f"Look below rejected/ of the data bucket, model={model}: each has its reason. docs/log-table.md says how "
        "to bring them in.",
        signals=(_counted("RejectedRecords", model),),
        limit=1,
        period=HOUR,
    )


def _of_the_evaluations(settings: ModelSettings) -> Iterator[Alarm]:
    model, every = settings.model.name, duration(settings.evaluate.schedule)
    report = f"`trimtab report {model} --open` shows"
    yield absence(
        what="evaluation-overdue",
        means=f"{model} was not judged for two schedules ({words(every)} each; of a week CloudWatch sees but one).",
        do=f"Read evaluate's log; `trimtab evaluate {model}` judges it now.",
        signal=_counted("Evaluations", model),
        after=2 * every,
    )
    for what, metric, means, do in (
        (
            "drift",
            "Drifted",
            "The last window's inputs or answers differ from the reference.",
            "which, and at what cost",
        ),
        ("performance", "PerformanceBreached", "It does worse than its reference, or is estimated to.", "by how much"),
        ("retrain", "Retrain", "The verdict is RETRAIN.", "why; retrain it on newer rows"),
        ("roll-back", "RollBack", "The verdict is ROLL_BACK: the version before did better.", "why; then roll it back"),
    ):
        # Once an evaluation: between two of them the alarm stays as it is.
        yield Alarm(
            what=what,
            means=f"{model}: {means}",
            do=f"{report} {do}.",
            signals=(_counted(metric, model, "Maximum"),),
            limit=1,
            period=HOUR,
            silence="ignore",
        )


def _counted(metric: str, model: str, statistic: str = "Sum") -> Signal:
    return Signal(METRIC_NAMESPACE, metric, {"model": model}, statistic)


def _of_function(metric: str, function: str, statistic: str = "Sum") -> Signal:
    return Signal("AWS/Lambda", metric, {"FunctionName": function}, statistic)
