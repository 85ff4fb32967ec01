"""Names need a touch, and leave a row: who looked at whom, what was done at the desk, and whether anybody has rewritten it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from aftercall.inside import acts
from aftercall.inside.store import audit
from aftercall.signin.seat import Person
from aftercall.sql import many
from tests.device import Device
from tests.stories.ward import AMINA, Ward, hidden, opened, options_in, push, sign_in, told
from tests.world import Night, adt


@pytest.fixture
def ward(night: Night) -> Ward:
    return night, opened(night)


def look(ward: Ward) -> str:
    night, wire = ward
    page = night.run(wire.get("/desk/there")).text
    answer = night.run(wire.post("/desk/there", data={"csrf": hidden(page, "csrf"), "event": hidden(page, "event")}))
    return answer.text if answer.status_code == 200 else ""


def done(ward: Ward) -> list[str]:
    return [row[6] for row in ward[0].rows("inside", "audit")["audit"]]


def numbers(night: Night) -> list[int]:
    return sorted(row[1] for row in night.rows("inside", "audit")["audit"])


def whole(night: Night) -> str:
    _, wrong = acts.looked_over(night.inside_store.engine, "hospital", night.inside_settings.data)
    return wrong


def test_the_coordinator_sees_who_was_there_and_the_look_is_written_down_beside_each(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    sign_in(ward)
    page = look(ward)
    for name in ("Amina Yusuf", "Wanjiru Kamau", "Peter Mwangi", "Juma Otieno"):
        assert name in page
    assert "Otieno Ouma" not in page
    assert done(ward)[-1] == "looked"
    seen = {row[2]: row[8] for row in night.rows("inside", "attendance")["attendance"]}
    assert set(seen.values()) == {"3 "}
    assert night.run(night.inside_store.do(audit.looked_at, "hospital", "amina"))[0].name == "Njeri"
    assert night.run(night.inside_store.do(audit.looked_at, "hospital", "away")) == []


def test_names_need_a_touch_not_older_than_five_minutes(ward: Ward) -> None:
    night, wire = ward
    night.hear(adt())
    night.tick()
    device = Device()
    sign_in(ward, device)
    page = night.run(wire.get("/desk/there")).text
    event = hidden(page, "event")
    night.clock.move(minutes=5)
    answer = night.run(wire.post("/desk/there", data={"csrf": hidden(page, "csrf"), "event": event}))
    assert answer.status_code == 303
    assert "looked" not in done(ward)
    page = night.run(wire.get("/desk/there")).text
    assert "Show names" not in page
    touched = {"csrf": hidden(page, "csrf"), "said": device.shown(options_in(page)), "next": "there"}
    night.run(wire.post("/desk/touch", data=touched))
    assert "Amina Yusuf" in look(ward)


def test_the_list_of_losses_names_nobody(ward: Ward) -> None:
    night, wire = ward
    night.hear(adt())
    night.tick()
    sign_in(ward)
    page = night.run(wire.get("/desk/there")).text
    assert "Were there: 4" in page
    for name in ("Amina", "Wanjiru", "Mwangi", "Juma"):
        assert name not in page


def test_after_three_days_there_are_no_names_and_no_trace_of_whom_was_looked_at(ward: Ward) -> None:
    night, wire = ward
    night.hear(adt())
    night.tick()
    sign_in(ward)
    look(ward)
    night.pass_time(days=3)
    sign_in(ward)
    assert "Show names" not in night.run(wire.get("/desk/there")).text
    assert night.rows("inside", "attendance")["attendance"] == []
    rows = str(night.rows("inside", "audit"))
    assert not any(name in rows for name in ("amina", "Amina", "juma", AMINA))


def test_each_act_of_the_desk_is_written_down_without_what_it_was_about(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt(PID_30="N"))
    sign_in(ward)
    push(ward, "/event", event="", say="dead")
    night.run(ward[1].get("/desk/units"))
    assert done(ward)[2:] == ["dead", "units"]
    event = night.rows("inside", "event")["event"][0][1]
    assert event not in str(night.rows("inside", "audit"))
    assert told(night)


def test_an_act_that_can_not_be_written_down_is_not_done(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    night, _ = ward
    night.hear(adt(PID_30="N"))
    sign_in(ward)

    def broken(*_: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(audit, "note", broken)
    assert push(ward, "/event", event="", say="dead").status_code == 503
    assert told(night) == set()


def test_the_audit_is_shown_with_six_words_a_week(ward: Ward) -> None:
    night, wire = ward
    sign_in(ward)
    page = night.run(wire.get("/desk/audit")).text
    assert "This list is whole" in page
    assert "printed a link at the machine for Njeri" in page
    (row,) = night.rows("inside", "audit")["audit"][-1:]
    assert audit.Act(*row[1:]).words in page


Tamper = Callable[[Night], None]


def run(statement: str) -> Tamper:
    def tamper(night: Night) -> None:
        night.run(night.inside_store.do(many, statement, [("hospital",)]))

    return tamper


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (run("UPDATE audit SET name = 'Amina' WHERE org = ? AND n = 2"), "row 2 was changed"),
        (run("DELETE FROM audit WHERE org = ? AND n = 2"), "row 2 is missing"),
        (run("DELETE FROM audit WHERE org = ? AND n = 3"), "rows 3 to 3 are missing at the end"),
        (run("DELETE FROM audit WHERE org = ?"), "rows 1 to 3 are missing at the end"),
        (run("UPDATE audit SET n = n + 10 WHERE org = ?"), "row 1 is missing"),
    ],
)
def test_what_was_done_to_the_rows_is_seen_by_the_doctor_and_at_the_desk(ward: Ward, tamper: Tamper, says: str) -> None:
    night, wire = ward
    device = Device()
    sign_in(ward, device)
    night.run(wire.get("/desk/audit"))
    assert whole(night) == ""
    tamper(night)
    assert says in whole(night)
    assert any(one.what == "audit" and says in one.seen for one in night.run(night.inside.state.watch.doctor()))


def test_after_a_year_an_act_is_forgotten_and_the_chain_is_whole(ward: Ward) -> None:
    night, _ = ward
    sign_in(ward)
    night.clock.move(days=364)
    sign_in(ward)
    night.clock.move(days=2)
    night.run(night.inside.reception.forget())
    assert numbers(night) == [0, 3, 4]
    assert whole(night) == ""
    night.run(night.inside.reception.forget())
    night.clock.move(days=400)
    night.run(night.inside.reception.forget())
    assert numbers(night) == [0]
    assert whole(night) == ""
    sign_in(ward)
    assert whole(night) == ""
    assert numbers(night) == [0, 5, 6]


def test_a_crash_between_the_row_and_the_file_is_no_fault(ward: Ward) -> None:
    night, _ = ward
    sign_in(ward)
    before = acts.head(night.inside_settings.data)
    peter, key = Person("x", "Peter", "it"), night.inside.reception._acts_key
    night.run(night.inside_store.do(audit.note, "hospital", key, peter, "in", "", night.clock.now()))
    assert acts.head(night.inside_settings.data) == before
    assert whole(night) == ""


def test_the_time_of_an_act_is_its_hour(ward: Ward) -> None:
    night, _ = ward
    sign_in(ward)
    night.clock.move(minutes=20)
    for row in night.rows("inside", "audit")["audit"]:
        assert timedelta(0) <= night.clock.now() - audit.Act(*row[1:]).at < timedelta(hours=2)
