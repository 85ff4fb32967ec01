"""A line to a provider is kept and used again, and whatever a provider may say on it, the call ends with an answer or an error."""

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.send import Later
from aftercall.send import kept as kept_room
from aftercall.send.kept import Answer, Broken, Kept
from aftercall.send.line import Line

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Provider:
    """Answers each request with what it was told to, byte for byte, and counts the lines that it was called on."""

    def __init__(self, *answers: bytes, hangs_up: bool = False, silent: bool = False) -> None:
        self._answers, self._hangs_up, self._silent = list(answers), hangs_up, silent
        self.lines, self.heard, self._tasks = 0, list[bytes](), set[asyncio.Task[None]]()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.create_task(self._take(reader, writer)))

    async def ended(self) -> None:
        """Until everybody has hung up."""
        tasks, self._tasks = self._tasks, set()
        await asyncio.gather(*tasks)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        while head := await self._head(reader):
            length = next(
                (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
            )
            self.heard.append(head + await reader.readexactly(length))
            if self._silent:
                continue
            writer.write(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])
            if self._hangs_up:
                break
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""


Play = Callable[[Kept, str], Awaitable[None]]


def played(provider: Provider, play: Play, patience: float = 5, **tls: ssl.SSLContext) -> None:
    async def go() -> None:
        kept = Kept(patience, (lambda: tls["trust"]) if tls else None)
        async with await asyncio.start_server(provider.take, "127.0.0.1", 0, ssl=tls.get("ours")) as server:
            port = server.sockets[0].getsockname()[1]
            try:
                await play(kept, f"http{'s' if tls else ''}://{'localhost' if tls else '127.0.0.1'}:{port}/sms")
            finally:
                await kept.close()
                await provider.ended()

    asyncio.run(go())


def called(provider: Provider, times: int = 1, patience: float = 5) -> list[Answer]:
    answers = list[Answer]()

    async def play(kept: Kept, url: str) -> None:
        answers.extend([await kept.call("POST", url, {}, b"text") for _ in range(times)])

    played(provider, play, patience)
    return answers


def test_one_call_after_the_other_goes_over_the_same_line() -> None:
    provider = Provider(OK)
    assert called(provider, times=3) == [Answer(200, b"ok")] * 3
    assert provider.lines == 1


def test_calls_at_once_go_over_a_line_each_and_get_their_own_answers() -> None:
    provider = Provider(*(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % n for n in range(4)))

    async def play(kept: Kept, url: str) -> None:
        found = await asyncio.gather(*(kept.call("POST", url, {}, b"%d" % n) for n in range(4)))
        assert sorted(answer.body for answer in found) == [b"0", b"1", b"2", b"3"]

    played(provider, play)
    assert provider.lines == 4


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        (b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3\r\n!!!\r\n0\r\n\r\n", 202, b"ok!!!"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 201, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy", 503, b"busy"),
    ],
)
def test_every_way_an_answer_ends_is_understood(said: bytes, status: int, body: bytes) -> None:
    assert called(Provider(said), times=2) == [Answer(status, body)] * 2


def test_an_answer_may_end_where_the_line_ends_and_the_next_call_has_another() -> None:
    provider = Provider(b"HTTP/1.1 200 OK\r\n\r\nok", hangs_up=True)
    assert called(provider, times=2) == [Answer(200, b"ok")] * 2
    assert provider.lines == 2


