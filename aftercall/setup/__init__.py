"""The first run of a half: a few questions, one commented settings file, and what to do next. Asked once, never again."""
