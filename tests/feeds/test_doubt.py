"""Why nobody may be written to because of a message: training, a mannequin, no visit, a time that can't be."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.feeds.told import NOW, SITE, hears, ours, told


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        (told({"f30": "Y"}, {}, msh11="P"), ""),
        (told({"f30": "Y"}, {}, msh11=""), ""),
        (told({"f30": "Y"}, {}, msh11="T"), "training"),
        (told({"f30": "Y"}, {}, msh11="D^A"), "training"),
        (told({"f3": "999^^^ANY", "f30": "Y"}, {}), "mannequin"),
        (told({"f3": "998^^^KISIWA", "f30": "Y"}, {}), "mannequin"),
        (told({"f3": "998^^^PWANI", "f30": "Y"}, {}), ""),
        (told({"f30": "Y"}), "no current visit"),
        (told({"f30": "Y"}, {"f2": "N"}), "no current visit"),
        (told({"f30": "Y"}, {}, "ADT^A31"), "no current visit"),
        (told({"f30": "Y"}, {}, "ADT^A28"), "no current visit"),
        (told({"f30": "Y"}, {"f44": "20260301", "f45": "20260305"}), "no current visit"),
        (told({"f30": "Y"}, {"f44": "20260101", "f45": "20260308"}), ""),
        (told({"f30": "Y"}, {"f44": "20250101"}), ""),
        (told({"f29": "20260310151400", "f30": "Y"}, {}, evn="202603081500"), "future time"),
    ],
)
def test_doubt_names_the_reason_nobody_may_be_written_to(body: bytes, doubt: str) -> None:
    assert hears(body).doubt == doubt


def test_an_old_death_on_a_demographics_update_is_doubted() -> None:
    assert hears(ours("a31_old_death.hl7")).doubt == "no current visit"


def test_a_death_of_last_year_typed_today_is_long_ago_though_evn_6_says_last_year() -> None:
    late = told({"f29": "20250310140200", "f30": "Y"}, {}).replace(
        b"EVN|A08|20260310150000", b"EVN|A08|20260310150000||||20250310140200"
    )
    notice = hears(late)
    assert (notice.said_at.year, notice.happened) == (2026, datetime(2025, 3, 10, 11, 2, tzinfo=UTC))
    assert notice.doubt == "long ago"


def test_a_sender_whose_clock_is_ahead_does_not_win_over_later_corrections() -> None:
    assert hears(told({"f30": "Y"}, {}, evn="20290101120000")).said_at == NOW


def test_a_sender_a_few_minutes_ahead_is_not_doubted() -> None:
    soon = (NOW + timedelta(minutes=10)).astimezone(SITE.zone).strftime("%Y%m%d%H%M%S")
    assert hears(told({"f29": soon, "f30": "Y"}, {}, evn=soon)).doubt == ""
