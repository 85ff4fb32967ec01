"""How messages leave: the questions about texts and e-mail, which both halves ask alike, each for an account of its own."""

from collections.abc import Callable

from aftercall.setup.question import Answers, BadAnswer, Question, mail, one_of, sender, server, url

PROVIDERS = ("gateway", "kannel", "africastalking", "twilio", "none")


def _by(provider: str) -> Callable[[Answers], bool]:
    return lambda so_far: so_far.get("by") == provider


def _mails(so_far: Answers) -> bool:
    return bool(so_far.get("mail_host"))


def _whole(text: str, _: Answers) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise BadAnswer("write a number, as 587")
    return int(text)


TEXTS = (
    Question(
        "by",
        "Who carries your text messages",
        "gateway: anything that takes an HTTP POST (docs/running.md says how). kannel: on your own machine. none: e-mail alone. "
        "The two halves never share an account, a number or a password.",
        example=", ".join(PROVIDERS),
        default="gateway",
        read=one_of(*PROVIDERS),
        gives=lambda *_: {},
    ),
    Question(
        "sms_url",
        "Address of the gateway",
        "Each text is posted there.",
        example="https://gateway.example/sms",
        read=url,
        must=True,
        when=_by("gateway"),
    ),
    Question(
        "sms_token",
        "Its bearer token",
        "How the gateway knows you. Enter: it wants none.",
        secret=True,
        when=_by("gateway"),
    ),
    Question(
        "sms_sender",
        "Number or name the texts come from",
        "Enter: the gateway's own.",
        example="+254700000050",
        read=sender,
        when=_by("gateway"),
    ),
    Question(
        "kannel_url",
        "Address of Kannel's sendsms",
        "Kannel runs on this machine (docs/kannel has a configuration).",
        default="http://127.0.0.1:13013/cgi-bin/sendsms",
        read=url,
        when=_by("kannel"),
    ),
    Question("kannel_user", "The sendsms-user's name", "As in Kannel's configuration.", must=True, when=_by("kannel")),
    Question(
        "kannel_password",
        "Its password",
        "As in Kannel's configuration.",
        must=True,
        secret=True,
        when=_by("kannel"),
    ),
    Question(
        "kannel_sender",
        "Number the texts come from",
        "Of the SIM, or the short code.",
        example="+254700000050",
        read=sender,
        when=_by("kannel"),
    ),
    Question(
        "africastalking_user",
        "Name of the application at Africa's Talking",
        "As their dashboard shows it.",
        example="kisumu-peers",
        must=True,
        when=_by("africastalking"),
    ),
    Question(
        "africastalking_key",
        "Its API key",
        "From their dashboard.",
        must=True,
        secret=True,
        when=_by("africastalking"),
    ),
    Question(
        "africastalking_sender",
        "Short code or name the texts come from",
        "Enter: theirs.",
        example="22384",
        read=sender,
        when=_by("africastalking"),
    ),
    Question(
        "twilio_account",
        "Twilio's account SID",
        "From the console.",
        example="AC0123...",
        must=True,
        when=_by("twilio"),
    ),
    Question("twilio_token", "Its auth token", "From the console.", must=True, secret=True, when=_by("twilio")),
    Question(
        "twilio_sender",
        "Number the texts come from",
        "One that you have there.",
        example="+15005550006",
        read=sender,
        must=True,
        when=_by("twilio"),
    ),
)

MAILS = (
    Question(
        "mail_host",
        "Mail server (SMTP)",
        "For who has no phone on the list, and for you. Enter: no e-mail.",
        example="mail.hospital.example",
        read=server,
    ),
    Question("mail_port", "Its port", "465 speaks TLS at once; on others it is begun.", default="587", read=_whole, when=_mails),
    Question(
        "mail_sender",
        "Address the mails come from",
        "Best one that nobody reads.",
        example="notes@hospital.example",
        read=mail,
        must=True,
        when=_mails,
    ),
    Question("mail_user", "User at the mail server", "Enter: it wants none.", when=_mails),
    Question(
        "mail_password",
        "Its password",
        "For that user.",
        secret=True,
        when=lambda so_far: _mails(so_far) and bool(so_far.get("mail_user")),
    ),
)
