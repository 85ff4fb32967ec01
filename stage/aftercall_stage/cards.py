"""The nine peers of the stage, as their cards tell it."""

from typing import Any

_NINE = (
    ("Grace Wambui", "nurse", "ICU", ("en", "sw")),
    ("Peter Kimani", "paramedic", "Ambulance", ("sw", "en")),
    ("Faith Akinyi", "midwife", "Maternity", ("en", "sw")),
    ("Samuel Kiptoo", "clinical officer", "Kiambu", ("en",)),
    ("Halima Noor", "doctor", "Paediatrics", ("en", "sw")),
    ("James Mutua", "porter", "Theatre", ("sw",)),
    ("Esther Nyambura", "nurse", "Renal", ("en", "sw")),
    ("Kevin Ochieng", "dispatcher", "Ambulance", ("sw", "en")),
    ("Mercy Chepkemoi", "chaplain", "Chaplaincy", ("en", "sw")),
)
DUTY_TEL = "+254711000000"

CARDS: tuple[dict[str, Any], ...] = tuple(
    {
        "name": name,
        "profession": profession,
        "unit": unit,
        "languages": list(languages),
        "tel": f"+2547110000{n:02}",
        "signal": "",
        "whatsapp": "",
    }
    for n, (name, profession, unit, languages) in enumerate(_NINE, 1)
)
