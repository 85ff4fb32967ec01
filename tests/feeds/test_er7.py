"""The reader takes HL7 as hospitals write it, in any delimiters, line ends and letters."""

import warnings
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.feeds.er7 import DELETE, USUAL, Message, at, escaped, messages
from aftercall.inside.feeds.times import time_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import hl7 as oracle  # type: ignore[import-untyped]  # it ships no types

NAIROBI = ZoneInfo("Africa/Nairobi")
OURS = Path(__file__).parent / "messages"
PID = "PID|1||42^^^KISIWA||MFANO^ZAWADI|||F|||12 {street}||||||||||||||||||20260310140200|Y"


def message(pid: str = PID, msh18: str = "", msh2: str = "^~\\&") -> str:
    return f"MSH|{msh2}|A|B|C|D|20260310142210||ADT^A03|1|P|2.5||||||{msh18}\rEVN|A03\r{pid}\rPV1|1|I|ICU\r"


def only(body: bytes) -> Message:
    (one,) = messages(body)
    return one


def fields(read: Message, name: bytes = b"PID") -> list[bytes]:
    return next(line for line in read.lines if line[:3].upper() == name).split(read.coding.field)


def word(read: Message, number: int, name: bytes = b"PID") -> str:
    return read.coding.text(read.coding.first(at(fields(read, name), number) or b""))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\n\r", "\r\r\n", "\n\n", "\r \r"])
def test_every_line_end_reads_the_same(end: str) -> None:
    read = only(message().replace("\r", end).encode())
    assert [line[:3] for line in read.lines] == [b"MSH", b"EVN", b"PID", b"PV1"]
    assert word(read, 30) == "Y"


@given(st.permutations(list("|^~\\&#@!*+")))
def test_every_choice_of_delimiters_reads_the_same(chosen: list[str]) -> None:
    table = str.maketrans(dict(zip("|^~\\&", chosen[:5], strict=True)))
    pid = "PID|1||42^^^KISIWA&1.2~43^^^NHIF||MFANO^O\\T\\O" + "|" * 25 + "Y"
    read = only(message(pid).translate(table).encode())
    assert read.coding[:5] == tuple(c.encode() for c in chosen[:5])
    assert word(read, 3) == "42"
    assert word(read, 30) == "Y"
    name = (at(fields(read), 5) or b"").split(read.coding.component)
    assert read.coding.text(name[1]) == "O" + chosen[4] + "O"


@pytest.mark.parametrize("msh2", ["^~\\&#", "^~", "", "^~\\\\&"])
def test_a_long_a_short_and_a_doubled_msh_2_mean_the_usual_delimiters(msh2: str) -> None:
    assert only(message(msh2=msh2).encode()).coding[:5] == USUAL[:5]


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\x0b", b"\r\n\r\n", b"  ", b"[SOM]", b"\x01\x02", b"junk\r"])
def test_junk_before_the_msh_hides_nothing(before: bytes) -> None:
    assert word(only(before + message().encode()), 30) == "Y"


def test_a_marker_before_each_message_hides_none_of_them() -> None:
    marked = b"[SOM]" + message().encode() + b"[EOM]\n[SOM]" + message().encode()
    assert [word(read, 30) for read in messages(marked)] == ["Y", "Y"]


def test_lower_case_segment_names_are_segments() -> None:
    body = message().replace("PID|", "pid|").replace("MSH|", "msh|").encode()
    assert word(only(body), 30) == "Y"


def test_a_line_end_inside_an_address_does_not_cut_the_pid() -> None:
    assert word(only(message(PID.format(street="Moi\rAvenue, 3rd")).encode()), 30) == "Y"


@pytest.mark.parametrize(
    ("said", "codec"),
    [
        ("8859/1", "latin-1"),
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8~UNICODE", "utf-8"),
        ("windows-1252", "cp1252"),
        ("ISO IR100", "latin-1"),
        ("", "utf-8"),
        ("", "latin-1"),
        ("ASCII", "latin-1"),
        ("ISO IR 999", "utf-8"),
        ("GB 18030-2000", "gb18030"),
    ],
)
def test_names_are_read_in_the_charset_of_msh_18_and_in_a_wrong_one_as_far_as_can_be(said: str, codec: str) -> None:
    body = message(PID.replace("MFANO", "Éclair"), said).encode(codec)
    assert word(only(body), 5) == "Éclair"
    assert word(only(body), 30) == "Y"


@pytest.mark.parametrize(
    ("said", "codec", "name"),
    [
        ("~ISO IR87", "iso2022_jp", "山田"),
        ("8859/5", "iso8859-5", "Иван"),
        ("BIG-5", "big5", "功許蓋"),
        ("SHIFT_JIS", "cp932", "ソ表予"),
    ],
)
def test_letters_whose_bytes_look_like_delimiters_are_whole_letters(said: str, codec: str, name: str) -> None:
    read = only(message(PID.replace("MFANO", name), said).encode(codec))
    assert word(read, 5) == name
    assert word(read, 30) == "Y"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_with_a_byte_order_mark_and_without(codec: str) -> None:
    read = only(message(PID.replace("MFANO", "山田"), "UNICODE UTF-16").encode(codec))
    assert word(read, 5) == "山田"


