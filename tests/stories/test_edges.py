"""Nobody is on duty, shifts end, a talk is handed over: whoever asked ends with a human, or is told at once where they stand."""

from datetime import timedelta

import pytest
from aftercall_stage.phones import Gone

from tests.world import NAMES, Night

DUTY = "+254700000099"


def rung(night: Night) -> list[str]:
    return [message.to for message in night.care_post.sent]


# nobody of ours ----------------------------------------------------------------------------------------------------------------


def test_allies_are_rung_when_none_of_ours_is_on_duty_and_it_is_said_at_once(night: Night) -> None:
    grace, achieng = night.peer("Grace", on=False), night.peer("Achieng", allied="Nakuru peers")
    phone = night.asker()
    assert night.run(phone.ask()) == 1
    assert (phone.asked["allied"], phone.asked["duty"]) == (1, 0)
    assert phone.people[achieng.pid].card["allied"] == "Nakuru peers"  # the root says so
    assert set(phone.held().keys) == {grace.pid, achieng.pid}  # a copy sealed for each, as for all
    night.tick()
    assert rung(night) == [achieng.card["tel"]]
    night.pass_time(minutes=5)
    assert rung(night).count(DUTY) == 1
    (page,) = night.run(achieng.pages())
    assert night.run(achieng.take(page.box))


def test_allies_are_left_alone_while_one_of_ours_can_be_rung(evening: Night) -> None:
    grace, achieng = evening.peer("Grace"), evening.peer("Achieng", allied="Nakuru peers")
    phone = evening.asker()
    evening.run(phone.ask(everyone=True))
    assert phone.asked["allied"] == 0
    for _ in range(4):
        evening.pass_time(minutes=10)
    assert set(rung(evening)) == {grace.card["tel"], DUTY}
    assert achieng.card["tel"] not in rung(evening)


def test_when_more_wait_than_ours_can_answer_allies_are_rung_with_them(evening: Night) -> None:
    grace, achieng = evening.peer("Grace"), evening.peer("Achieng", allied="Nakuru peers")
    phones = [evening.asker() for _ in range(4)]
    for phone in phones[:3]:
        evening.run(phone.ask())
    evening.tick()
    assert {message.to for message in evening.care_post.sent} == {grace.card["tel"]}
    evening.run(phones[3].ask())
    evening.tick()
    assert evening.care_post.to(achieng.card["tel"])
    assert phones[3].asked["allied"] == 0  # one of ours is rung as well
    (page,) = evening.run(achieng.pages())
    assert evening.run(achieng.take(page.box))


def test_nobody_at_all_is_said_in_the_answer_with_the_duty_phone_and_the_lines_beside_it(evening: Night) -> None:
    evening.peer("Grace", on=False)
    phone = evening.asker()
    assert evening.run(phone.ask()) == 0
    assert (phone.asked["duty"], phone.asked["allied"]) == (1, 0)
    assert phone.public["duty"] == {"tel": DUTY}
    assert phone.public["lines"]


def test_a_peer_who_comes_on_duty_finds_who_has_been_waiting(evening: Night) -> None:
    """Nobody was there when all were rung; the ask is still open, and in the sight of whoever comes."""
    grace = evening.peer("Grace", on=False)
    phone = evening.asker()
    evening.run(phone.ask())
    for _ in range(9):
        evening.pass_time(minutes=10)  # the ladder rests
    assert evening.run(grace.pages()) == []  # off duty it rings on no page
    evening.run(grace.duty(evening.clock.now() + timedelta(hours=4)))
    (page,) = evening.run(grace.pages())
    assert evening.run(grace.take(page.box))
    assert evening.run(phone.look()).taker == grace.pid


def test_when_all_who_were_rung_say_no_the_next_wave_does_not_wait(evening: Night) -> None:
    for name in NAMES[:4]:
        evening.peer(name)
    phone = evening.asker()
    evening.run(phone.ask())
    evening.tick()
    first = [peer for peer in evening.peers.values() if peer.card["tel"] in rung(evening)]
    for peer in first:
        assert evening.run(phone.look()).wave == 1
        (page,) = evening.run(peer.pages())
        evening.run(peer.pass_on(page.box))
    evening.tick()
    assert evening.run(phone.look()).wave == 2
    assert len(rung(evening)) == 4


