"""The OpenAPI document of the platform's API, made of what `described` says.

``python -m system.api.openapi [FILE]`` prints or writes it.
"""

import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path

import msgspec
from msgspec import Struct

from system.api.described import TAGS, Described, Told, checks, operators, others, payments, subscriptions
from system.api.described.errors import CODES, INDEFINITE, KEPT, SOON
from system.api.health import VERSION
from system.connectors.registry import GATEWAYS
from system.core.resources import Error
from system.json_body import Plain, PlainObject

ROUTES: Mapping[tuple[str, str], Described] = {
    **payments.ROUTES,
    **subscriptions.ROUTES,
    **operators.ROUTES,
    **checks.ROUTES,
    **others.ROUTES,
}

_REF = "#/components/schemas/{name}"
_ABOUT = """
Payments through several gateways, each at most once.

**Idempotency.** Every request that moves money carries an `Idempotency-Key` of your own. Send it again under the same
key whenever you have no answer, or one with `definite: false`: nothing is executed twice, and the answer is the same,
byte for byte, marked by `Idempotent-Replayed: true`. 202 says that the request is taken on and not decided yet. Answers
that say "not now" (409 `idempotency_key_in_use`, 503) leave the key as it was; `gateway_unreachable` alone is final.

**Errors** have one shape. `code` is for programs, `message` for people; `definite` says whether anything may have
happened. Beside those that each route lists, any may answer 404 `route_not_found`, 405 `method_not_allowed`, 400
`request_invalid` and, where it is our own fault, 500 `internal_error`.

**Amounts** are integers in minor units (`amount_minor`), or decimal strings (`amount`). What no gateway takes is
refused before anything is sent.
"""
_SECURITY: Mapping[str, Mapping[str, str]] = {
    "merchant": {"type": "http", "scheme": "bearer", "description": "A merchant's API key."},
    "operator": {"type": "http", "scheme": "bearer", "description": "The operators' token."},
    **{
        gateway.name: {
            "type": "apiKey",
            "in": "header",
            "name": gateway.webhooks.header,
            "description": "`t=...,v1=...`.",
        }
        for gateway in GATEWAYS
        if gateway.webhooks is not None
    },
}
_HEADERS: Mapping[str, PlainObject] = {
    "X-Correlation-Id": {"description": "Names this exchange in our logs.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` where the answer is that of an earlier request under this key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds until asking again makes sense.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to say who you are.", "schema": {"type": "string"}},
}
_KEY: PlainObject = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "1 to 255 visible ASCII characters, new for each thing that you want. "
    "It may stand in double quotes, which are not part of it.",
    "schema": {"type": "string", "pattern": '^("[!-~]{1,255}"|[!#-~][!-~]{0,254})$'},
    "example": "b9f0c1d2-order-1042",
}


@cache
def document() -> PlainObject:
    """Return the document, as plain data."""
    models = _models()
    _, components = msgspec.json.schema_components(models, ref_template=_REF)
    for name, condition in {**payments.CONDITIONS, **subscriptions.CONDITIONS}.items():
        components[name] = {**components[name], **condition}
    paths: dict[str, dict[str, Plain]] = {}
    shown = list(TAGS)
    for (method, path), route in sorted(ROUTES.items(), key=lambda item: shown.index(item[1].tag)):
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Payments", "version": VERSION, "description": _ABOUT.strip()},
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": _SECURITY,
            "headers": _HEADERS,
        },
    }


def _models() -> list[type[Struct]]:
    found: list[type[Struct]] = [Error]
    for route in ROUTES.values():
        found += [told.model for told in route.answers.values() if told.model is not None]
        found += [route.body] if route.body is not None else []
    return list(dict.fromkeys(found))


def _operation(method: str, path: str, route: Described) -> PlainObject:
    made: dict[str, Plain] = {
        "operationId": _name(method, path),
        "tags": [route.tag],
        "summary": route.summary,
        "responses": _answers(route),
    }
    if route.description:
        made["description"] = route.description.strip()
    if route.security:
        made["security"] = [{route.security: []}]
    if parameters := [*_path_parameters(path), *([_KEY] if route.keyed else []), *_query(route.query)]:
        made["parameters"] = parameters
    if route.body is not None:
        content: dict[str, Plain] = {"schema": _ref(route.body)}
        if route.example is not None:
            content["example"] = route.example
        made["requestBody"] = {"required": not route.optional_body, "content": {"application/json": content}}
    return made


def _name(method: str, path: str) -> str:
    words = [word for word in re.split(r"[^a-z]+", path.replace("_id", "")) if word not in ("", "internal", "api", "v")]
    return "_".join([method.lower(), *words])


def _path_parameters(path: str) -> list[PlainObject]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 64}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query(model: type[Struct] | None) -> list[PlainObject]:
    if model is None:
        return []
    (schema,), components = msgspec.json.schema_components([model], ref_template=_REF)
    whole = components[schema["$ref"].rpartition("/")[2]]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in whole.get("required", ()),
            **({"description": shape["description"]} if "description" in shape else {}),
            "schema": {key: value for key, value in shape.items() if key != "description"},
        }
        for name, shape in whole["properties"].items()
    ]


def _answers(route: Described) -> PlainObject:
    made = {status: _answer(told) for status, told in route.answers.items()}
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(route.errors):
        by_status.setdefault(CODES[code][0], []).append(code)
    for status in {*by_status, *route.other_errors} - route.answers.keys():
        made[status] = _error(status, by_status.get(status, []), route.other_errors.get(status, ""))
    return {str(status): made[status] for status in sorted(made)}


def _answer(told: Told) -> PlainObject:
    content: PlainObject = {"text/plain": {"schema": {"type": "string"}}}
    if told.model is not None:
        content = {"application/json": {"schema": _ref(told.model)}}
    made: dict[str, Plain] = {"description": told.when, "content": content}
    if told.model is not None:
        made["headers"] = _headers("X-Correlation-Id", *told.headers)
    return made


def _error(status: int, codes: list[str], other: str) -> PlainObject:
    lines = [f"`{code}`: {CODES[code][2]}" for code in codes]
    more = [
        *(["WWW-Authenticate"] if status == 401 else []),
        *(["Idempotent-Replayed"] if other or KEPT & set(codes) else []),
        *(["Retry-After"] if SOON & set(codes) else []),
    ]
    content: dict[str, Plain] = {"schema": _ref(Error)}
    if codes:
        content["examples"] = {code: {"value": _example(code)} for code in codes}
    return {
        "description": "\n\n".join([*([other] if other else []), *lines]) or HTTPStatus(status).phrase,
        "headers": _headers("X-Correlation-Id", *more),
        "content": {"application/json": content},
    }


def _example(code: str) -> PlainObject:
    _, kind, meaning = CODES[code]
    told = {"type": kind, "code": code, "message": meaning, "param": None, "definite": code not in INDEFINITE}
    return {"error": {**told, "correlation_id": "cor_01JH0000000000000000000000"}}


def _headers(*names: str) -> PlainObject:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _ref(model: type[Struct]) -> dict[str, str]:
    return {"$ref": _REF.format(name=model.__name__)}


def main() -> None:
    """Write the document into a file, or to stdout."""
    text = json.dumps(document(), indent=1, sort_keys=False, default=dict) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