def test_an_unknown_charset_is_known_to_be_unknown() -> None:
    assert not only(message(msh18="ISO IR 999").encode()).coding.known
    assert only(message(msh18="ASCII").encode()).coding.known


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"A\F\B\S\C\T\D\R\E\E\F", "A|B^C&D~E\\F"),
        (rb"\X41\\X4242\x", "ABBx"),
        (rb"\XC389\clair", "Éclair"),
        (rb"one\.br\two", "one two"),
        (rb"\H\bold\N\ ", "bold"),
        (rb"C:\no\such\escape", r"C:\no\such\escape"),
        (rb"\X4\odd", "odd"),
        (b"\\X0D0A00\\PID|1", "PID|1"),
        (b'""', ""),
    ],
)
def test_escapes_become_what_they_stand_for(raw: bytes, text: str) -> None:
    assert USUAL.text(raw) == text


def test_absent_empty_delete_and_value_are_four_things() -> None:
    line = b'PID||""|7'.split(b"|")
    assert [at(line, n) for n in (1, 2, 3, 4)] == [b"", DELETE, b"7", None]


def test_batches_and_back_to_back_messages_are_all_found() -> None:
    for name, count in (("batch_of_three.hl7", 3), ("one_a_line.ndhl7", 2), ("epic_a03_death.hl7", 1)):
        assert len(list(messages((OURS / name).read_bytes()))) == count


def test_a_patient_under_no_msh_is_not_lost_in_silence() -> None:
    first, second = messages(message().encode() + b"BTS|1\r" + PID.encode())
    assert (first.headed, second.headed) == (True, False)


@pytest.mark.parametrize("body", [b"", b"MSH", b"MSHello", b"<xml/>", b"\x00" * 9, b"FHS|||\rBHS|||\n"])
def test_what_is_no_message_gives_none(body: bytes) -> None:
    assert list(messages(body)) == []


@pytest.mark.parametrize(
    ("text", "first", "is_day"),
    [
        ("20260310140205", datetime(2026, 3, 10, 11, 2, 5, tzinfo=UTC), False),
        ("202603101402", datetime(2026, 3, 10, 11, 2, tzinfo=UTC), False),
        ("20260310140205.1234+0100", datetime(2026, 3, 10, 13, 2, 5, tzinfo=UTC), False),
        ("20260310140205Z", datetime(2026, 3, 10, 14, 2, 5, tzinfo=UTC), False),
        ("2026-03-10T14:02:05+03:00", datetime(2026, 3, 10, 11, 2, 5, tzinfo=UTC), False),
        ("20260310", datetime(2026, 3, 9, 21, tzinfo=UTC), True),
        ("20260310000000", datetime(2026, 3, 9, 21, tzinfo=UTC), True),
        ("202603102400", datetime(2026, 3, 9, 21, tzinfo=UTC), True),
        ("20260310235960", datetime(2026, 3, 10, 20, 59, 59, tzinfo=UTC), False),
    ],
)
def test_times_keep_the_precision_they_were_said_with(text: str, first: datetime, is_day: bool) -> None:
    time = time_of(text, NAIROBI)
    assert time is not None
    assert (time.first, time.is_day, time.is_coarse) == (first, is_day, False)


def test_a_month_or_a_year_is_a_coarse_time() -> None:
    for text in ("2026", "202603", "2026-0500"):
        time = time_of(text, NAIROBI)
        assert time is not None
        assert time.is_coarse


@pytest.mark.parametrize(
    "text", ["", "0000", "00000000", "20261340", "20260230", "yesterday", "01/15/2025 14:30", "20260310+9900", "٢٠٢٦"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert time_of(text, NAIROBI) is None


@given(st.text(alphabet="0123456789+-TZ:. ", max_size=24), st.sampled_from(["UTC", "Africa/Nairobi", "America/St_Johns"]))
def test_no_time_raises(text: str, zone: str) -> None:
    time = time_of(text, ZoneInfo(zone))
    assert time is None or time.first <= time.last


@given(st.text())
def test_what_we_escape_reads_back_as_it_was_but_for_its_spaces(text: str) -> None:
    sent = escaped(text)
    assert not set("|^&~") & set(sent)
    if sent.isprintable() and sent.strip() != '""':
        utf8 = USUAL._replace(codec="utf-8")
        assert utf8.text(sent.encode("utf-8", "ignore")).split() == text.encode("utf-8", "ignore").decode().split()


_WORD = st.text(alphabet="ABCxyz019 .-", min_size=1, max_size=6).map(str.strip).filter(bool)
_FIELD = st.one_of(st.just(""), _WORD, st.tuples(_WORD, _WORD).map("^".join), st.tuples(_WORD, _WORD).map("~".join))


@given(
    st.lists(st.tuples(st.sampled_from(["PID", "PV1", "ZZZ"]), st.lists(_FIELD, min_size=1, max_size=9)), min_size=1, max_size=5)
)
def test_well_formed_messages_read_as_the_hl7_library_reads_them(segments: list[tuple[str, list[str]]]) -> None:
    body = message().split("\r")[0] + "\r" + "\r".join("|".join([name, *rest]) for name, rest in segments)
    read, other = only(body.encode()), oracle.parse(body)
    assert len(read.lines) == len(other)
    for line, segment in zip(read.lines[1:], other[1:], strict=True):
        mine = line.split(read.coding.field)
        for number in range(1, len(segment)):
            assert (at(mine, number) or b"").decode() == str(segment[number]).strip()


@given(st.binary(max_size=300))
def test_no_bytes_raise(junk: bytes) -> None:
    for body in (junk, b"MSH|^~\\&|" + junk, b"MSH" + junk, b"\xff\xfe" + junk, message(msh18="~ISO IR87").encode() + junk):
        for read in messages(body):
            for line in read.lines:
                for raw in line.split(read.coding.field):
                    assert read.coding.text(read.coding.first(raw)).isprintable()
                    assert "|" not in read.coding.ours(raw)
