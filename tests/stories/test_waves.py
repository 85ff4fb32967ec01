"""The open box is the promise: the ladder goes on until a human answers, and first yes wins."""

from datetime import timedelta

import pytest
from aftercall_stage.phones import Gone, Refused
from aftercall_stage.sealing import point

from aftercall.outside.ringing import MORE
from aftercall.words import b64
from tests.world import CODE, NAMES, Night

DUTY = "+254700000099"


def rung(night: Night) -> list[str]:
    """Numbers rung, in order."""
    return [message.to for message in night.care_post.sent]


def test_three_are_rung_then_five_then_all_and_the_duty_phone(night: Night) -> None:
    night.all_peers()
    phone = night.asker()
    assert night.run(phone.ask()) == 3
    night.tick()
    assert len(rung(night)) == 3
    night.pass_time(minutes=4, seconds=59)
    assert len(rung(night)) == 3  # never early
    night.pass_time(seconds=1)
    assert len(set(rung(night))) == 8
    night.pass_time(minutes=5)
    assert set(rung(night)) == {peer.card["tel"] for peer in night.peers.values()} | {DUTY}
    assert night.run(phone.look()).wave == 3


def test_everyone_at_once_rings_all_nine_and_the_duty_phone(night: Night) -> None:
    night.all_peers()
    assert night.run(night.asker().ask(everyone=True)) == 9
    night.tick()
    assert len(rung(night)) == 10


def test_nobody_on_duty_is_said_at_once_and_the_duty_phone_rings(night: Night) -> None:
    night.peer("Grace", on=False)
    assert night.run(night.asker().ask()) == 0
    night.tick()
    assert rung(night) == [DUTY]


def test_the_second_yes_is_thanked(night: Night) -> None:
    night.all_peers()
    night.run(night.asker().ask(everyone=True))
    grace, peter = night.peers["Grace"], night.peers["Peter"]
    (page,), (other,) = night.run(grace.pages()), night.run(peter.pages())
    assert night.run(grace.take(page.box))
    assert not night.run(peter.take(other.box))
    assert night.run(peter.pages()) == []
    night.tick()
    assert rung(night) == []  # nobody is rung after an answer


def test_a_peer_who_took_it_and_fell_asleep_leaves_nobody_waiting(night: Night) -> None:
    night.all_peers()
    phone = night.asker()
    night.run(phone.ask(wish=night.peers["Grace"].pid))
    night.tick()
    (page,) = night.run(night.peers["Grace"].pages())
    night.run(night.peers["Grace"].take(page.box))
    assert night.run(phone.look()).state == "lease"
    night.pass_time(minutes=5)
    stands = night.run(phone.look())
    assert (stands.state, stands.wave, stands.lapsed, stands.taker) == ("open", 2, 1, None)
    assert len(rung(night)) == 8


def test_a_peer_who_slept_twice_is_off_duty(night: Night) -> None:
    grace = night.peer("Grace")
    for _ in range(2):
        night.run(night.asker().ask())
        boxes = night.run(grace.pages())
        night.run(grace.take(boxes[0].box))
        night.pass_time(minutes=5)
    night.run(grace.pages())
    assert not grace.on
    assert night.run(night.asker().ask()) == 0


def test_a_peer_who_says_not_me_is_not_rung_again_for_it(night: Night) -> None:
    night.all_peers()
    grace = night.peers["Grace"]
    phone = night.asker()
    night.run(phone.ask(wish=grace.pid))
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.pass_on(page.box))
    assert night.run(grace.pages()) == []
    assert night.run(phone.look()).wave == 2  # the next wave comes at once, not after the lease


def test_a_no_is_heard_within_the_second_in_which_the_next_wave_is_due_anyway(night: Night) -> None:
    night.all_peers()
    phone = night.asker()
    night.run(phone.ask())
    night.tick()
    night.clock.move(minutes=4, seconds=59, milliseconds=300)
    for peer in night.peers.values():
        for page in night.run(peer.pages()):
            night.run(peer.pass_on(page.box))
    assert night.run(phone.look()).wave == 2


