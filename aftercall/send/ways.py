"""The roads a half has, as its settings say: for each a provider, or several in their order."""

from collections.abc import Callable, Mapping

from aftercall.config import Outside, Providers, Wrong
from aftercall.send import Road, Roads, africastalking, twilio
from aftercall.send.apprised import Apprised, NoApprise
from aftercall.send.gateway import Gateway
from aftercall.send.kannel import Kannel
from aftercall.send.mail import Mail
from aftercall.send.push import Push, push_key
from aftercall.send.several import Several

PUSH_KEY = "push.pem"


def ways_of(s: Providers) -> Roads:
    """Raises Wrong when a provider is named that isn't set up."""
    return Roads(**_one("sms", _texts(s), s.sms), **_mail(s))


def care_ways_of(s: Outside) -> Roads:
    """The care half calls and pushes as well. Its push key is made when there is none (`aftercall keys push`)."""
    return Roads(**_one("sms", _texts(s), s.sms), **_one("voice", _calls(s), s.voice), **_mail(s), **_push(s))


def _texts(s: Providers) -> Mapping[str, Callable[[], Road]]:
    return {
        name: make
        for name, given, make in (
            ("gateway", s.sms_url, lambda: Gateway(s.sms_url, s.sms_token, s.sms_sender)),
            ("kannel", s.kannel_url, lambda: Kannel(s.kannel_url, s.kannel_user, s.kannel_password, s.kannel_sender)),
            (
                "africastalking",
                s.africastalking_user,
                lambda: africastalking.Texts(
                    s.africastalking_url, s.africastalking_user, s.africastalking_key, s.africastalking_sender
                ),
            ),
            (
                "twilio",
                s.twilio_account and s.twilio_sender,
                lambda: twilio.Texts(s.twilio_url, s.twilio_account, s.twilio_token, s.twilio_sender),
            ),
            ("apprise", s.apprise_url, lambda: _apprise(s)),
        )
        if given
    }


def _calls(s: Outside) -> Mapping[str, Callable[[], Road]]:
    return {
        name: make
        for name, given, make in (
            (
                "africastalking",
                s.africastalking_user and s.africastalking_voice,
                lambda: africastalking.Calls(
                    s.africastalking_calls, s.africastalking_user, s.africastalking_key, s.africastalking_voice
                ),
            ),
            (
                "twilio",
                s.twilio_account and s.twilio_voice,
                lambda: twilio.Calls(s.twilio_url, s.twilio_account, s.twilio_token, s.twilio_voice, s.voice_sounds),
            ),
        )
        if given
    }


def _one(road: str, made: Mapping[str, Callable[[], Road]], order: list[str]) -> dict[str, Road]:
    """The providers of one road as one road; none where none is set up."""
    if missing := [name for name in order if name not in made]:
        raise Wrong(f"{road}: {missing[0]} is not set up; give its settings, or take it out of the list")
    names = order or list(made)
    if not names:
        return {}
    roads = tuple((name, made[name]()) for name in names)
    return {road: roads[0][1] if len(roads) == 1 else Several(roads)}


def _mail(s: Providers) -> dict[str, Road]:
    if not s.mail_host:
        return {}
    return {"mail": Mail(s.mail_host, s.mail_port, s.mail_sender, s.mail_user, s.mail_password, s.mail_tls)}


def _push(s: Outside) -> dict[str, Road]:
    if not s.push_contact:
        return {}
    if not s.push_contact.startswith(("mailto:", "https://")):
        raise Wrong("push_contact: write it as mailto:care@example.org or https://...; push services refuse others")
    return {"push": Push(push_key(s.data / PUSH_KEY), s.push_contact)}


def _apprise(s: Providers) -> Road:
    try:
        return Apprised(s.apprise_url)
    except NoApprise as problem:
        raise Wrong(str(problem)) from None
