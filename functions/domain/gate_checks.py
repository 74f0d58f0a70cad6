"""The gate's checks: each takes numbers that were measured, and says whether they are enough, in words for people."""

import math
from collections.abc import Mapping

from functions.domain.correction_config import GateConfig
from functions.domain.gate_decision import Check
from functions.domain.metric_names import METRICS
from functions.domain.paired_bootstrap import LEAST_BLOCKS, Gain

COMPARED = "held-out rows"


def enough_rows(rows: int, config: GateConfig, left_out: int = 0) -> Check:
    """Whether there is enough to compare on; `left_out` are held-out rows that the champion was fitted on."""
    passed = rows >= config.min_rows
    text = f"{rows:,} {COMPARED} of the log to compare on, needed: {config.min_rows:,}"
    if left_out:
        text += f" ({left_out:,} more are of the time that the live version was fitted on)"
    return Check("enough_rows", passed, text, {"rows": rows, "needed": config.min_rows, "left_out": left_out})


def gain(found: Gain, metric: str, rows: int, config: GateConfig) -> Check:
    """Whether the challenger is better by more than [gate] min_gain, as surely as [gate] confidence says."""
    needed = "better" if config.min_gain == 0 else f"more than {_percent(config.min_gain)} better"
    numbers = {"metric": metric, "rows": rows, **gain_document(found), "needed": config.min_gain}
    if found.value is None:
        return Check("gain", False, f"{METRICS[metric].title} is not defined on the {rows:,} {COMPARED}", numbers)
    text = f"{compared(found, metric, rows, COMPARED)}; needed: {needed}"
    if found.low is None:
        few = f": these rows are of {found.blocks} hours, and {LEAST_BLOCKS} are the fewest to be sure of anything"
        return Check("gain", False, text + few, numbers)
    passed = found.low > config.min_gain
    if not math.isfinite(found.low):
        text += ", and sure of it: these rows are too few or too much alike to say"
    elif not passed and found.value > config.min_gain:
        text += f", and sure of it: at {_percent(config.confidence)} confidence it may be {_change(found.low, found)}"
    elif passed:
        text += f"; at {_percent(config.confidence)} confidence it is at least {_change(found.low, found)}"
    return Check("gain", passed, text, {**numbers, "confidence": config.confidence})


def slices(found: Mapping[tuple[str, str], tuple[int, Gain]], metric: str, config: GateConfig) -> Check:
    """Whether no slice got credibly worse by more than the floor. `found` is by (feature, value): rows and gain."""
    worse = {
        key: each for key, each in found.items() if each[1].high is not None and each[1].high < -config.slice_floor
    }
    numbers = {
        "floor": config.slice_floor,
        "slices": [
            {"slice": f"{k[0]}={k[1]}", "rows": rows, **gain_document(each)} for k, (rows, each) in found.items()
        ],
    }
    if not worse:
        text = f"none of {len(found)} slices is credibly more than {_percent(config.slice_floor)} worse"
        return Check("slices", True, text, numbers)
    told = [compared(each, metric, rows, f"rows with {k[0]} = {k[1]}") for k, (rows, each) in worse.items()]
    text = f"{'; '.join(told)}; allowed: {_percent(config.slice_floor)} worse"
    return Check("slices", False, text, numbers)


def calibration(champion: float, challenger: float, config: GateConfig) -> Check:
    """Whether its probabilities are as much frequencies as the champion's, but for the floor."""
    more = challenger - champion
    text = f"calibration error {challenger:.4f} against {champion:.4f}, allowed: {config.calibration_floor:g} more"
    numbers = {"champion": champion, "challenger": challenger, "floor": config.calibration_floor}
    return Check("calibration", more <= config.calibration_floor, text, numbers)


def golden(found: Gain, metric: str, rows: int, config: GateConfig, alone: bool) -> Check:
    """Whether it does not lose on the golden set, which production never fed. `alone`: there is no champion."""
    numbers = {"metric": metric, "rows": rows, **gain_document(found), "floor": config.golden_floor}
    if found.value is None:
        text = f"{METRICS[metric].title} is not defined on the {rows:,} rows of the golden set"
        return Check("golden", False, text, numbers)
    if alone:
        return Check("golden", True, f"{METRICS[metric].title} {found.challenger:.4g} on the golden set", numbers)
    text = compared(found, metric, rows, "rows of the golden set")
    text += f"; allowed: {_percent(config.golden_floor)} worse"
    return Check("golden", found.value >= -config.golden_floor, text, numbers)


def latency(champion: Mapping[str, float], challenger: Mapping[str, float], config: GateConfig) -> Check:
    """Whether a row, and a batch, takes no longer than the ratio allows; medians in microseconds, by what was asked."""
    ratios = {name: challenger[name] / max(champion[name], 1e-9) for name in champion}
    worst = max(ratios, key=lambda name: ratios[name])
    text = (
        f"{worst} takes {challenger[worst]:,.0f} µs against {champion[worst]:,.0f}: {ratios[worst]:.3g} times as long, "
        f"allowed: {config.latency_ratio:g} times"
    )
    numbers = {"champion_us": dict(champion), "challenger_us": dict(challenger), "allowed": config.latency_ratio}
    return Check("latency", ratios[worst] <= config.latency_ratio, text, numbers)


def size(champion: int, challenger: int, config: GateConfig) -> Check:
    """Whether the ONNX file is no larger than the ratio allows; bytes."""
    ratio = challenger / max(champion, 1)
    text = (
        f"model.onnx has {challenger / 1e3:,.0f} kB against {champion / 1e3:,.0f}: {ratio:.3g} times as much, "
        f"allowed: {config.size_ratio:g} times"
    )
    numbers = {"champion": champion, "challenger": challenger, "allowed": config.size_ratio}
    return Check("size", ratio <= config.size_ratio, text, numbers)


def answers(odd: int, rows: int) -> Check:
    """Whether it answers a number for every row of the last window of real traffic."""
    text = (
        f"it answers no number for {odd:,} of {rows:,} rows of real traffic"
        if odd
        else (f"it answers each of {rows:,} rows of real traffic")
    )
    return Check("answers", odd == 0, text, {"rows": rows, "without_answer": odd})


def compared(found: Gain, metric: str, rows: int, of: str) -> str:
    """Both values and the gain: `log loss 0.512 against 0.498 on 5,012 held-out rows: 2.8 % worse`."""
    title = METRICS[metric].title
    name = title if title[:2].isupper() or " AUC" in title else title[0].lower() + title[1:]
    values = f"{name} {found.challenger:.4g} against {found.champion:.4g} on {rows:,} {of}"
    return f"{values}: {_change(found.value or 0.0, found)}"


def gain_document(found: Gain) -> dict[str, float | int | bool | None]:
    """A gain in JSON."""
    return {
        "champion": found.champion,
        "challenger": found.challenger,
        "gain": found.value,
        "low": _finite(found.low),
        "high": _finite(found.high),
        "relative": found.relative,
        "blocks": found.blocks,
    }


def _change(gain: float, found: Gain) -> str:
    """A gain in words: per cent of the champion's value, or in the metric's own unit where that is 0."""
    if gain == 0:
        return "the same"
    way = "better" if gain > 0 else "worse"
    return f"{_percent(abs(gain))} {way}" if found.relative else f"{abs(gain):.3g} {way}"


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %" if abs(share) < 0.1 else f"{share * 100:,.0f} %"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
