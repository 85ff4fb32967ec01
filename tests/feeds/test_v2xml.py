"""HL7 v2 written as XML is heard like any other, and XML that would harm is refused at once."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.feeds.hl7 import acknowledge, code_of, read
from aftercall.inside.road.notice import Sign, Unread
from tests.feeds.told import NOW, SITE, YES, hears, mark, refuses

HEAD = (
    "<MSH><MSH.1>|</MSH.1><MSH.2>^~\\&amp;</MSH.2><MSH.3><HD.1>A</HD.1></MSH.3><MSH.7><TS.1>20260310150000</TS.1></MSH.7>"
    "<MSH.9><MSG.1>ADT</MSG.1><MSG.2>A03</MSG.2></MSH.9><MSH.10>M&amp;1</MSH.10><MSH.11><PT.1>P</PT.1></MSH.11>"
    "<MSH.12><VID.1>2.5</VID.1></MSH.12></MSH>"
)
PID = (
    "<PID><PID.3><CX.1>42</CX.1><CX.4><HD.1>KISIWA</HD.1></CX.4></PID.3><PID.3><CX.1>43</CX.1></PID.3>"
    "<PID.29><TS.1>20260310140200</TS.1></PID.29><PID.30>Y</PID.30></PID>"
)
PV1 = "<PV1><PV1.2>I</PV1.2><PV1.3><PL.1>ICU</PL.1></PV1.3><PV1.7><XCN.1>7</XCN.1><XCN.9><HD.1>K</HD.1></XCN.9></PV1.7></PV1>"
DEATH = f'<ADT_A03 xmlns="urn:hl7-org:v2xml">{HEAD}{PID}<ADT_A03.VISIT>{PV1}</ADT_A03.VISIT></ADT_A03>'


def test_a_death_in_xml_is_heard_whole() -> None:
    notice = hears(DEATH.encode())
    assert (notice.kind, notice.unit, notice.doubt) == ("ADT^A03", "ICU", "")
    assert notice.signs == (YES, Sign("PID-29", "time"))
    assert notice.people == (mark("person|KISIWA|42"), mark("person||43"))
    assert [(n.authority, n.number) for n in notice.named] == [("K", "7")]


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + DEATH.encode(),
        b'\n <?xml version="1.0" encoding="UTF-8"?>\n' + DEATH.replace("><", ">\n  <").encode(),
        DEATH.encode("utf-16"),
        DEATH.replace("ADT_A03", "x:ADT_A03").replace("xmlns=", "xmlns:x=").encode(),
        f"<batch>{DEATH}</batch>".encode(),
        DEATH.replace("<PID>", "<!-- a note --><PID>").encode(),
        DEATH.replace("<PID.30>Y", "<PID.30><![CDATA[Y]]>").encode(),
    ],
)
def test_however_the_xml_is_written(body: bytes) -> None:
    assert hears(body).signs[0] == YES


def test_many_messages_in_one_document_are_many_readings() -> None:
    readings = read(f"<all>{DEATH * 3}</all>".encode(), SITE, mark, NOW)
    assert len(readings) == 3


def test_delimiters_in_its_text_are_only_text_and_a_delete_is_a_delete() -> None:
    body = DEATH.replace("<CX.1>42<", "<CX.1>4|2^~&amp;<").replace("<PID.30>Y<", '<PID.30>""<')
    notice = hears(body.encode())
    assert notice.people[0] == mark("person|KISIWA|4|2^~&")
    assert notice.signs[0] == Sign("PID-30", "delete")


def test_the_answer_is_xml_as_well() -> None:
    (reading,) = read(DEATH.encode(), SITE, mark, NOW)
    answer = acknowledge(reading, "AA", "", NOW).decode()
    assert "<MSA><MSA.1>AA</MSA.1><MSA.2>M&amp;1</MSA.2><MSA.3>Stored.</MSA.3></MSA>" in answer
    assert "<MSH.9><MSG.1>ACK</MSG.1><MSG.2>A03</MSG.2><MSG.3>ACK</MSG.3></MSH.9>" in answer


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(f'<!ENTITY {n} "{f"&{p};" * 10}">' for p, n in ("ab", "bc", "cd"))
BOMB += "]>" + DEATH.replace("42", "&d;")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (BOMB.encode(), "not-xml"),
        (BOMB.encode("utf-16"), "not-xml"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd">' + DEATH.encode(), "not-xml"),
        (DEATH.replace("42", "&unknown;").encode(), "not-xml"),
        (b'<?xml version="1.0" encoding="UTF-7"?>' + DEATH.encode(), "not-xml"),
        (DEATH[:-9].encode(), "not-xml"),
        (b"<a>" * 150_000, "not-xml"),
        (b"<a><MSH/>" + b"<b/>" * 500_000 + b"</a>", "too-large"),
        (b"<a>" + b"x" * 9_000_000 + b"</a>", "too-large"),
        (b"<html><body>hello</body></html>", "not-hl7"),
    ],
)
def test_what_would_harm_or_is_no_message_is_refused_at_once(body: bytes, code: str) -> None:
    began = time.process_time()
    assert refuses(body).code == code
    assert time.process_time() - began < 1
    assert code_of(read(body, SITE, mark, NOW)) == "AR"


def test_a_thousand_headers_in_one_element_are_one_message_and_cost_no_more() -> None:
    began = time.process_time()
    assert refuses(b"<a>" + b"<MSH/>" * 9_000 + b"</a>").code == "no-patient"
    assert time.process_time() - began < 1


@given(st.binary(max_size=60), st.integers(0, len(DEATH)), st.integers(0, 30))
def test_no_xml_raises(junk: bytes, cut: int, drop: int) -> None:
    body = DEATH.encode()
    for reading in read(body[:cut] + junk + body[cut + drop :], SITE, mark, NOW):
        assert not isinstance(reading.heard, Unread) or reading.heard.text
