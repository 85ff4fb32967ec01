"""What a sign-in elsewhere says of somebody: each check has a forged twin that only it refuses. A real provider, over TLS."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from aftercall.signin.idtoken import CLOCK, DOWN, UNTRUE, Refused, proved_at
from aftercall.signin.provider import Client, Provider
from aftercall.words import Sealed
from tests.signin.idp import NAME, SECRET, Claims, Idp, running, saying, signing
from tests.world import START, HandClock

BACK, VERIFIER = "https://hospital.example/oidc", "v" * 43
NOW = int(START.timestamp())


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Idp, Path]]:
    folder = tmp_path_factory.mktemp("idp")
    with running(folder, BACK, lambda: START) as idp:
        yield idp, folder / "ca.pem"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def idp(one: tuple[Idp, Path], clock: HandClock) -> Idp:
    return one[0].anew(clock.now)


@pytest.fixture
def provider(one: tuple[Idp, Path], idp: Idp, clock: HandClock) -> Provider:
    return Provider(Client(idp.issuer, NAME, Sealed(SECRET), str(one[1])), clock.now)


def come(provider: Provider, who: str = "njeri") -> Claims:
    """There, asked, and what their code stands for."""

    async def whole() -> Claims:
        there = await provider.way(BACK, "state", "a nonce", VERIFIER, anew=False)
        async with httpx.AsyncClient(verify=False) as line:
            answer = await line.post(there.replace("/authorize?", "/login?"), data={"who": who})
        code = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["code"]
        return await provider.redeem(code, VERIFIER, BACK, "a nonce")

    return asyncio.run(whole())


def resigned(algorithm: str, key: object, **head: str) -> Callable[[Idp, str], str]:
    def lie(idp: Idp, true: str) -> str:
        said = jwt.decode(true, options={"verify_signature": False})
        return jwt.encode(said, key, algorithm, {"kid": str(idp.key.kid), **head})  # type: ignore[arg-type]

    return lie


def by_the_public_key(idp: Idp, true: str) -> str:
    """HS256 with what everybody can read as its secret: a reader that takes any algorithm believes it."""
    said, seal = true.split(".")[1], jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    head = jwt.utils.base64url_encode(b'{"alg":"HS256","kid":"one","typ":"JWT"}').decode()
    sealed = seal.sign(f"{head}.{said}".encode(), idp.key.as_pem(private=False))
    return f"{head}.{said}.{jwt.utils.base64url_encode(sealed).decode()}"


def changed(_: Idp, true: str) -> str:
    head, said, seal = true.split(".")
    other = json.loads(jwt.utils.base64url_decode(said)) | {"sub": "u-2"}
    return f"{head}.{jwt.utils.base64url_encode(json.dumps(other).encode()).decode()}.{seal}"


STRANGER = signing("stranger").private_key
FORGED: dict[str, tuple[Callable[[Idp, str], str], str]] = {
    "another issuer": (saying(iss="https://evil.example"), "iss"),
    "no issuer": (saying(iss=None), "iss"),
    "another program's": (saying(aud=["payroll"]), "aud"),
    "no audience": (saying(aud=None), "aud"),
    "an audience that is no text": (saying(aud={NAME: 1}), "aud"),
    "made for another program": (saying(azp="payroll"), "azp"),
    "two audiences and no azp": (saying(aud=[NAME, "payroll"]), "azp"),
    "another nonce": (saying(nonce="x"), "nonce"),
    "no nonce": (saying(nonce=None), "nonce"),
    "of another access token": (saying(at_hash="x"), "at_hash"),
    "of nobody": (saying(sub=""), "sub"),
    "without an end": (saying(exp=None), "exp"),
    "an end that is true": (saying(exp=True), "exp"),
    "an end that never comes": (saying(exp=10**15), "exp"),
    "without a beginning": (saying(iat=None), "iat"),
    "unsigned": (resigned("none", None), "the ID token is not signed with a public key"),
    "sealed with the public key": (by_the_public_key, "the ID token is not signed with a public key"),
    "changed after it was signed": (changed, "the ID token's signature"),
    "a stranger's key under our key's name": (resigned("RS256", STRANGER), "the ID token's signature"),
    "another way of signing than the key's": (resigned("PS256", signing("one").private_key), "the ID token is signed in another"),
    "a key nobody shows": (resigned("RS256", STRANGER, kid="stranger"), "the ID token is signed with a key that its"),
    "no token at all": (lambda *_: "x", "the ID token is no token"),
    "a header that names no way": (lambda *_: "e30.e30.e30", "the ID token is n"),
}  # fmt: skip
OUT_OF_TIME = {
    "too old": {"iat": NOW - 600, "exp": NOW + 600}, "past its end": {"exp": NOW - 60}, "not yet made": {"iat": NOW + 61},
    "not yet good": {"nbf": NOW + 61},
}  # fmt: skip


def test_the_true_token_is_believed(provider: Provider) -> None:
    said = come(provider)
    assert (said["sub"], said["name"], said["auth_time"]) == ("u-1", "Njeri Wambui", NOW)
    assert "at_hash" in said


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_token_is_refused_by_the_check_that_is_for_it(provider: Provider, idp: Idp, what: str) -> None:
    idp.lie, named = FORGED[what]
    with pytest.raises(Refused, match=f"^{named}") as caught:
        come(provider)
    assert caught.value.word == UNTRUE


@pytest.mark.parametrize("what", OUT_OF_TIME)
def test_a_token_out_of_time_is_the_clocks(provider: Provider, idp: Idp, what: str) -> None:
    idp.lie = saying(**OUT_OF_TIME[what])
    with pytest.raises(Refused) as caught:
        come(provider)
    assert caught.value.word == CLOCK


def test_clocks_a_minute_apart_are_one_and_more_audiences_are_well_with_azp(provider: Provider, idp: Idp) -> None:
    idp.lie = saying(iat=NOW + 60, nbf=NOW + 60, exp=NOW - 59, azp=NAME, aud=[NAME, "account"], at_hash=None)
    assert come(provider)["sub"] == "u-1"


def test_when_somebody_was_asked() -> None:
    assert [proved_at(said, START) for said in ({"auth_time": NOW - 5}, {"auth_time": NOW + 60}, {}, {"auth_time": -1})] == [
        NOW - 5, NOW, 0, 0,
    ]  # fmt: skip
    for said, word in (({"auth_time": NOW + 61}, CLOCK), ({"auth_time": "now"}, UNTRUE)):
        with pytest.raises(Refused) as caught:
            proved_at(said, START)
        assert caught.value.word == word


def test_a_short_key_is_none(provider: Provider, idp: Idp) -> None:
    short = rsa.generate_private_key(65537, 1024)
    idp.shown = [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(short.public_key())), "kid": "one"}]
    idp.lie = resigned("RS256", short)
    with pytest.warns(jwt.InsecureKeyLengthWarning), pytest.raises(Refused, match="shorter than 2048 bits"):
        come(provider)


@pytest.mark.parametrize("more", [{"use": "enc"}, {"alg": "RS512"}, {"kty": "oct", "k": "eA", "n": None, "e": None}])
def test_a_key_that_is_for_something_else_is_none(provider: Provider, idp: Idp, more: Claims) -> None:
    idp.shown = [{**idp.key.as_dict(private=False), **more}]
    with pytest.raises(Refused) as caught:
        come(provider)
    assert caught.value.word == UNTRUE


def test_a_token_that_names_no_key_is_of_the_only_one(provider: Provider, idp: Idp) -> None:
    idp.lie = resigned("RS256", idp.key.private_key, kid="")
    assert come(provider)["sub"] == "u-1"
    idp.shown = [one.as_dict(private=False) for one in (idp.key, signing("stranger"))]
    again = Provider(provider._client, provider._now)
    with pytest.raises(Refused):
        come(again)


def test_what_it_says_of_itself_is_asked_once_and_a_new_key_is_looked_up(provider: Provider, idp: Idp, clock: HandClock) -> None:
    for _ in range(2):
        come(provider)
    assert idp.heard == ["discovery", "keys", "token", "token"]
    idp.key = signing("two")
    clock.move(minutes=1)
    assert come(provider)["sub"] == "u-1"
    assert idp.heard.count("keys") == 2
    clock.move(hours=1)
    come(provider)
    assert idp.heard.count("discovery") == 2


def test_made_up_key_names_do_not_make_us_ask_again_and_again(provider: Provider, idp: Idp, clock: HandClock) -> None:
    come(provider)
    idp.lie = resigned("RS256", STRANGER, kid="made up")
    clock.move(minutes=1)
    for _ in range(4):
        with pytest.raises(Refused):
            come(provider)
    assert idp.heard.count("keys") == 2


LED_AWAY: list[Claims] = [
    {"issuer": "https://evil.example"}, {"token_endpoint": "http://login.example/token"}, {"jwks_uri": None},
    {"authorization_endpoint": "javascript:alert(1)"},
]  # fmt: skip


@pytest.mark.parametrize("says", LED_AWAY)
def test_a_discovery_that_leads_elsewhere_is_not_followed(provider: Provider, idp: Idp, says: Claims) -> None:
    idp.says = says
    with pytest.raises(Refused) as caught:
        come(provider)
    assert caught.value.word == UNTRUE
    assert idp.heard == ["discovery"]


@pytest.mark.parametrize(
    ("shown", "word"), [([], UNTRUE), ([{"k": "x" * 300_000}], UNTRUE), ([{"kid": "one", "kty": "RSA"}], UNTRUE)]
)
def test_keys_that_are_none_or_too_much_are_refused(provider: Provider, idp: Idp, shown: list[Claims], word: str) -> None:
    idp.shown = shown
    with pytest.raises(Refused) as caught:
        come(provider)
    assert caught.value.word == word


def test_a_provider_nobody_vouches_for_is_down(idp: Idp, clock: HandClock) -> None:
    """Its certificate is of no authority we know: nothing is asked of it."""
    with pytest.raises(Refused, match="discovery: ConnectError") as caught:
        come(Provider(Client(idp.issuer, NAME, Sealed(SECRET)), clock.now))
    assert caught.value.word == DOWN
    assert idp.heard == []
