"""How hard an English text is to read: Flesch-Kincaid, 0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid 1975)."""

import re

SILENT = re.compile(r"(?:[^laeiouy]es|[^aeiouytd]ed|[^laeiouy]e)$")


def syllables(word: str) -> int:
    """Groups of vowels, less an e at the end that isn't heard. Where it errs, it counts one too many ("somebody")."""
    bare = SILENT.sub(lambda m: m[0][0], word.lower()) if len(word) > 3 else word.lower()
    return max(1, len(re.findall(r"[aeiouy]+", bare)))


def grade(sentences: list[str]) -> float:
    """US school grade of these sentences. Raises ZeroDivisionError for none."""
    parts = [words for text in sentences for part in re.split(r"[.!?]+", text) if (words := re.findall(r"[A-Za-z']+", part))]
    words = [word for part in parts for word in part]
    return 0.39 * len(words) / len(parts) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
