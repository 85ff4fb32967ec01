"""A talk for several: asks like any others that ring one phone alone for a while, and never leave anybody waiting for it."""

from datetime import timedelta

import pytest
from aftercall_stage.phones import Asker, Peer, Refused
from aftercall_stage.several import MARK, Several, unpacked

from aftercall.outside.road.duty import ACTIVE, GATHER, SEVERAL
from aftercall.outside.store import boxes, duty
from tests.world import Night

SOON = timedelta(hours=1)
ON_A_FILE = pytest.mark.parametrize("urls", ["sqlite"], indirect=True)  # these say nothing of the database


def begun(night: Night, peer: Peer) -> Several:
    return night.run(Several.begin(peer, night.clock.now() + SOON))


def knock(night: Night, host: Peer, words: str, name: str) -> Asker:
    phone = night.asker()
    night.run(phone.ask(wish=host.pid, join=words, handle=name))
    return phone


def rung(night: Night, phone: Asker) -> tuple[str, ...]:
    return night.run(phone.look()).rung


def said(night: Night, phone: Asker) -> list[str]:
    """What was repeated to this phone, with whose it is."""
    night.run(phone.look())
    letters = [unpacked(text) for text in night.run(phone.read())]
    return [f"{one['by']}: {one['text']}" for one in letters if one and one["t"] == "say"]


@pytest.fixture
def several(night: Night) -> Several:
    for name in ("Grace", "Peter", "Halima", "Kevin", "Njeri", "Omondi"):
        night.peer(name)
    return begun(night, night.peers["Grace"])


def test_twelve_come_in_by_one_phone_and_the_thirteenth_rings_others_at_once(night: Night, several: Several) -> None:
    grace = several.peer
    phones = [knock(night, grace, several.words, f"n{n}") for n in range(SEVERAL)]
    assert {rung(night, phone) for phone in phones} == {(grace.pid,)}  # beyond her cap of three, and nobody else is woken
    night.run(several.look())
    assert set(several.who.values()) == {f"n{n}" for n in range(SEVERAL)}
    late = knock(night, grace, several.words, "late")
    assert len(rung(night, late)) == ACTIVE
    assert grace.pid not in rung(night, late)
    for phone in phones:
        said(night, phone)
    night.run(phones[0].write("I keep hearing the monitor."))
    night.run(several.look())
    night.run(several.write("So do I."))
    assert said(night, phones[0]) == ["Grace: So do I."]
    for phone in phones[1:]:
        assert said(night, phone) == ["n0: I keep hearing the monitor.", "Grace: So do I."]


@ON_A_FILE
def test_wrong_words_are_passed_on_at_once_and_the_next_wave_rings_others(night: Night, several: Several) -> None:
    phone = knock(night, several.peer, "lusab-babad", "x")
    assert rung(night, phone) == (several.peer.pid,)
    night.run(several.look())
    assert several.who == {}
    assert len(rung(night, phone)) == 5
    assert several.peer.pid not in rung(night, phone)
    other = next(peer for peer in night.peers.values() if peer.pid in rung(night, phone))
    (page,) = night.run(other.pages())
    assert page.join == 1  # the words are for one phone alone


@ON_A_FILE
def test_an_ordinary_ask_that_comes_first_to_it_goes_on_at_once(night: Night, several: Several) -> None:
    phone = night.asker()
    night.run(phone.ask(wish=several.peer.pid))
    assert rung(night, phone) == (several.peer.pid,)
    night.run(several.look())
    assert len(rung(night, phone)) == 5


@ON_A_FILE
def test_whoever_does_not_come_first_to_it_is_not_rung_there_before_the_last_wave(night: Night, several: Several) -> None:
    phone = night.asker()
    night.run(phone.ask(wish=night.peers["Peter"].pid))
    for _ in range(2):
        assert several.peer.pid not in rung(night, phone)
        night.pass_time(minutes=5)
    assert several.peer.pid in rung(night, phone)


@ON_A_FILE
def test_a_phone_that_is_off_holds_nobody_up(night: Night, several: Several) -> None:
    phone = knock(night, several.peer, several.words, "Amina")
    night.pass_time(seconds=89)
    assert rung(night, phone) == (several.peer.pid,)
    night.pass_time(seconds=1)
    assert len(rung(night, phone)) == 6


@ON_A_FILE
def test_the_page_has_a_moment_before_any_road_rings_its_owner(night: Night, several: Several) -> None:
    tel = str(several.peer.card["tel"])
    had = len(night.care_post.to(tel))
    knock(night, several.peer, several.words, "Amina")
    night.tick()
    night.run(several.look())
    night.pass_time(minutes=2)
    assert len(night.care_post.to(tel)) == had
    knock(night, several.peer, several.words, "Juma")
    night.pass_time(seconds=15)
    assert len(night.care_post.to(tel)) == had + 1


def test_twelve_at_the_door_are_no_crowd_that_wakes_others(night: Night, several: Several) -> None:
    for n in range(SEVERAL):
        knock(night, several.peer, several.words, f"n{n}")
    phone = night.asker()
    night.run(phone.ask(wish=night.peers["Peter"].pid))

    ready = night.run(night.outside_store.do(duty.ready, "kisumu", night.clock.now()))
    assert night.run(night.outside_store.do(boxes.waiting, "kisumu", 99)) == SEVERAL + 1
    assert night.run(night.outside_store.do(boxes.at_the_door, "kisumu", ready.gathering)) == SEVERAL
    assert not night.care_post.to("+254700000099")  # the duty phone is told of a crowd


def test_it_ends_by_itself_with_its_time_with_duty_and_by_word(night: Night, several: Several) -> None:
    grace = several.peer

    def gathering() -> frozenset[str]:
        return night.run(night.outside_store.do(duty.ready, "kisumu", night.clock.now())).gathering

    assert gathering() == {grace.pid}
    night.pass_time(minutes=61)
    assert gathering() == frozenset()
    for by_word in (True, False):
        night.run(grace.duty(night.clock.now() + timedelta(hours=4)))
        night.run(grace.gather(night.clock.now() + SOON))
        assert gathering() == {grace.pid}
        night.run(grace.gather(None) if by_word else grace.off())
        assert gathering() == frozenset()


@ON_A_FILE
def test_it_needs_duty_and_an_end(night: Night) -> None:
    grace = night.peer("Grace")
    for until, word in ((night.clock.now() + GATHER + SOON, "until"), (night.clock.now() - SOON, "until")):
        with pytest.raises(Refused) as refused:
            night.run(grace.gather(until))
        assert refused.value.word == word
    night.run(grace.off())
    with pytest.raises(Refused) as refused:
        night.run(grace.gather(night.clock.now() + SOON))
    assert refused.value.word == "duty"
    night.run(grace.gather(None))


def test_mail_names_my_boxes_and_where_letters_wait_and_nobody_elses(night: Night, several: Several) -> None:
    phones = [knock(night, several.peer, several.words, name) for name in ("Amina", "Juma")]
    night.run(several.look())
    first, second = (phone.held().box for phone in phones)
    assert night.run(several.peer.mail()) == {first: 0, second: 0}
    for phone in phones:
        said(night, phone)
    night.run(phones[0].write("one"))
    night.run(phones[0].write("two"))
    assert night.run(several.peer.mail()) == {first: 2, second: 0}
    assert night.run(night.peers["Peter"].mail()) == {}
    night.run(several.look())
    night.run(phones[1].close())
    assert night.run(several.peer.mail()) == {first: 0}
    assert not [words for _, words in several.log if words.startswith(MARK)]
