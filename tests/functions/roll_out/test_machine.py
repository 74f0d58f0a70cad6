"""Model checking: whatever happens, in whatever order, live is sound, and all of it comes to rest."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.functions.roll_out.machine import RollOutMachine

UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def check(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        RollOutMachine,
        settings=settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=UNHURRIED),
    )


def test_live_is_sound_through_hundreds_of_events() -> None:
    check(examples=12, steps=25)


@pytest.mark.slow
def test_live_is_sound_through_thousands_of_events() -> None:
    check(examples=200, steps=50)
