r"""The grammar of components: ``name:key=value,key=value``, with brackets around a value that contains commas.

Such a value is a component with hyperparameters, or a text: ``clipped:inner=(adam:beta1=0.8,beta2=0.99),norm=1``.
Brackets group only if a value begins with one and ends with its partner; elsewhere they are ordinary characters, as in
``csv:path=table (1).csv``. Inside a group, a bracket without a partner is written ``\(`` or ``\)``; of backslashes in
front of a bracket, two stand for one.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any

from nnzoo.errors import UsageError

FORM = "write NAME or NAME:key=value,key=value, with brackets around a value that has commas: key=(NAME:key=value)"
DEEPEST = 50
"""Greatest depth of nested brackets."""
_BRACKET = re.compile(r"(\\*)([()])")
_BACKSLASHES = re.compile(r"(\\*)([()]|\Z)")
_OPENING = re.compile(r"\s*(?:[^=,(]*=\s*)?(?=\()")
_NEXT = re.compile(r"\s*(?:,|\Z)")


class Written(str):
    """A value as the user wrote it, possibly in brackets."""

    __slots__ = ()

    @property
    def within(self) -> str | None:
        """The raw text between its brackets; None without brackets."""
        return self[1:-1] if self.startswith("(") and _partner(self, 0) == len(self) else None

    @property
    def text(self) -> str:
        r"""The value without brackets and escapes.

        >>> Written("(a,b)").text, Written("table (1)").text, Written(r"(\()").text
        ('a,b', 'table (1)', '(')
        """
        within = self.within
        return str(self) if within is None else _BACKSLASHES.sub(lambda m: m[1][: len(m[1]) // 2] + m[2], within)


def parse_spec(text: str) -> tuple[str, dict[str, Any]]:
    """Split ``name:key=value,key=value`` into the name and the raw hyperparameters, each a `Written` or a list of them.

    A piece without ``=`` continues a list, so ``mlp:hidden=128,64`` has one hyperparameter, ``["128", "64"]``.

    >>> parse_spec("momentum:beta=0.5")
    ('momentum', {'beta': '0.5'})
    >>> parse_spec("clipped:inner=(adam:beta1=0.8,beta2=0.99),norm=1")
    ('clipped', {'inner': '(adam:beta1=0.8,beta2=0.99)', 'norm': '1'})

    Raises
    ------
    UsageError
        When the text does not have this form.
    """
    if max(accumulate({"(": 1, ")": -1}.get(character, 0) for character in f".{text}")) > DEEPEST:
        raise UsageError(f"{text[:40]}… has more than {DEEPEST} nested brackets", hint=FORM)
    name, colon, rest = text.partition(":")
    options: dict[str, Any] = {}
    key = ""
    for piece in pieces(rest) if colon else []:
        before, equals, value = ("", "", piece) if piece.lstrip().startswith("(") else piece.partition("=")
        if not piece.strip() or (equals and not before.strip()) or (not equals and not key):
            raise UsageError(f"{text!r} is not a component", hint=unbalanced(text) or FORM)
        if not equals:
            earlier = options[key]
            options[key] = [*(earlier if isinstance(earlier, list) else [earlier]), Written(piece.strip())]
            continue
        key = before.strip().replace("-", "_")
        if key in options:
            hint = unbalanced(text) or f"write several values one after the other: {key}=a,b"
            raise UsageError(f"{text!r} gives {key} twice", hint=hint)
        options[key] = Written(value.strip())
    if not name.strip():
        raise UsageError(f"{text!r} names no component", hint=FORM)
    return name.strip(), options


def unbalanced(text: str) -> str | None:
    """Describe the first bracket without a partner; None if all brackets match.

    >>> unbalanced("clipped:inner=(adam:beta1=0.8")
    "the bracket in '(adam:beta1=0.8' is not closed: add ')'"
    >>> unbalanced("(adam:beta1=0.8))")
    "there is one ')' too many after '(adam:beta1=0.8)'"
    """
    open_at: list[int] = []
    for found in _BRACKET.finditer(text):
        if len(found[1]) % 2:
            continue
        if found[2] == "(":
            open_at.append(found.end() - 1)
        elif open_at:
            open_at.pop()
        else:
            return f"there is one ')' too many after {text[: found.end() - 1]!r}"
    return f"the bracket in {text[open_at[0] :]!r} is not closed: add ')'" if open_at else None


def spell_text(text: str, *, in_list: bool = False) -> str:
    r"""Write a text as the value of a hyperparameter, in brackets if it would be misread without them.

    >>> spell_text("table (1).csv"), spell_text("a,b.csv"), spell_text("(old"), spell_text("None")
    ('table (1).csv', '(a,b.csv)', '(\\(old)', '(None)')
    """
    loose = unbalanced(text.replace("\\", ""))  # every bracket counts, escaped or not
    plain = (
        not (loose or "," in text or text.startswith("(") or text.endswith("\\") or "\\(" in text or "\\)" in text)
        and text == text.strip()
        and text != "None"
        and not (in_list and (not text or "=" in text))
    )
    if plain:
        return text
    escape = "\\" if loose else ""
    return "(" + _BACKSLASHES.sub(lambda m: m[1] * 2 + (escape if m[2] else "") + m[2], text) + ")"


def in_brackets(spec: str) -> str:
    """A component as the value of another's hyperparameter, in brackets if it has hyperparameters."""
    return f"({spec})" if ":" in spec else spec


def pieces(text: str) -> list[str]:
    """Split a text at its commas, except those inside brackets that group a value."""
    parts, start = list[str](), 0
    while True:
        end = _end_of_brackets(text, start)
        comma = text.find(",", start if end is None else end)
        if comma < 0:
            return [*parts, text[start:]]
        parts.append(text[start:comma])
        start = comma + 1


def _end_of_brackets(text: str, start: int) -> int | None:
    """The end of the brackets around the value of the piece that begins at ``start``; None without such brackets."""
    opening = _OPENING.match(text, start)
    end = _partner(text, opening.end()) if opening else None
    return end if end is not None and _NEXT.match(text, end) else None


def _partner(text: str, start: int) -> int | None:
    """The position after the bracket that closes the one at ``start``; None if none does."""
    depth = 0
    for found in _BRACKET.finditer(text, start):
        if len(found[1]) % 2 == 0:
            depth += 1 if found[2] == "(" else -1
            if depth == 0:
                return found.end()
    return None
