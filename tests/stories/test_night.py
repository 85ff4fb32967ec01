"""A night in the ED, told as a script: from the message of a death to two people talking, and nothing left of it."""

from tests.world import CODE, LINK, Night, adt

TALK = ("box", "page_copy", "ring", "msg")


def test_a_night_in_the_ed(night: Night) -> None:
    night.all_peers()
    assert night.hear(adt()) == "AA"
    night.tick()

    juma, amina = night.handset("+254700000001"), night.handset("+254700000002")
    assert len(juma.texts) == len(amina.texts) == 1
    assert LINK in juma.texts[0]
    assert LINK in amina.texts[0]
    assert night.handset("+254700000005").texts == []  # who was not there hears nothing

    phone = night.asker(CODE)
    assert night.run(phone.ask()) == 3
    night.tick()
    rung = set(night.run(phone.look()).rung)
    grace = night.peers["Grace"]
    while grace.pid not in rung:  # the waves are real: move the clock until hers comes
        night.pass_time(minutes=5)
        rung = set(night.run(phone.look()).rung)
    assert night.care_post.to(grace.card["tel"])[0].startswith("On call")

    (page,) = night.run(grace.pages())
    assert night.run(grace.take(page.box))
    assert night.run(night.peers["Peter"].pages()) == []
    night.run(grace.write(page.box, "I'm Grace. I'm here."))
    assert night.run(phone.look()).taker == grace.pid
    assert night.run(phone.read()) == ["I'm Grace. I'm here."]
    night.run(phone.write("He was nineteen."))
    assert night.run(grace.read(page.box)) == ["He was nineteen."]
    assert night.run(phone.read()) == []
    assert phone.words == grace.words(page.box)

    night.run(phone.close())
    assert night.rows("outside", *TALK) == {table: [] for table in TALK}
