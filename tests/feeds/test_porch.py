"""Who may come in, how many at once, and how fast; nobody is dropped for being quick."""

import asyncio
import resource
import ssl
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.inside.feeds.mllp import Limits, listen
from aftercall.inside.feeds.porch import Porch, tls_context
from tests.feeds.ward import Phone, Ward, frame, good, link, singly


def play(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


class Guest:
    """A link that rests, or doesn't, and remembers whether it was ended."""

    def __init__(self, resting: bool = True) -> None:
        self.is_resting, self.ended = resting, False

    def end(self) -> None:
        self.ended = True


@pytest.mark.parametrize(
    ("allow", "peer", "enters"),
    [
        ([], "192.0.2.7", True),
        (["192.0.2.0/24"], "192.0.2.7", True),
        (["192.0.2.0/24"], "198.51.100.7", False),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", True),
        (["2001:db8::/32", "192.0.2.7/32"], "2001:db8::1", True),
        (["2001:db8::/32"], "fe80::1%eth0", False),
        (["192.0.2.0/24"], "", False),
    ],
)
def test_only_the_networks_on_the_list_come_in(allow: list[str], peer: str, enters: bool) -> None:
    assert Porch(tuple(map(ip_network, allow))).enter(Guest(), (peer, 5, 0, 0)) is enters


def test_a_stranger_is_hung_up_on_and_a_friend_is_heard() -> None:
    async def story() -> None:
        for networks, answers in ((("192.0.2.0/24",), []), (("127.0.0.0/8",), ["AA 1"])):
            async with link(Ward(), allow=tuple(map(ip_network, networks))) as call:
                phone = await call()
                phone.write(frame(good("1")))
                try:
                    assert await phone.hear(1) == answers
                except ConnectionError:
                    assert answers == []

    play(story())


def test_a_sender_who_forgot_old_links_gets_in_and_the_longest_at_rest_goes() -> None:
    porch, old, middle, new = Porch(each=2), Guest(), Guest(), Guest()
    assert porch.enter(old, ("192.0.2.7", 1))
    assert porch.enter(middle, ("192.0.2.7", 2))
    porch.stir(old)
    assert porch.enter(new, ("192.0.2.7", 3))
    assert (old.ended, middle.ended) == (False, True)


def test_a_full_house_lets_nobody_in_whose_links_are_all_at_work() -> None:
    porch = Porch(links=2)
    assert porch.enter(Guest(resting=False), ("192.0.2.7", 1))
    guest = Guest(resting=False)
    assert porch.enter(guest, ("192.0.2.8", 1))
    assert not porch.enter(Guest(), ("192.0.2.8", 2))
    porch.leave(guest)
    assert porch.enter(Guest(), ("192.0.2.9", 1))


def test_all_links_of_one_address_share_one_measure() -> None:
    now = 0.0
    porch, one, two, other = Porch(rate=10, clock=lambda: now), Guest(), Guest(), Guest()
    for guest, peer in ((one, "192.0.2.7"), (two, "192.0.2.7"), (other, "192.0.2.8")):
        porch.enter(guest, (peer, 1))
    assert porch.wait(one, 10) == 0
    assert porch.wait(two, 5) == pytest.approx(0.5)
    assert porch.wait(other, 10) == 0
    now = 1.0
    assert porch.wait(one, 5) == 0


def test_a_sender_over_its_rate_is_read_later_and_loses_nothing() -> None:
    async def story() -> None:
        ward = Ward()
        async with link(ward, rate=50) as call:
            phone = await call()
            began = time.monotonic()
            for n in range(100):
                phone.write(frame(good(str(n))))
                await asyncio.sleep(0)
            assert await phone.hear(100) == [f"AA {n}" for n in range(100)]
            phone.write(frame(good("late")))
            assert (await phone.hear(101))[-1] == "AA late"
            assert time.monotonic() - began > 0.9

    play(story())


def test_frames_of_one_link_are_heard_together_and_answered_in_order() -> None:
    async def story() -> None:
        together = most = 0

        async def hear(body: bytes) -> bytes:
            nonlocal together, most
            together += 1
            most = max(most, together)
            control = body.split(b"|")[9]
            await asyncio.sleep(0.05 if int(control) % 2 else 0.01)  # the later is ready sooner
            together -= 1
            return b"MSH|^~\\&\rMSA|AA|" + control + b"\r"

        server = await listen("127.0.0.1", 0, singly(hear), limits=Limits(queue=16))
        phone = Phone(*await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1]))
        phone.write(b"".join(frame(good(str(n))) for n in range(64)))
        assert await phone.hear(64) == [f"AA {n}" for n in range(64)]
        assert most == 16
        phone.writer.close()
        server.close()
        await asyncio.sleep(0.02)

    play(story())


def test_after_one_that_was_not_kept_none_is_answered() -> None:
    async def story() -> None:
        async def hear(body: bytes) -> bytes:
            control = body.split(b"|")[9]
            if control == b"2":
                raise OSError("disk full")
            return b"MSH|^~\\&\rMSA|AA|" + control + b"\r"

        server = await listen("127.0.0.1", 0, singly(hear))
        phone = Phone(*await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1]))
        phone.write(b"".join(frame(good(str(n))) for n in range(5)))
        assert await phone.hear(5) == ["AA 0", "AA 1"]
        phone.writer.close()
        server.close()
        await asyncio.sleep(0.02)

    play(story())


def test_a_thousand_links_at_rest_cost_little_and_hinder_nobody() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= 3000, "this system allows too few open files: raise `ulimit -Hn`"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))

    async def story() -> None:
        ward = Ward()
        async with link(ward) as call:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            idle = [await call() for _ in range(1000)]
            assert len(asyncio.all_tasks()) == 1  # this story alone: a link at rest has none
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            busy = await call()
            busy.write(b"".join(frame(good(str(n))) for n in range(200)))
            assert len(await busy.hear(200)) == 200
            for n in (0, 500, 999):
                idle[n].write(frame(good(f"i{n}")))
                assert await idle[n].hear(1) == [f"AA i{n}"]
            assert grown < 60_000  # KiB, both ends together

    play(story())


def test_a_sender_with_a_certificate_is_heard_and_one_without_is_not(tmp_path: Path) -> None:
    ours, theirs = certificate(tmp_path, "listener"), certificate(tmp_path, "sender")

    async def story() -> None:
        ward = Ward()
        server = await listen("127.0.0.1", 0, singly(ward.hear), tls=tls_context(*ours, clients=theirs[0]))
        port = server.sockets[0].getsockname()[1]
        trust = ssl.create_default_context(cafile=str(ours[0]))
        trust.check_hostname = False
        with suppress(ssl.SSLError, ConnectionError):  # TLS 1.3 says it only when something is sent
            phone = Phone(*await asyncio.open_connection("127.0.0.1", port, ssl=trust))
            phone.write(frame(good("1")))
            assert await phone.hear(1) == []
        trust.load_cert_chain(*theirs)
        phone = Phone(*await asyncio.open_connection("127.0.0.1", port, ssl=trust))
        phone.write(frame(good("2")))
        assert await phone.hear(1) == ["AA 2"]
        phone.writer.close()
        server.close()
        await asyncio.sleep(0.05)
        assert ward.deaths == 1

    play(story())


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key, good for an hour."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[1].write_bytes(secret)
    return paths
