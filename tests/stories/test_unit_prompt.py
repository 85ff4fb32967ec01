"""After a hard loss the unit itself is written to: cover, a pause, a talk before home. To nobody by name, and once."""

from dataclasses import replace

import httpx
import pytest

from aftercall.config import Inside
from aftercall.inside.feeds.lists import units_in
from aftercall.rota.rows import BadList
from aftercall.send import Later, Never
from aftercall.send.heard import ANSWERS
from aftercall.words import Message, Sealed
from tests.stories.ward import AMINA, CONTACTS, opened, time_passes
from tests.world import START, Night, adt

PHONE, MAIL = "+254700000777", "resus@hospital.example"
UNITS = "unit,name,site,phone,mail,language\nRES,Resus,Kisumu,{phone},{mail},sw\nICU,Intensive care,Kisumu,,,\n"
HARD = {"PID_7": "20190301", "PV1_18": "E"}  # a child


@pytest.fixture
def urls() -> tuple[str, str]:
    return "", ""


def ward_of(night: Night, phone: str = PHONE, mail: str = "") -> tuple[Night, httpx.AsyncClient]:
    night.inside_settings.units.write_text(UNITS.format(phone=phone, mail=mail))
    return night, opened(night, replace(CONTACTS, cover="https://hospital.example/cover"))


def weight(night: Night) -> int:
    [row] = night.rows("inside", "event")["event"]
    return int(row[5])


def test_the_unit_is_prompted_once_and_only_from_weight_two_on(night: Night) -> None:
    ward_of(night)
    night.hear(adt(**HARD))
    time_passes(night)
    assert weight(night) == 2
    [told] = night.hospital_post.to(PHONE)
    assert told.endswith("https://hospital.example/cover")
    night.hear(adt(control="M2", MSH_9="ADT^A08^ADT_A01", **HARD))
    time_passes(night, minutes=10)
    time_passes(night, hours=30)
    assert len(night.hospital_post.to(PHONE)) == 1
    time_passes(night, hours=48)
    assert night.rows("inside", "prompt")["prompt"] == []


def test_a_plain_loss_writes_to_no_unit(night: Night) -> None:
    ward_of(night)
    night.hear(adt(START, PID_7="19400101", PV1_18="", PV1_2="I", PV1_4="", PV1_44="20261101000000"))
    time_passes(night)
    assert weight(night) == 1
    assert night.hospital_post.to(PHONE) == []


def test_a_loss_taken_back_in_its_time_prompts_nobody(night: Night) -> None:
    night.inside_settings = replace(night.inside_settings, settle=300)
    ward_of(night)
    night.hear(adt(**HARD))
    time_passes(night, minutes=4)
    night.hear(adt(START, control="M2", MSH_9="ADT^A13^ADT_A01", PID_30="N", PID_29="", PV1_36="", **HARD))
    time_passes(night, minutes=10)
    assert night.hospital_post.sent == []


def test_a_text_that_can_not_go_goes_by_mail_and_a_full_provider_is_tried_again(night: Night) -> None:
    ward_of(night, mail=MAIL)
    night.hear(adt(**HARD))
    night.hospital_post.fail = [Later("full")]
    night.run(night.inside.office.tick())
    assert night.hospital_post.to(PHONE) == []
    night.hospital_post.fail = [Never("a wrong number")]
    night.clock.move(seconds=15)
    night.run(night.inside.office.tick())
    assert len(night.hospital_post.to(MAIL)) == 1


def test_a_person_with_a_wrong_number_gets_the_note_by_mail(night: Night) -> None:
    staff = night.inside_settings.staff
    staff.write_text(staff.read_text().replace("+254700000002,,en", "+254700000002,amina@hospital.example,en"))
    ward_of(night)
    night.hear(adt())
    post = night.hospital_post
    real = post.send

    async def send(message: Message) -> None:
        if message.to == AMINA:
            raise Never("a wrong number")
        await real(message)

    post.send = send  # type: ignore[method-assign]
    night.tick()
    assert post.to(AMINA) == []
    assert len(post.to("amina@hospital.example")) == 1


def test_a_units_list_may_leave_the_new_columns_out_and_a_bad_number_is_named(night: Night) -> None:
    settings: Inside = night.inside_settings
    assert [place.phone for place in units_in(settings.units)] == ["", ""]
    settings.units.write_text(UNITS.format(phone="0700", mail=""))
    with pytest.raises(BadList, match="row 2, column phone"):
        units_in(settings.units)


def test_stop_comes_in_by_every_provider_and_however_the_number_is_written(night: Night) -> None:
    from_kannel = {"X-Kannel-From": "254700000002", "Content-Type": "text/plain"}
    _, wire = ward_of(night)
    assert night.run(wire.post("/inside/v1/inbound/in/kannel", content=b"STOP", headers=from_kannel)).status_code == 404
    night.inside.half.settings = replace(night.inside.half.settings, inbound_token=Sealed("in"))
    answer = night.run(wire.post("/inside/v1/inbound/in/kannel", content=b"S.T.O.P", headers=from_kannel))
    assert (answer.status_code, answer.text) == (200, "You will get no more of these notes.")
    other = night.run(wire.post("/inside/v1/inbound/in/africastalking", data={"from": "+254700000003", "text": "Help"}))
    assert (other.status_code, other.text) == (200, "")
    night.run(night.inside.half.flight.landed())
    assert len(night.hospital_post.to("+254700000003")) == 1  # one fixed text
    for _ in range(9):  # a machine that answers every text
        night.run(wire.post("/inside/v1/inbound/in/africastalking", data={"from": "+254700000003", "text": "Away"}))
    night.run(night.inside.half.flight.landed())
    assert len(night.hospital_post.to("+254700000003")) == ANSWERS
    assert night.inside.roads.went == {}, "a monitor sees that somebody wrote"
    assert night.run(wire.post("/inside/v1/inbound/guess/kannel", content=b"STOP", headers=from_kannel)).status_code == 404
    night.hear(adt())
    night.tick()
    assert night.hospital_post.to(AMINA) == []
