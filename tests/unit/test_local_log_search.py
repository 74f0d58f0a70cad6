"""Which lines a filter pattern of CloudWatch Logs finds."""

import pytest

from trimtab.local.log_search import BadRequestError, pattern


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR timeout", "timeout: ERROR", True),
        ("ERROR timeout", "ERROR alone", False),
        ('"out of memory"', "it is out of memory", True),
        ('"out of memory"', "memory of out", False),
        ('?"TRIMTAB_RECORD" ?"TRIMTAB_RECORD_PART"', 'TRIMTAB_RECORD {"v": 1}', True),
        ('?"TRIMTAB_RECORD" ?"TRIMTAB_RECORD_PART"', "TRIMTAB_RECORD_PART 1/2", True),
        ('?"TRIMTAB_RECORD" ?"TRIMTAB_RECORD_PART"', "START RequestId: 1", False),
        ("?WARN ?ERROR", "WARN: low", True),
        ("?WARN ?ERROR disk", "ERROR: disk", True),
        ("?WARN ?ERROR disk", "ERROR: net", False),
        ("ERROR -ignored", "ERROR ignored", False),
        ("ERROR -ignored", "ERROR told", True),
        (r'"say \"no\""', 'they say "no" again', True),
    ],
)
def test_finds_what_cloudwatch_would(text: str, line: str, found: bool) -> None:
    assert pattern(text)(line) is found


@pytest.mark.parametrize("text", ['{ $.level = "ERROR" }', "[ip, user]", '"open', "%regex%"])
def test_a_pattern_that_it_does_not_know_is_an_error(text: str) -> None:
    with pytest.raises(BadRequestError, match="does not know the pattern"):
        pattern(text)