def test_who_is_left_out_is_rung_last_and_their_phone_says_answered(night: Night) -> None:
    night.all_peers()
    grace = night.peers["Grace"]
    night.run(night.asker().ask(leave_out=[grace.pid]))
    night.pass_time(minutes=5)
    assert night.run(grace.pages()) == []
    night.pass_time(minutes=5)
    (page,) = night.run(grace.pages())
    assert (page.answered, page.k, page.cap) == (True, b"", b"")  # the copy holds nothing else
    assert grace.card["tel"] in rung(night)


def test_the_contact_block_goes_to_the_holder_alone_and_dies_at_first_contact(night: Night) -> None:
    night.all_peers()
    grace = night.peers["Grace"]
    night.run(night.asker().ask(chan="call", name="Amina", tel="+254711111111", everyone=True))
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    assert grace.contacts[page.box] == {"name": "Amina", "tel": "+254711111111", "place": "", "near": ""}
    night.run(grace.spoken(page.box))
    rows = night.rows("outside", "box", "page_copy")
    assert rows["page_copy"] == []
    assert rows["box"][0][-1] is None


def test_an_ask_that_was_accepted_outlives_a_restart(night: Night) -> None:
    for name in NAMES[:3]:
        night.peer(name)
    phone = night.asker()
    night.run(phone.ask())
    night.stop()
    night.start()
    night.tick()
    assert len(rung(night)) == 3
    night.peers["Grace"].line.client = phone.line.client = night.wire()
    assert night.run(phone.look()).state == "open"


def test_the_same_ask_twice_is_one_ask(night: Night) -> None:
    night.all_peers()
    phone = night.asker()
    first = night.run(phone.ask())
    assert night.run(phone.again()) == first
    assert len(night.rows("outside", "box")["box"]) == 1


def test_a_late_copy_of_a_closed_ask_rings_nobody(night: Night) -> None:
    night.all_peers()
    phone = night.asker()
    night.run(phone.ask())
    late = phone.memory.open
    night.run(phone.close())
    phone.memory.open = late
    with pytest.raises(Gone):
        night.run(phone.again())
    night.tick()
    assert rung(night) == []


def test_a_close_by_the_peer_is_seen_once_and_then_nothing_remains(night: Night) -> None:
    grace = night.peer("Grace")
    phone = night.asker()
    night.run(phone.ask())
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.write(page.box, "Hello."))
    night.run(phone.look())
    night.run(phone.read())
    night.run(grace.close(page.box))
    (row,) = night.rows("outside", "box")["box"]
    assert row[3] == "ended"
    this = phone.held()
    for _ in range(2):  # answers that never reach the phone
        night.run(phone.line.call("GET", "box/state", {"X-Box": this.box, "X-Cap": this.cap.hex()}))
    assert night.run(phone.look()).state == "ended", "a colleague's goodbye is not taken for a loss"
    assert night.rows("outside", "box", "msg", "page_copy") == {"box": [], "msg": [], "page_copy": []}


def test_an_ended_box_nobody_reads_is_gone_with_the_day(night: Night) -> None:
    grace = night.peer("Grace")
    phone = night.asker()
    night.run(phone.ask())
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.spoken(page.box))
    night.run(grace.close(page.box))
    night.pass_time(days=1)
    assert night.rows("outside", "box")["box"] == []


def test_an_idle_talk_is_gone_after_a_week(night: Night) -> None:
    grace = night.peer("Grace")
    night.run(night.asker().ask())
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.spoken(page.box))
    night.pass_time(days=7)
    assert len(night.rows("outside", "box")["box"]) == 1
    night.pass_time(days=1)
    assert night.rows("outside", "box")["box"] == []