# shifts and hand-over ----------------------------------------------------------------------------------------------------------


def test_a_live_talk_stays_with_the_peer_whose_shift_ends(evening: Night) -> None:
    grace, peter = evening.peer("Grace"), evening.peer("Peter")
    phone = evening.asker()
    evening.run(phone.ask(wish=grace.pid))
    (page,) = evening.run(grace.pages())
    evening.run(grace.take(page.box))
    evening.run(grace.write(page.box, "I'm here."))
    evening.run(phone.look())
    evening.run(phone.read())
    evening.run(grace.off())
    evening.care_post.sent.clear()
    evening.pass_time(hours=2)
    assert rung(evening) == []
    evening.run(phone.write("He was nineteen."))
    assert evening.run(grace.read(page.box)) == ["He was nineteen."]
    assert evening.run(peter.pages()) == []


def test_a_peer_who_goes_off_duty_is_not_rung_again_for_who_still_waits(evening: Night) -> None:
    grace, peter = evening.peer("Grace"), evening.peer("Peter")
    evening.run(evening.asker().ask())
    evening.tick()
    evening.run(grace.off())
    evening.care_post.sent.clear()
    evening.pass_time(minutes=5)
    assert set(rung(evening)) == {peter.card["tel"], DUTY}


def test_handing_over_is_a_fresh_box_of_which_the_first_peer_knows_nothing(evening: Night) -> None:
    grace, peter = evening.peer("Grace"), evening.peer("Peter")
    phone = evening.asker()
    evening.run(phone.ask(wish=grace.pid))
    (first,) = evening.run(grace.pages())
    evening.run(grace.take(first.box))
    evening.run(grace.write(first.box, "My shift ends. Peter has the night, if you like."))
    evening.run(phone.look())
    evening.run(phone.read())
    evening.run(phone.write("I keep hearing his mother."))
    evening.run(phone.close())
    evening.run(phone.ask(wish=peter.pid, leave_out=[grace.pid]))
    (second,) = evening.run(peter.pages())
    assert (second.box != first.box, second.k != first.k, second.handle != first.handle) == (True, True, True)
    evening.run(peter.take(second.box))
    assert evening.run(peter.read(second.box)) == []  # nothing moves unless she writes it again
    with pytest.raises(Gone):
        evening.run(grace.read(first.box))
    assert evening.run(grace.pages()) == []


def test_asking_for_grace_next_month_is_a_new_box_with_her_in_the_first_wave(evening: Night) -> None:
    for name in NAMES[:5]:
        evening.peer(name)
    grace, numbers = evening.peers["Grace"], set()
    for _ in range(2):
        phone = evening.asker()
        evening.run(phone.ask(wish=grace.pid))
        stands = evening.run(phone.look())
        assert grace.pid in stands.rung
        assert len(stands.rung) == 3
        numbers.add(phone.held().box)
        evening.run(phone.close())
        evening.pass_time(hours=4)
    assert len(numbers) == 2


def test_five_who_debrief_from_afar_each_have_a_box_of_their_own_with_the_facilitator(evening: Night) -> None:
    grace = evening.peer("Grace")
    phones = [evening.asker() for _ in range(5)]
    for phone in phones:
        evening.run(phone.ask(wish=grace.pid))
    pages = {page.box: page for page in evening.run(grace.pages())}
    assert len(pages) == 5
    assert len({page.k for page in pages.values()}) == 5
    for n, phone in enumerate(phones):
        box = phone.held().box
        assert evening.run(grace.take(box))
        evening.run(phone.look())
        evening.run(phone.write(f"I was at the head. {n}"))
        assert evening.run(grace.read(box)) == [f"I was at the head. {n}"]
