"""The desk's list of losses, and one loss: why it weighs what it weighs, how far its notes are, and nothing of who said STOP."""

import re
import secrets
from datetime import timedelta

import pytest
from sqlalchemy.engine import Connection

from aftercall.inside.store.tables import event
from tests.stories.ward import AMINA, ON_SHIFT, Ward, hidden, opened, sign_in, told
from tests.world import START, Night, adt


@pytest.fixture
def ward(evening: Night) -> Ward:
    return evening, opened(evening)


@pytest.fixture
def both(night: Night) -> Ward:
    return night, opened(night)


def at(ward: Ward, path: str) -> str:
    answer = ward[0].run(ward[1].get(path))
    assert answer.status_code == 200, answer.headers
    return answer.text


def the_loss(ward: Ward) -> str:
    """The address of the only one listed."""
    found: list[str] = re.findall(r'href="(/desk/losses/\w+)', at(ward, "/desk/losses"))
    assert len(found) == 1
    return found[0]


def press(ward: Ward, say: str) -> str:
    night, wire = ward
    page = at(ward, the_loss(ward))
    given = {"csrf": hidden(page, "csrf"), "event": hidden(page, "event"), "next": "loss", "say": say}
    answer = night.run(wire.post("/desk/event", data=given))
    night.tick()
    return at(ward, answer.headers["location"])


def many(conn: Connection, count: int) -> None:
    """So many losses of the weeks before, of falling weight."""
    week = int(START.timestamp()) // 604800
    rows = [{"event": secrets.token_hex(16), "week": week - n % 12, "weight": n % 3, "there": n % 7} for n in range(count)]
    for row in rows:
        conn.execute(event.insert().values(org="hospital", site="Kisumu", state="confirmed", rules="death", **row))


# the list ------------------------------------------------------------------------------------------------------------------


def test_where_there_is_none_the_page_says_how_they_come(ward: Ward) -> None:
    sign_in(ward)
    page = at(ward, "/desk/losses")
    assert "comes here by itself when a feed tells of one" in page
    assert "<table" not in page


def test_a_list_shows_fifty_and_the_address_carries_all_that_was_asked_for(ward: Ward) -> None:
    night, _ = ward
    night.run(night.inside_store.do(many, 120))
    sign_in(ward)
    first = at(ward, "/desk/losses?order=weight")
    assert "Losses: 120. Page 1 of 3" in first
    assert first.count("<tr><td>") == 50
    weights = [int(found) for found in re.findall(r'data-of="Weight">(\d)', first)]
    assert weights == sorted(weights, reverse=True)
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    second = at(ward, onward[1].replace("&amp;", "&"))
    assert "Page 2 of 3" in second
    assert '<option value="weight" selected>' in second
    assert night.run(ward[1].get("/desk/losses?page=9")).headers["location"] == "/desk/losses?lang=en&page=3"


def test_a_list_is_asked_for_by_unit_state_and_day(both: Ward) -> None:
    night, _ = both
    night.hear(adt())
    night.hear(adt(control="M2", patient="112233", PV1_3="ICU^1^1^KISUMU", PID_30="N"))
    night.run(night.inside_store.do(many, 3))
    sign_in(both)
    for asked, count in (
        ("", 5), ("?unit=RES", 1), ("?state=held", 1), ("?unit=RES&state=held", 0), ("?since=2026-11-22", 3),
        ("?until=2026-11-21", 3), ("?until=2026-11-22&unit=RES", 1), ("?since=2026-11-23&unit=RES", 0), ("?state=%22%3E", 5),
    ):  # fmt: skip
        assert at(both, f"/desk/losses{asked}").count("<tr><td>") == count, asked
    assert "None like that" in at(both, "/desk/losses?unit=RES&state=held")


def test_a_day_that_can_not_be_read_is_said_beside_its_field_and_what_was_typed_stays(ward: Ward) -> None:
    sign_in(ward)
    page = at(ward, "/desk/losses?since=22.11.2026&unit=RES")
    assert "Write it as 2026-11-22." in page
    assert 'value="22.11.2026" aria-invalid="true"' in page
    assert '<option value="RES" selected>' in page


def test_times_are_the_sites_and_after_three_days_the_week_alone_is_known(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    sign_in(ward)
    page = at(ward, "/desk/losses")
    assert "22.11. 22:41" in page
    assert 'data-of="Unit">Resus' in page
    night.pass_time(days=4)
    sign_in(ward)
    page = at(ward, "/desk/losses")
    assert "Week of 19.11.2026 to 25.11.2026" in page
    assert 'data-of="Unit">Kisumu' in page
    assert "Three days are over" in at(ward, the_loss(ward))


# one loss ------------------------------------------------------------------------------------------------------------------


def test_a_loss_says_why_it_weighs_what_it_weighs_with_sources_and_who_told_it(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    sign_in(ward)
    page = at(ward, the_loss(ward))
    assert "Why it weighs 2" in page
    assert "It came as an emergency." in page
    assert "Halpern 2012" in page
    assert re.search(r"<b>PID-30</b>\s+says: dead", page)
    for name in ("Amina", "Wanjiru", "Mwangi", "Juma", "778899"):
        assert name not in page, name


def test_the_notes_are_counted_by_their_moment_and_never_by_whom(ward: Ward) -> None:
    night, _ = ward
    night.inside.half.rules = type(night.inside.half.rules)(**{**night.inside.half.rules.__dict__, "settle": timedelta(minutes=5)})
    night.hear(adt())
    night.tick()
    sign_in(ward)
    assert "At 22.11. 22:52: 4" in at(ward, the_loss(ward))
    night.pass_time(minutes=5)
    assert "Have had their turn: 4" in at(ward, the_loss(ward))


def test_a_loss_is_withdrawn_and_that_is_taken_back_without_a_second_note(both: Ward) -> None:
    night, _ = both
    night.hear(adt())
    night.tick()
    sign_in(both)
    went = len(night.hospital_post.sent)
    page = press(both, "alive")
    assert "It is withdrawn" in page
    assert "None so far." in page
    page = press(both, "dead")
    assert "Confirmed" in page
    assert "Have had their turn: 4" in page
    assert len(night.hospital_post.sent) == went
    assert told(night) == ON_SHIFT | {AMINA}


def test_a_loss_that_is_no_more_leads_back_to_the_desk(ward: Ward) -> None:
    sign_in(ward)
    answer = ward[0].run(ward[1].get(f"/desk/losses/{'f' * 32}"))
    assert answer.headers["location"] == "/desk?lang=en&said=gone"
