"""What is counted of an ask: noise first, each thing once; then a page that takes no question, and that nothing changes."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from aftercall.outside.road.directory import steward_bytes
from aftercall.outside.road.seal import check, point
from aftercall.outside.road.sheet import FIGURES, Counting, Sheet, read
from aftercall.words import unb64
from tests.world import NAMES, Night


@pytest.fixture
def counted(night: Night) -> Callable[[], dict[str, int]]:
    """What was counted since the beginning, without the noise that was drawn before."""
    before = _figures(night)
    return lambda: {name: value - before[name] for name, value in _figures(night).items()}


def _figures(night: Night) -> dict[str, int]:
    return {name: value for _, name, _, _, value in night.rows("outside", "agg")["agg"]}


def sized(night: Night, staff: int) -> None:
    """The programme is of this size from the next start on."""
    night.stop()
    night.outside_settings = replace(night.outside_settings, staff=staff)
    night.start()


def meet(night: Night, name: str = "Grace") -> None:
    grace, phone = night.peers[name], night.asker()
    night.run(phone.ask())
    night.tick()
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.write(page.box, "Grace here."))
    night.run(phone.look())
    night.run(phone.read())
    night.run(phone.close())


# each thing once -----------------------------------------------------------------------------------------------------------


def test_an_ask_that_is_met_at_once_counts_as_asked_and_as_met(night: Night, counted: Callable[[], dict[str, int]]) -> None:
    night.peer("Grace")
    meet(night)
    assert counted() == {"asked": 1, "met": 1, "wider": 0}


def test_a_meeting_after_a_quarter_of_an_hour_is_not_prompt_and_all_had_to_ring(
    night: Night, counted: Callable[[], dict[str, int]]
) -> None:
    for name in NAMES[:4]:
        night.peer(name)
    phone = night.asker()
    night.run(phone.ask())
    for minutes, wider in ((4, 0), (1, 1), (6, 1), (5, 1)):
        night.pass_time(minutes=minutes)
        assert counted()["wider"] == wider
    grace = night.peers["Grace"]
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.spoken(page.box))
    assert counted() == {"asked": 1, "met": 0, "wider": 1}


def test_an_ask_for_everyone_did_not_need_more_waves(night: Night, counted: Callable[[], dict[str, int]]) -> None:
    night.peer("Grace")
    night.run(night.asker().ask(everyone=True))
    night.pass_time(minutes=30)
    assert counted() == {"asked": 1, "met": 0, "wider": 0}


def test_the_same_ask_sent_twice_or_after_its_copies_were_lost_is_one(night: Night, counted: Callable[[], dict[str, int]]) -> None:
    night.peer("Grace")
    phone = night.asker()
    night.run(phone.ask())
    night.pass_time(minutes=6)  # nobody else is there: all ring
    night.run(night.outside_store.do(lambda conn: conn.exec_driver_sql("DELETE FROM page_copy")))
    night.run(phone.look())  # 404: it posts again
    night.pass_time(minutes=11)
    assert counted() == {"asked": 1, "met": 0, "wider": 1}


def test_what_says_when_it_was_asked_goes_with_what_says_when_it_rings_next(night: Night) -> None:
    night.peer("Grace")
    first, second = night.asker(), night.asker()
    for phone in (first, second):
        night.run(phone.ask())
    grace = night.peers["Grace"]
    page, _ = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.spoken(page.box))
    for _ in range(12):
        night.pass_time(minutes=10)
        for row in night.run(night.outside_store.do(lambda conn: conn.exec_driver_sql("SELECT due, prompt FROM box").all())):
            assert row.prompt is None or row.due is not None
    assert row.prompt is None


# noise first ---------------------------------------------------------------------------------------------------------------


def test_noise_is_there_before_the_first_ask_and_is_never_drawn_again(night: Night) -> None:
    seen = set()
    for _ in range(3):
        assert set(_figures(night)) == set(FIGURES)
        seen.add(tuple(_figures(night).values()))
        night.stop()
        night.start()
    assert len(seen) == 1  # a restart draws nothing
    drawn = set()
    for _ in range(4):
        night.clock.move(days=92)
        night.tick()
        drawn.add(tuple(_figures(night).values()))
    assert len(drawn) > 1  # four quarters with one draw for all: once in 10 million runs


def test_a_programme_of_less_than_50_counts_nothing_at_all(night: Night) -> None:
    sized(night, 49)
    night.peer("Grace")
    meet(night)
    night.clock.move(days=60)
    night.tick()
    assert night.rows("outside", "agg", "sheet") == {"agg": [], "sheet": []}
    assert "It counts nothing" in shown(night)


def test_a_programme_of_less_than_150_has_a_page_a_year(night: Night) -> None:
    night.run(night.outside_store.do(lambda conn: conn.exec_driver_sql("DELETE FROM agg")))
    sized(night, 149)
    for _ in range(6):
        night.clock.move(days=50)
        night.tick()
    (sheet,) = published(night)
    assert sheet.ends.isoformat() == "2026-12-31"
    for _ in range(3):
        night.clock.move(days=50)
        night.tick()
    assert [s.ends.isoformat() for s in published(night)] == ["2027-12-31", "2026-12-31"]


def test_a_period_that_has_begun_is_not_cut_when_the_programme_grows(night: Night) -> None:
    """Else what was asked in it would be told twice, with two draws."""
    night.run(night.outside_store.do(lambda conn: conn.exec_driver_sql("DELETE FROM agg")))
    night.clock.move(days=60)  # January
    sized(night, 100)
    before = _figures(night)
    sized(night, 800)
    assert _figures(night) == before
    night.clock.move(days=365)
    night.tick()
    assert [s.ends.isoformat() for s in published(night)] == ["2027-12-31"]


# the page ------------------------------------------------------------------------------------------------------------------


def published(night: Night) -> list[Sheet]:
    return [read(signed) for signed in night.run(night.outside.half.sheets())]


def shown(night: Night, **query: str) -> str:
    answer = night.run(night.wire().get("/sheet", params=query))
    assert answer.status_code == 200, answer.text
    return answer.text


def test_it_is_published_once_signed_under_the_root_and_never_changes(night: Night) -> None:
    night.peer("Grace")
    for _ in range(3):
        meet(night)
    before, noisy = night.run(night.outside.half.sheets()), _figures(night)
    assert before == []
    assert "The first one comes after December 31, 2026." in shown(night)
    night.clock.move(days=60)
    night.tick()
    (signed,) = night.run(night.outside.half.sheets())
    sheet = read(signed)
    for name, value in noisy.items():
        given = getattr(sheet, name)
        assert given is None if value < 10 else given % 5 == 0 and abs(given - value) <= 2
    body = json.loads(json.loads(signed)["body"])
    steward, root = body["steward"], point(night.root.public_key())
    check(root, steward["cert"], steward_bytes("kisumu", unb64(steward["key"]), steward["not_after"]), "the steward")
    pages = {path: night.run(night.wire().get(path)).content for path in ("/care/v1/sheet", "/sheet")}
    assert "October" not in pages["/sheet"].decode()  # it began when the half was first started
    assert "November 22, 2026 to December 31, 2026" in pages["/sheet"].decode()
    night.stop()
    night.start()
    night.clock.move(days=2)
    night.tick()
    assert night.run(night.outside.half.sheets()) == [signed]
    for path, page in pages.items():
        assert night.run(night.wire().get(path)).content == page


@pytest.mark.parametrize("asked", ["unit=RES", "from=2026-10-01", "period=2026Q4", "day=1", "lang=en&site=x", "peer=grace"])
def test_nobody_can_ask_it_for_a_ward_a_day_or_a_person(evening: Night, asked: str) -> None:
    for path in ("/sheet", "/care/v1/sheet", "/sheet/2026-12-31", "/care/v1/sheet/RES"):
        answer = evening.run(evening.wire().get(f"{path}?{asked}"))
        assert answer.status_code == 404
        assert answer.json()["error"] == "gone"


def test_the_next_quarter_begins_with_a_draw_of_its_own_and_late_meetings_belong_to_it(night: Night) -> None:
    night.clock.move(days=39, hours=4, minutes=10)  # to three minutes before midnight of 31 December, UTC
    night.peer("Grace")
    phone = night.asker()
    night.run(phone.ask())
    night.pass_time(minutes=5)
    assert len(published(night)) == 1
    before = _figures(night)
    (page,) = night.run(night.peers["Grace"].pages())
    night.run(night.peers["Grace"].take(page.box))
    night.run(night.peers["Grace"].spoken(page.box))
    assert {name: value - before[name] for name, value in _figures(night).items()} == {"asked": 0, "met": 1, "wider": 0}


def test_an_ask_at_the_very_turn_of_the_quarter_finds_a_row_to_count_in(evening: Night) -> None:
    """Between the clock's look and the transaction the day may turn: the count begins the period itself, noise first."""
    evening.peer("Grace")
    half = evening.outside.half
    half._today += 1000  # the clock has looked
    evening.run(evening.outside_store.do(lambda conn: conn.exec_driver_sql("DELETE FROM agg")))
    half.rules = replace(half.rules, counting=Still(800, half.rand))
    evening.run(evening.asker().ask())
    assert _figures(evening) == {"asked": 1, "met": 0, "wider": 0}


class Still(Counting):
    """Whose draws are known."""

    def noise(self) -> int:
        return 0
