"""The ledger: it adds up, and says where it does not."""

import pytest

from stages.errors import GristmillError
from stages.ledger import Ledger


def filled() -> Ledger:
    ledger = Ledger(("read", "quality"))
    ledger.keep("read", 3)
    ledger.remove("read", "damaged_record")
    ledger.keep("quality")
    ledger.remove("quality", "minimum_words", 2)
    return ledger


def test_a_ledger_that_adds_up_closes() -> None:
    filled().check_closed()
    assert filled().removed() == 3
    assert filled().removed(["minimum_words"]) == 2


def test_a_lost_record_is_named_with_its_stage() -> None:
    ledger = filled()
    ledger.stages["quality"].kept -= 1
    with pytest.raises(GristmillError, match="stage quality lost 1 of 3 records"):
        ledger.check_closed()


def test_a_record_lost_between_stages_is_named() -> None:
    ledger = filled()
    ledger.keep("read")
    with pytest.raises(GristmillError, match="stage quality read 3 records of 4 handed to it"):
        ledger.check_closed()


def test_ledgers_add_up_over_units() -> None:
    total = Ledger(("read", "quality"))
    for _ in range(2):
        total.add(filled().to_json())
    assert total.stages["quality"].removed == {"minimum_words": 4}
    assert total.funnel()[1] == ("quality", 6, 2, "minimum_words 4")
