"""Frames are found in any bytes, the same however these are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.feeds.frames import Decoder, Event, Spoilt, Stranger
from tests.feeds.ward import frame, good

_PIECES = st.sampled_from(
    [
        b"\x0b",
        b"\x1c",
        b"\r",
        b"\n",
        b" ",
        b"\x00",
        b"MSH|^~",
        b"abc",
        good("1"),
        frame(good("2")),
        b"GET / ",
        b"x" * 60,
        b"\x16\x03",
    ]
)


def _events(chunks: list[bytes], size: int) -> list[Event]:
    decoder = Decoder(size)
    found = [event for chunk in chunks for event in decoder.feed(chunk)]
    return found + list(decoder.pause())


@given(
    st.lists(_PIECES | st.binary(max_size=5), max_size=12).map(b"".join),
    st.lists(st.integers(0, 400), max_size=8),
    st.sampled_from([50, 150, 9999]),
)
def test_the_frames_are_the_same_however_the_bytes_are_cut(wire: bytes, cuts: list[int], size: int) -> None:
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    chunks = [wire[a:b] for a, b in pairwise(edges)]
    whole = _events([wire], size)
    assert _plain(_events(chunks, size)) == _plain(whole)
    assert _plain(_events([wire[n : n + 1] for n in range(len(wire))], size)) == _plain(whole)


def _plain(events: list[Event]) -> list[object]:
    """How much of a spoilt frame's head had come may differ; that it was spoilt, and why, may not."""
    return [(event.why.code, event.answered) if isinstance(event, Spoilt) else event for event in events]


@given(st.lists(st.binary(max_size=40).filter(lambda body: not {0x0B, 0x1C} & set(body)), max_size=6))
def test_whatever_is_framed_comes_out_again(bodies: list[bytes]) -> None:
    assert _events([b"".join(map(frame, bodies))], 9999) == bodies


def test_nothing_is_read_after_a_stranger() -> None:
    assert _events([b"GET / HTTP/1.1\r\n", frame(good("1"))], 9999) == [Stranger("http")]
