"""Figures in the text form that Prometheus reads (exposition format 0.0.4).

By hand, for its client library keeps one register for the whole process and fills it with the process's own memory, open files and
processor time: on the care side each of these moves when somebody asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Figure:
    """One name with a value for each set of labels. `kind` is "gauge" or "counter"."""

    name: str
    kind: str
    help: str
    values: Mapping[tuple[tuple[str, str], ...], float]


def gauge(name: str, help: str, value: float) -> Figure:
    return Figure(name, "gauge", help, {(): value})


def text(figures: Iterable[Figure]) -> str:
    """Always in the same order, and a figure without values is left out."""
    lines = []
    for one in figures:
        if one.values:
            lines += [f"# HELP {one.name} {_escaped(one.help)}", f"# TYPE {one.name} {one.kind}"]
            lines += [f"{one.name}{_labels(labels)} {value:.10g}" for labels, value in sorted(one.values.items())]
    return "\n".join([*lines, ""])


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