def test_all_are_rung_again_eight_times_and_longer_while_the_phone_still_asks(night: Night) -> None:
    night.peer("Grace")
    phone = night.asker()
    night.run(phone.ask(everyone=True))
    night.tick()
    for seconds in (60, 120, 240, 480, 600):
        night.pass_time(seconds=seconds - 1)
        before = len(rung(night))
        night.pass_time(seconds=1)
        assert len(rung(night)) == before + 2  # Grace and the duty phone, and never early
    for _ in range(12):
        night.pass_time(minutes=10)
    assert rung(night).count(DUTY) == 9  # the phone has said nothing for two hours: it may be off for good
    assert night.run(phone.look()).state == "open"  # still there, and in the peers' sight
    night.pass_time(minutes=10)
    assert rung(night).count(DUTY) == 10  # somebody looks at that screen
    night.pass_time(minutes=30)
    assert rung(night).count(DUTY) == 10


def test_a_wrong_code_opens_nothing_and_the_two_latest_do(night: Night) -> None:
    night.peer("Grace")
    with pytest.raises(Refused, match="code"):
        night.run(night.asker("not-the-right-words").read_directory())
    assert night.run(night.asker(CODE.upper().replace("-", " ")).read_directory())


def test_a_peer_whose_key_has_run_out_is_not_in_the_directory_and_can_not_begin_a_duty(night: Night) -> None:
    grace = night.peer("Grace")
    night.pass_time(days=36)
    phone = night.asker()
    assert night.run(phone.read_directory()) == {}
    night.run(grace.login())
    with pytest.raises(Refused, match="key"):
        night.run(grace.duty(night.clock.now() + timedelta(hours=8)))
    night.run(grace.renew_key())
    newest = night.rows("outside", "peer")["peer"]
    same = grace.sealing[-1]
    form = {"kem": b64(point(same.key.public_key())), "kem_after": same.after, "kem_sig": b64(same.sig)}
    night.run(grace._as_me("PUT", "peer/key", form))  # a phone says it again at each sign-in
    assert night.rows("outside", "peer")["peer"] == newest
    night.run(grace.duty(night.clock.now() + timedelta(hours=8)))
    assert list(night.run(phone.read_directory())) == [grace.pid]


def test_a_certificate_taken_away_takes_the_peer_away(night: Night) -> None:
    grace = night.peer("Grace")
    (night.outside_settings.data / "peers" / f"{grace.pid}.json").unlink()
    night.tick()
    assert night.run(night.asker().read_directory()) == {}
    with pytest.raises(Refused):
        night.run(grace.pages())


def test_on_a_bad_night_the_duty_phone_is_told_and_who_agreed_is_rung_off_duty(night: Night) -> None:
    grace, halima, kevin = night.peer("Grace"), night.peer("Halima", on=False), night.peer("Kevin", on=False)
    night.run(halima.rung_by(reserve=True))
    for _ in range(3):
        night.run(night.asker().ask())
    night.tick()
    assert told(night, MORE) == []  # three are not too many
    night.run(night.asker().ask())
    night.tick()
    assert sorted(told(night, MORE)) == sorted([DUTY, halima.card["tel"]])
    assert kevin.card["tel"] not in rung(night)  # nobody is rung off duty who has not agreed
    night.run(night.asker().ask())
    night.tick()
    assert len(told(night, MORE)) == 2  # once, not once for each who asks
    night.run(halima.duty(night.clock.now() + timedelta(hours=2)))
    night.pass_time(minutes=5)
    assert told(night, MORE).count(halima.card["tel"]) == 1  # she has come
    assert told(night, MORE).count(DUTY) == 2  # and there are too many still
    assert len(night.run(halima.pages())) == 5
    assert grace.card["tel"] in rung(night)


def test_after_a_bad_night_nothing_says_that_there_was_one(night: Night) -> None:
    night.peer("Grace", on=False)
    phones = [night.asker() for _ in range(4)]
    for phone in phones:
        night.run(phone.ask())
    night.tick()
    assert told(night, MORE) == [DUTY]
    for phone in phones:
        night.run(phone.close())
    night.pass_time(days=1)
    assert "more" not in [row[1] for row in night.rows("outside", "reminder")["reminder"]]


def told(night: Night, text: str) -> list[str]:
    return [message.to for message in night.care_post.sent if message.text == text]
