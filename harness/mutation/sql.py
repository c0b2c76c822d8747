"""Every mutant of the functions in SQL files: operators on the tokens of a function's body, each an edit of the text.

Migrations define some functions again: the last definition is the one in force, and the only one that is mutated. A
mutant reports before the statement that it is in; where that is not a statement of its own (an ELSIF, a declaration, a
function in plain SQL), as its function begins.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.mutation.mutant import Edit, Mutant, Site, identified
from harness.mutation.words import SWAPPED, kind_of

_FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (pay\.\w+)\(.*?\bAS \$\$(.*?)\$\$", re.DOTALL)
_LANGUAGE = re.compile(r"LANGUAGE (\w+)")
_TOKEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'|[A-Za-z_][\w.]*|\d+|<>|<=|>=|:=|\|\||\s+|.", re.DOTALL)
_STATEMENT = re.compile(r"^[ \t]*(?=(IF|UPDATE|INSERT|DELETE|SELECT|PERFORM|RETURN|[a-z_.]+ :=)\b| *[a-z_.]+ :=)", re.M)
_BEFORE_STATEMENT = re.compile(r"(;|\b(BEGIN|THEN|ELSE|LOOP))\s*(--[^\n]*\s*)*$")
_VALUE = re.compile(r"p_|v_|\w+\.")
"""A parameter, a variable or a row's column; a bare name is a column that is written."""
_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_ENDS_OF_CONDITIONS = {"AND", "OR", "THEN", "RETURNING", "GROUP", "ORDER", "LIMIT", "FOR", ";", ")"}


@dataclass(frozen=True)
class Function:
    """One definition: its name, language, and where its body is, in characters of the file."""

    name: str
    language: str
    start: int
    end: int


@dataclass(frozen=True)
class _Token:
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        return self.text.upper()


def functions_of(text: str) -> list[Function]:
    """Return the functions that a file defines."""
    found = []
    for match in _FUNCTION.finditer(text):
        language = _LANGUAGE.search(match[0])
        found.append(Function(match[1], language[1] if language else "", match.start(2), match.end(2)))
    return found


def in_force(texts: Mapping[str, str]) -> dict[str, list[Function]]:
    """Return by file, in the order of migrations, the functions that no later one defines again."""
    last = {function.name: (path, function) for path, text in texts.items() for function in functions_of(text)}
    return {path: [function for where, function in last.values() if where == path] for path in texts}


def mutants_of(path: str, text: str, functions: list[Function]) -> list[Mutant]:
    """Return every mutant of these functions of a file, with their ids."""
    source = text.encode()
    found = [mutant for function in functions for mutant in _of_function(path, text, function)]
    return identified(found, source)


def _of_function(path: str, text: str, function: Function) -> Iterator[Mutant]:
    tokens = [
        _Token(match[0], function.start + match.start())
        for match in _TOKEN.finditer(text[function.start : function.end])
        if not match[0].isspace() and not match[0].startswith("--")
    ]
    for operator, start, end, after in _edits(tokens, text, function):
        site = _site(text, function, start)
        byte = len(text[:start].encode())
        yield Mutant(
            id="",
            path=path,
            function=function.name,
            line=text.count("\n", 0, start) + 1,
            operator=operator,
            site=Site(*(len(text[:site].encode()),) * 2, "sql"),
            edit=Edit(byte, byte + len(text[start:end].encode()), after),
            before=text[start:end],
        )


_Found = tuple[str, int, int, str]


def _edits(tokens: list[_Token], text: str, function: Function) -> Iterator[_Found]:
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else _Token("", token.end)
        word = token.text.strip("'")
        if token.text in _BOUNDARY:
            yield "boundary off by one", token.start, token.end, _BOUNDARY[token.text]
        elif token.text == "<>":
            yield "comparison negated", token.start, token.end, "="
        elif token.text.startswith("'") and word in SWAPPED:
            yield "state swapped", token.start, token.end, f"'{SWAPPED[word]}'"
        elif token.text.isdigit():
            yield "constant changed", token.start, token.end, str(int(token.text) + 1)
        elif token.text in "+-" and following.text != ">":
            yield "sign swapped", token.start, token.end, "-" if token.text == "+" else "+"
        elif token.word == "FOR" and following.word == "UPDATE":
            yield "lock removed", token.start, following.end, ""
        elif token.text in ("true", "false"):
            yield "constant changed", token.start, token.end, "false" if token.text == "true" else "true"
        elif token.word == "PERFORM" and function.language == "plpgsql":
            yield "call removed", token.start, _until(tokens, place, {";"}).start, "NULL"
    yield from _conditions(tokens, text, function)
    yield from _lists(tokens, text)
    yield from _rows(tokens, function)


