"""What CloudWatch counted in a window and no log of ours holds: invocations, errors, throttles, values turned away."""

from functions.adapters.metric_sums import Counted, MetricSums
from functions.domain.model_config import ModelConfig
from functions.domain.names import METRIC_NAMESPACE, Names
from functions.domain.windows import Window
from functions.evaluate.counts import Counts

LAMBDA = "AWS/Lambda"
_OF_FUNCTION = ("Invocations", "Errors", "Throttles", "Duration")


def counted(sums: MetricSums, names: Names, config: ModelConfig, window: Window) -> Counts:
    """Read the counts of a window.

    Raises:
        UnavailableError: CloudWatch did not answer.
    """
    if config.external:
        return Counts()
    function = names.function("predict", config.model)
    of_function = [Counted(LAMBDA, name, (("FunctionName", function),)) for name in _OF_FUNCTION]
    rejected = Counted(METRIC_NAMESPACE, "RejectedRequests", (("model", config.model),))
    of_feature = {
        feature.name: Counted(METRIC_NAMESPACE, "RejectedValues", (("model", config.model), ("feature", feature.name)))
        for feature in config.features
    }
    found = sums.sums([*of_function, rejected, *of_feature.values()], window.start, window.end)
    invocations, errors, throttles, duration_ms = (found[metric] for metric in of_function)
    turned_away = {name: found[metric] for name, metric in of_feature.items() if found[metric]}
    return Counts(invocations, errors, throttles, duration_ms, found[rejected], turned_away)
