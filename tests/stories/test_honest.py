"""What the care half says of itself: who runs it, what they could do, whose law; and a programme where nothing is written."""

from dataclasses import replace
from pathlib import Path

import pytest
from aftercall_stage.phones import Refused

from aftercall.config import Wrong
from aftercall.locale import LANGUAGES, speak
from aftercall.outside import confirmed, run
from aftercall.outside.poster import CANTS, PROMISES, poster, printed
from aftercall.places import NoPlace, names, pack
from tests.commands import aftercall
from tests.stories.test_without_the_stage import settings
from tests.world import CODE, SEALED, Night

WITH_LAW = {"place": "us-az", "legal_name": "County Medical Alliance, Inc."}


def again(night: Night, **given: object) -> None:
    night.stop()
    night.outside_settings = replace(night.outside_settings, **given)  # type: ignore[arg-type]
    night.start()


def page(night: Night, path: str = "/honest", language: str = "en") -> str:
    answer = night.run(night.wire().get(path, headers={"Accept-Language": language}))
    assert answer.status_code == 200
    return answer.text


def test_the_page_of_promises_speaks_all_languages_and_every_care_page_leads_to_it(evening: Night) -> None:
    seen = {page(evening, language=language) for language in LANGUAGES}
    assert len(seen) == len(LANGUAGES)
    for text in seen:
        assert "<script" not in text
        assert "the county alliance" in text
    for path in ("/", "/peer"):
        assert 'href="/honest"' in page(evening, path)
    assert 'href="/sheet"' in page(evening)


def test_it_says_on_which_rung_we_stand(evening: Night) -> None:
    assert page(evening).count("You are here.") == 1
    assert "That may be your employer." in page(evening)
    again(evening, neutral=True)
    assert page(evening).count("You are here.") == 1
    assert "That is not your employer." in page(evening)


def test_it_promises_less_unless_a_named_person_has_looked_this_quarter_where_the_data_lies(evening: Night) -> None:
    """DECISIONS 19: copies of the whole machine outlive what is deleted in it."""
    less = "That is: from our files. The host may hold copies of the machine."
    said = [less in page(evening)]
    confirmed.stand_for(evening.outside_settings, "Ann Example", evening.clock.now().date())
    said.append(less in page(evening))
    evening.clock.move(days=92)
    said.append(less in page(evening))
    evening.clock.move(days=1)
    said.append(less in page(evening))
    assert said == [True, False, False, True]
    assert speak("sw")(less) in page(evening, language="sw")
    assert speak("sw")(less) != less


def test_the_law_of_the_place_stands_there_in_its_own_language_where_we_have_it(evening: Night) -> None:
    assert "The law:" not in page(evening)
    again(evening, **WITH_LAW)
    assert "32-3229.01" in page(evening)
    assert "County Medical Alliance" in page(evening)
    assert '<p lang="es">' in page(evening, language="es")
    assert '<p lang="en">' in page(evening, language="sw")


@pytest.mark.parametrize("place", names())
def test_every_pack_has_its_sources_and_asks_for_counsel(place: str) -> None:
    this = pack(place)
    assert this.counsel.startswith("Have counsel read this")
    assert this.chat in ("counsel", "no")
    assert this.sources
    assert all(line["tel"] and line["source"] for line in this.helplines)
    for texts in (this.name, this.limits, this.retention):
        assert texts["en"]
        assert set(texts) <= set(LANGUAGES)


def test_a_place_without_a_pack_is_refused_with_those_there_are() -> None:
    for place in ("mars", "us-zz", "../kenya", ""):
        with pytest.raises(NoPlace, match="there"):
            pack(place)


def test_where_letters_may_not_be_written_the_half_refuses_to_let_them(evening: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "pack", lambda place: replace(pack(place), chat="no"))
    with pytest.raises(Wrong, match="set chat = false"):
        run.check_settings(replace(evening.outside_settings, place="uk"))
    run.check_settings(replace(evening.outside_settings, place="uk", chat=False))


def test_a_programme_without_chat_has_a_colleague_call_and_takes_no_letter(night: Night) -> None:
    again(night, chat=False)
    assert 'value="letters"' not in page(night, "/")
    assert 'data-chat="off"' in page(night, "/")
    assert "calls you" in page(night)
    grace, phone = night.peer("Grace"), night.asker()
    night.run(phone.ask(chan="call", name="Amina", tel="+254700000002"))
    night.tick()
    (ring,) = night.run(grace.pages())
    assert night.run(grace.take(ring.box))
    assert grace.contacts[ring.box]["tel"] == "+254700000002"
    with pytest.raises(Refused):
        night.run(grace.write(ring.box, "Shall I call?"))
    assert night.rows("outside", "msg")["msg"] == []
    night.run(grace.spoken(ring.box))
    assert night.run(phone.look()).state == "talk"


# the poster ----------------------------------------------------------------------------------------------------------------


def test_the_poster_says_the_same_in_each_language_and_reads_back(tmp_path: Path) -> None:
    words = aftercall("keys", "root", "--out", "root.pem", cwd=tmp_path).strip().splitlines()[-1]
    aftercall("keys", "steward", "--root", "root.pem", "--programme", "kisumu", "--data", "data", cwd=tmp_path)
    settings(
        tmp_path, "outside", data="data", programme="kisumu", name="Kisumu peers", run_by="the county alliance", codes=[SEALED],
        duty_tel="+254 700 000 099", address="https://care.example",
    )  # fmt: skip
    with (tmp_path / "outside.toml").open("a") as more:
        more.write('lines = [{name = "A line (made up)", tel = "1199"}]\n')
    aftercall("poster", "--config", "outside.toml", "--out", "wall", *CODE.split("-"), cwd=tmp_path)
    for language in LANGUAGES:
        svg = (tmp_path / "wall" / f"poster-{language}.svg").read_text()
        flat = " ".join(part.partition("<")[0] for part in svg.split(">"))
        for word in (CODE.replace("-", " "), words.replace("-", " "), "https://care.example", "+254 700 000 099", "1199"):
            assert " ".join(word.split()) in " ".join(flat.split()), (language, word)
        said = " ".join(flat.split())
        for promise in (*PROMISES, *CANTS):
            assert " ".join(speak(language)(promise).split()) in said.replace("&#x27;", "'"), (language, promise)
        assert svg in (tmp_path / "wall" / f"poster-{language}.html").read_text()
    failed = aftercall("poster", "--config", "outside.toml", "--out", "x", "not", "the", "right", "words", cwd=tmp_path, fails=True)
    assert "not the four words" in failed
    assert not (tmp_path / "x").exists()


def test_a_name_with_signs_in_it_breaks_no_poster(evening: Night) -> None:
    odd = replace(evening.outside_settings, name="A & B <peers>", address="https://care.example")
    svg = poster(odd, CODE, "a-b", "en")
    assert "A &amp; B &lt;peers&gt;" in svg
    assert "<peers>" not in printed(svg, "en")