@pytest.mark.parametrize(
    ("said", "hangs_up"),
    [
        (b"SSH-2.0-hello\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", True),  # half of it
        (b"", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40001\r\n" + b"x" * 0x40001, False),  # and so on, without end
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_an_error(said: bytes, hangs_up: bool) -> None:
    with pytest.raises(Broken):
        called(Provider(said, hangs_up=hangs_up))


def test_silence_ends_and_the_line_is_not_used_again() -> None:
    provider = Provider(OK, silent=True)

    async def play(kept: Kept, url: str) -> None:
        for _ in range(2):
            with pytest.raises(Broken, match="TimeoutError"):
                await kept.call("POST", url, {}, b"")

    played(provider, play, patience=0.1)
    assert provider.lines == 2  # else the answer to the first, when it came, would be taken for that to the second


def test_a_line_that_the_provider_has_let_go_or_that_was_idle_for_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(kept: Kept, url: str) -> None:
        await kept.call("POST", url, {}, b"")
        await asyncio.sleep(0.05)
        await kept.call("POST", url, {}, b"")

    let_go = Provider(OK, hangs_up=True)
    played(let_go, play)
    monkeypatch.setattr(kept_room, "IDLE", 0.01)
    idle = Provider(OK)
    played(idle, play)
    assert (let_go.lines, idle.lines) == (2, 2)


@pytest.mark.parametrize(
    ("url", "head"),
    [
        ("", {}),
        ("ftp://127.0.0.1/", {}),
        ("http://127.0.0.1:no/", {}),
        ("http:///sms", {}),
        ("http://127.0.0.1/a b", {}),
        ("http://127.0.0.1/\r\nX: y", {}),
        ("http://127.0.0.1:9/", {"X-To": "+254\r\nX-From: me"}),
    ],
)
def test_an_address_or_a_header_that_is_none_never_reaches_a_wire(url: str, head: dict[str, str]) -> None:
    with pytest.raises(Broken, match=r"address is none|end of a line"):
        asyncio.run(Kept(1).call("POST", url, head, b""))


def test_an_error_names_no_number_no_text_and_no_address() -> None:
    async def go() -> None:
        await Line("gateway", 1).call("POST", "http://127.0.0.1:9/+254700000001", json={"to": "+254700000001", "text": "a note"})

    with pytest.raises(Later) as error:
        asyncio.run(go())
    assert str(error.value) == "gateway: ConnectionRefusedError"
    assert error.value.__cause__ is None


def test_a_form_json_and_a_login_are_written_as_everybody_writes_them() -> None:
    provider = Provider(OK)

    async def play(kept: Kept, url: str) -> None:
        line = Line("x")
        await line.call("POST", url, form={"to": "+254 7", "text": "é&="}, login=("me", "pass"))
        await line.call("POST", url, json={"text": "é"})
        await line.call("GET", url + "?a=b")
        await line.close()

    played(provider, play)
    form, json, get = provider.heard
    assert form.startswith(b"POST /sms HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Authorization: Basic bWU6cGFzcw==\r\n" in form
    assert form.endswith(b"\r\n\r\nto=%2B254+7&text=%C3%A9%26%3D")
    assert b"Content-Type: application/json\r\n" in json
    assert json.endswith('\r\n\r\n{"text": "é"}'.encode())
    assert get.startswith(b"GET /sms?a=b HTTP/1.1\r\n")


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A provider of this name, and the file of who vouches for it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1)).add_extension(
        x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
    )
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(pem, private)
    return ours, pem


def test_over_tls_only_a_provider_that_somebody_vouches_for_is_told_anything(tmp_path: Path) -> None:
    ours, pem = certificate(tmp_path)
    provider = Provider(OK)

    async def good(kept: Kept, url: str) -> None:
        assert [(await kept.call("POST", url, {}, b"")).status_code for _ in range(2)] == [200, 200]

    async def bad(kept: Kept, url: str) -> None:
        with pytest.raises(Broken, match="SSLCertVerificationError"):
            await kept.call("POST", url, {}, b"")

    async def other_name(kept: Kept, url: str) -> None:
        with pytest.raises(Broken, match="SSLCertVerificationError"):
            await kept.call("POST", url.replace("localhost", "127.0.0.1"), {}, b"")

    trusting = ssl.create_default_context(cafile=pem)
    played(provider, good, ours=ours, trust=trusting)
    assert provider.lines == 1
    played(provider, bad, ours=ours, trust=ssl.create_default_context())
    played(provider, other_name, ours=ours, trust=trusting)
    assert len(provider.heard) == 2