def _conditions(tokens: list[_Token], text: str, function: Function) -> Iterator[_Found]:
    """Invert what IF and ELSIF ask; drop one operand of AND or OR."""
    for place, token in enumerate(tokens[:-1]):
        start = tokens[place + 1].start
        if token.word in ("IF", "ELSIF") and function.language == "plpgsql" and tokens[place - 1].word != "END":
            asked = text[start : _end_before(tokens, _until(tokens, place, {"THEN"}))]
            inverted = {"FOUND": "NOT FOUND", "NOT FOUND": "FOUND"}.get(asked, f"NOT ({asked})")
            yield "condition inverted", start, start + len(asked), inverted
        end = _until(tokens, place, _ENDS_OF_CONDITIONS)
        joined = token.word in ("AND", "OR") and not _between(tokens, place)
        first = token.word in ("WHERE", "IF", "ELSIF") and end.word in ("AND", "OR")
        if joined or first:
            word = token.word if joined else end.word
            yield "condition dropped", start, _end_before(tokens, end), "true" if word == "AND" else "false"


def _lists(tokens: list[_Token], text: str) -> Iterator[_Found]:
    """Leave one column of an UPDATE out; swap neighbours of a list that mean the same kind of thing."""
    for place, token in enumerate(tokens):
        if token.word == "SET" and tokens[place - 1].word != "DO":
            starts, end = _items(tokens, place)
            if len(starts) > 1:
                for number, start in enumerate(starts):
                    if number + 1 < len(starts):
                        yield "field left out", start.start, starts[number + 1].start, ""
                    else:
                        yield (
                            "field left out",
                            _end_before(tokens, _before(tokens, start)),
                            _end_before(tokens, end),
                            "",
                        )
        if token.text == "," and 0 < place < len(tokens) - 1:
            left, right = tokens[place - 1], tokens[place + 1]
            kind = kind_of(left.text.split(".")[-1])
            alone = place > 1 and tokens[place - 2].text in "(," and tokens[place + 2].text in ",)"
            values = all(_VALUE.match(each.text) for each in (left, right))
            if alone and values and kind and kind == kind_of(right.text.split(".")[-1]):
                yield f"{kind} swapped", left.start, right.end, f"{right.text}, {left.text}"


def _rows(tokens: list[_Token], function: Function) -> Iterator[_Found]:
    """Leave a whole INSERT or UPDATE out, where nothing asks what it did."""
    if function.language != "plpgsql":
        return
    for place, token in enumerate(tokens):
        first = place == 0 or tokens[place - 1].word in (";", "THEN", "ELSE", "BEGIN", "LOOP")
        if first and token.word in ("INSERT", "UPDATE", "DELETE"):
            end = _until(tokens, place, {";"})
            asked = tokens[tokens.index(end) + 1 : tokens.index(end) + 4]
            inside = {each.word for each in tokens[place : tokens.index(end)]}
            if "RETURNING" not in inside and "FOUND" not in {each.word for each in asked}:
                yield "row left out", token.start, end.start, "NULL"


def _items(tokens: list[_Token], place: int) -> tuple[list[_Token], _Token]:
    """Return the first token of each item of a SET list, and the token after the list."""
    starts, depth, cases = [tokens[place + 1]], 0, 0
    for number in range(place + 1, len(tokens)):
        token = tokens[number]
        depth += (token.text == "(") - (token.text == ")")
        cases += (token.word == "CASE") - (token.word == "END")
        if depth < 0 or (depth == 0 and cases == 0 and token.word in ("WHERE", "RETURNING", ";", "FROM")):
            return starts, token
        if depth == 0 and cases == 0 and token.text == ",":
            starts.append(tokens[number + 1])
    return starts, tokens[-1]


def _until(tokens: list[_Token], place: int, words: set[str]) -> _Token:
    """Return the next token with one of these words at the same depth of parentheses and CASE expressions."""
    depth = cases = 0
    for token in tokens[place + 1 :]:
        if depth == 0 and cases == 0 and token.word in words:
            return token
        depth += (token.text == "(") - (token.text == ")")
        cases += (token.word == "CASE") - (token.word == "END" and cases > 0)
        if depth < 0:
            return token
    return _Token("", tokens[-1].end)


def _between(tokens: list[_Token], place: int) -> bool:
    return any(token.word == "BETWEEN" for token in tokens[max(0, place - 4) : place])


def _before(tokens: list[_Token], token: _Token) -> _Token:
    return tokens[tokens.index(token) - 1]


def _end_before(tokens: list[_Token], token: _Token) -> int:
    return max((each.end for each in tokens if each.end <= token.start), default=token.start)


def _site(text: str, function: Function, at: int) -> int:
    """Return where a mutant at this place reports: before its statement, else where its function begins."""
    body = text[function.start : function.end]
    begin = re.search(r"^BEGIN\b", body, re.MULTILINE)
    if function.language != "plpgsql" or begin is None:
        return function.start
    best = function.start + begin.end()
    for match in _STATEMENT.finditer(body, begin.end()):
        start = function.start + match.end()
        if start > at:
            break
        if _BEFORE_STATEMENT.search(text[function.start : start]):
            best = start
    between = text[best:at]
    return best if not re.search(r"\b(ELSIF|ELSE|WHEN)\b|;", between) else function.start + begin.end()
