"""The coordinator's desk: who may open it, what waits there and why, and what each press does."""

import re

import pytest

from aftercall.inside.road.notice import Unread
from aftercall.inside.store import desk, ledger
from tests.stories.ward import (
    AMINA,
    CHIEF,
    ON_SHIFT,
    Ward,
    ask,
    hidden,
    link_to,
    opened,
    press,
    prove,
    push,
    see,
    sign_in,
    time_passes,
    told,
)
from tests.world import Night, adt


@pytest.fixture
def ward(night: Night) -> Ward:
    return night, opened(night)


# who may open it -----------------------------------------------------------------------------------------------------------


def test_after_twelve_hours_and_after_signing_out_it_is_shut(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    night.clock.move(hours=12)
    assert "Sign in with your passkey" in night.run(wire.get("/desk")).text
    sign_in(ward)
    page = see(ward)
    cookie = wire.cookies["desk"]
    assert night.run(wire.post("/desk/out", data={"csrf": hidden(page, "csrf")})).status_code == 303
    assert "Sign in with your passkey" in night.run(wire.get("/desk", headers={"Cookie": f"desk={cookie}"})).text


@pytest.mark.parametrize("path", ["/event", "/report", "/learn", "/out", "/intake"])
def test_a_press_from_anywhere_else_does_nothing(ward: Ward, path: str) -> None:
    night, wire = ward
    night.hear(adt(PID_30="N"))
    given = {"event": night.rows("inside", "event")["event"][0][1], "say": "dead"}
    assert night.run(wire.post(f"/desk{path}", data=given)).status_code == 403
    sign_in(ward)
    csrf = hidden(see(ward), "csrf")
    assert night.run(wire.post(f"/desk{path}", data=given)).status_code == 403
    assert night.run(wire.post(f"/desk{path}", data={**given, "csrf": "x" * 32})).status_code == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert night.run(wire.post(f"/desk{path}", data={**given, "csrf": csrf}, headers=cross)).status_code == 403
    night.tick()
    assert told(night) == set()


# what waits ----------------------------------------------------------------------------------------------------------------


def test_what_was_told_in_two_ways_is_shown_with_both_and_nobody_is_written_to(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt(PID_30="N"))
    night.tick()
    sign_in(ward)
    page = see(ward)
    assert re.search(r"<b>PID-29</b>\s+gives a time of death", page)
    assert re.search(r"<b>PID-30</b>\s+says: not dead", page)
    assert "Resus, 22.11. 22:41" in page
    assert told(night) == set()


def test_the_desk_says_dead(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt(PID_30="N"))
    sign_in(ward)
    answer = push(ward, "/event", event="", say="dead")
    assert answer.status_code == 303
    assert told(night) == ON_SHIFT | {AMINA}
    assert "Nothing waits for you." in see(ward)


def test_the_desk_says_not_so(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt(PID_30="N"))
    sign_in(ward)
    push(ward, "/event", event="", say="alive")
    assert "Nothing waits for you." in see(ward)
    night.pass_time(days=2)
    assert told(night) == set()


def test_what_was_decided_is_said_to_be_gone(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    answer = push(ward, "/event", event="f" * 32, say="dead")
    assert "not there any more" in night.run(wire.get(answer.headers["location"])).text


def test_held_for_an_hour_the_coordinator_is_called(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt(PID_30="N"))
    time_passes(night)
    time_passes(night, minutes=59)
    assert night.hospital_post.to(CHIEF) == []
    time_passes(night, minutes=1)
    assert len(night.hospital_post.to(CHIEF)) == 1


def test_decided_in_time_nobody_is_called(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt(PID_30="N"))
    time_passes(night)
    sign_in(ward)
    push(ward, "/event", event="", say="alive")
    time_passes(night, minutes=61)
    assert night.hospital_post.to(CHIEF) == []
    assert night.rows("inside", "report")["report"] == []


def one_of_us(night: Night) -> None:
    """A death of weight 3: the team must wait for a human, whatever the feed."""
    weights = night.inside.half.rules.weights
    human = tuple(type(rule)(**{**rule.__dict__, "human": rule.fact == "emergency"}) for rule in weights)
    night.inside.half.rules = type(night.inside.half.rules)(**{**night.inside.half.rules.__dict__, "weights": human})
    night.hear(adt())
    night.tick()


def test_weight_three_waits_for_a_yes(ward: Ward) -> None:
    night, _ = ward
    one_of_us(night)
    time_passes(night)
    assert told(night) == set()
    sign_in(ward)
    page = see(ward)
    assert "Waits for your yes" in page
    assert "Were there: 4" in page
    push(ward, "/event", event="", say="release")
    assert told(night) == ON_SHIFT | {AMINA}
    assert "Waits for your yes" not in see(ward)


def test_weight_three_calls_the_coordinator_after_an_hour(ward: Ward) -> None:
    night, _ = ward
    one_of_us(night)
    time_passes(night)
    time_passes(night, minutes=60)
    assert len(night.hospital_post.to(CHIEF)) == 1
    assert told(night) == set()


def test_the_desk_confirms_a_colleagues_word(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    night.clock.move(minutes=7)
    sign_in(ward)
    page = see(ward)
    assert "Told 7 minutes ago." in page
    assert "Resus, 22.11. 22:47" in page
    push(ward, "/report", report="", say="yes")
    assert told(night) == ON_SHIFT
    assert night.rows("inside", "report")["report"] == []


def test_the_desk_does_not_confirm_it_and_nothing_of_it_is_kept(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    sign_in(ward)
    push(ward, "/report", report="", say="no")
    [row] = night.rows("inside", "report")["report"]
    assert (row[2], row[3], *row[5:10]) == ("", 0, "loss", "", "", "no", None)
    time_passes(night, minutes=40)
    assert told(night) == set()
    assert night.hospital_post.to(CHIEF) == []


def test_the_desk_says_whether_somebody_else_was_there_too(ward: Ward) -> None:
    night, _ = ward
    press(ward)
    ask(ward, "amina", "/tell/there", them="away")
    prove(ward, AMINA)
    sign_in(ward)
    assert "nurse, ICU" in see(ward)
    push(ward, "/report", report="", say="yes")
    assert told(night) == ON_SHIFT | {"+254700000005"}
    assert night.rows("inside", "report")["report"] == []


def test_where_no_loss_is_known_somebody_else_can_not_have_been_there_yet(ward: Ward) -> None:
    night, wire = ward
    ask(ward, "amina", "/tell/there", them="away")
    prove(ward, AMINA)
    sign_in(ward)
    answer = push(ward, "/report", report="", say="yes")
    assert "Decide that one first" in night.run(wire.get(answer.headers["location"])).text
    assert len(night.rows("inside", "report")["report"]) == 1


def test_the_desk_names_nobody_who_told_or_was_there(ward: Ward) -> None:
    night, _ = ward
    one_of_us(night)
    for badge, path in (("amina", "/tell"), ("juma", "/tell/there")):
        ask(ward, badge, path, them="away")
        night.run(ward[1].post(link_to(night, {"amina": AMINA, "juma": "+254700000001"}[badge])))
    sign_in(ward)
    page = see(ward)
    for name in ("Amina", "Juma", "Wanjiru", "Mwangi", "Ouma", "amina", "juma", "+2547", "away"):
        assert name not in page, name


def test_words_of_the_hospitals_own_system_are_learned(ward: Ward) -> None:
    night, _ = ward
    night.run(night.inside_store.do(desk.seen, "hospital", [("PV1-36", "TOT"), ("PV1-36", "HOME"), ("PV1-36", "TOT")]))
    sign_in(ward)
    page = see(ward)
    assert "PV1-36: TOT" in page
    push(ward, "/learn", field="PV1-36", value="TOT", means="dead")
    push(ward, "/learn", field="PV1-36", value="HOME", means="other")
    assert night.run(night.inside_store.do(desk.dead_words, "hospital", "PV1-36")) == {"TOT"}
    assert "Means: died" in see(ward)
    night.hear(adt(PV1_36="TOT", PID_29="", PID_30=""))
    night.tick()
    assert told(night) >= ON_SHIFT


def test_what_could_not_be_read_stands_there_without_its_content(ward: Ward) -> None:
    night, _ = ward
    what = Unread("ADT^A03", "no-patient", "PID-3", "There is no patient number. Send PID-3.")
    for _n in range(3):
        night.run(night.inside_store.do(ledger.put_aside, "hospital", what, night.clock.now()))
    sign_in(ward)
    assert "In 30 days: 3." in see(ward)
    assert "There is no patient number. Send PID-3." in night.run(ward[1].get("/desk/feeds")).text


def test_what_a_feed_writes_cannot_become_part_of_the_page(ward: Ward) -> None:
    night, _ = ward
    what = Unread("<script>", "x", "<b>", "<img src=x>")
    night.run(night.inside_store.do(ledger.put_aside, "hospital", what, night.clock.now()))
    night.run(night.inside_store.do(desk.seen, "hospital", [("PV1-36", '"><script>')]))
    sign_in(ward)
    for page in (see(ward), night.run(ward[1].get("/desk/feeds")).text):
        assert not re.search(r"<script>|<img", page)


def test_the_units_links_are_there_to_print(ward: Ward) -> None:
    night, wire = ward
    assert night.run(wire.get("/desk/units")).status_code == 403
    sign_in(ward)
    page = night.run(wire.get("/desk/units")).text
    for unit in ("RES", "ICU"):
        assert f'href="/unit/{unit}#{night.inside.office.code(unit)}"' in page
    assert "https://hospital.example<wbr>/unit/RES" in page
