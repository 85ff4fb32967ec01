"""Words by which a stranger who picks up the phone would know: no text that goes to a lock screen may have one (PRIVACY P10)."""

import re

REVEALING = {
    "en": """peer, support, help, loss, lost, death, dead, die, dying, passed, unit, ward, trauma, counsel, therap, psych, grie,
        bereav, mourn, patient, hospital, clinic, nurse, crisis, suicid, mental, distress, stress, emergenc, resus, sorry,
        hard, sad, care, debrief""",
    "sw": """kifo, vifo, kufa, amekufa, alikufa, fariki, amefariki, marehemu, mauti, msiba, matanga, majonzi, huzuni, pole,
        kiwewe, ushauri, mshauri, nasaha, msaada, usaidizi, saidia, kusaidia, rika, msikilizaji, wodi, kitengo, mgonjwa,
        wagonjwa, hospitali, kliniki, nesi, muuguzi, dharura, kupoteza, hasara, jambo gumu, akili""",
    "fr": """mort, mourir, décès, décéd, deuil, perte, perdu, disparu, pair, soutien, soutenir, entraide, aide, écoute, service,
        unité, trauma, psy, conseil, théra, patient, hôpital, hospit, clinique, infirm, crise, suicid, détresse, urgence,
        stress, dur, triste, désolé""",
    "es": """muert, morir, murió, fallec, deceso, duelo, luto, pérdida, perdid, un par, otro par, pares, apoyo, apoyar, ayuda,
        escucha, servicio, unidad, planta, sala, trauma, psic, consej, asesor, terap, paciente, hospital, clínic, enferm,
        crisis, suicid, angustia, urgenc, emergenc, estrés, duro, triste, siento""",
}
"""Beginnings of words, by language (FIELD 7.18)."""
_FILLED = re.compile(r"https?://\S+|\{\w+\}")


def revealing(language: str, text: str) -> list[str]:
    """Which of them stand in a text; addresses and what is still to be filled in are passed over."""
    bare = _FILLED.sub("", text).lower()
    return [word for word in map(str.strip, REVEALING[language].split(",")) if re.search(rf"(?<!\w){re.escape(word)}", bare)]
