"""The running door against docs/openapi.yaml, in both directions: what the description promises the door does, and
every field and path the door has stands in the description."""
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess

import jsonschema
import pytest
import yaml

SPEC = yaml.safe_load(pathlib.Path(os.environ["OPENAPI"]).read_text(encoding="utf-8"))
ROUTES = pathlib.Path(os.environ["OPENAPI"]).parents[1] / "daemon/http/routes.cpp"
VERBS = ("get", "post")


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


@pytest.fixture(scope="session", name="door")
def a_door(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("door") / "stint.sock")
    with subprocess.Popen([os.environ["DOOR_PROBE"], path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as probe:
        assert probe.stdout.readline() == b"ready\n"
        yield path
        probe.stdin.close()
        assert probe.wait(timeout=20) == 0


def resolved(node):
    """A copy without references, so that it can be looked at plainly."""
    if isinstance(node, dict):
        if "$ref" in node:
            target = SPEC
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            return resolved(target)
        return {key: resolved(value) for key, value in node.items()}
    return [resolved(value) for value in node] if isinstance(node, list) else node


def strict(schema):
    """A shape that also notices fields the description does not know: for the answers of a door of the same version."""
    if isinstance(schema, dict):
        schema = {key: strict(value) for key, value in schema.items()}
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        return schema
    return [strict(value) for value in schema] if isinstance(schema, list) else schema


def operations():
    for path, item in SPEC["paths"].items():
        for verb in VERBS:
            if verb in item:
                yield path, verb, resolved(item[verb])


OPERATIONS = list(operations())
NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]
STREAMS = {"events", "hold"}


def example(schema, name=""):
    if name in ("entitlement", "confirm"):
        return "ehr-password-reset"
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("format") == "date-time":
        return "2026-11-22T23:42:08Z"
    kind = schema.get("type", "string")
    if kind == "object":
        return {key: example(value, key) for key, value in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"])]
    return {"integer": 42, "boolean": False, "string": "words"}[kind]


def body_schema(operation):
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")


def ask(door, verb, target, body=None, headers=None):
    connection = LocalConnection(door)
    payload = None if body is None else json.dumps(body)
    connection.request(verb.upper(), target, payload, headers or {})
    answer = connection.getresponse()
    text = b"" if answer.getheader("Content-Type") == "text/event-stream" else answer.read()
    connection.close()
    return answer, text


def hold_to(answer, text, response):
    kind = answer.getheader("Content-Type").split(";")[0]
    assert kind in response["content"], kind
    for name, header in response.get("headers", {}).items():
        jsonschema.validate(answer.getheader(name), header["schema"])
    value = json.loads(text) if kind.endswith("json") else text.decode()
    if kind != "text/event-stream":
        jsonschema.validate(value, strict(response["content"][kind]["schema"]), format_checker=jsonschema.FormatChecker())
    return value


def is_problem(answer, text, operation=None):
    responses = (operation or OPERATIONS[0][2])["responses"]
    problem = hold_to(answer, text, responses["default"])
    assert problem["status"] == answer.status
    return problem["code"]


@pytest.mark.parametrize("path,verb,operation", OPERATIONS, ids=NAMES)
def test_does_what_is_promised(door, path, verb, operation):
    schema = body_schema(operation)
    body = example(schema) if schema else None
    query = "&".join(f"{p['name']}={example(p['schema'])}" for p in operation.get("parameters", []) if p["in"] == "query")
    target = path.replace("{id}", "42") + ("?" + query if query else "")
    answer, text = ask(door, verb, target, body)
    assert str(answer.status) in operation["responses"], text
    hold_to(answer, text, operation["responses"][str(answer.status)])


@pytest.mark.parametrize("path,verb,operation", OPERATIONS, ids=NAMES)
def test_takes_what_is_least(door, path, verb, operation):
    schema = body_schema(operation)
    body = None
    if schema and operation["requestBody"].get("required"):
        body = {key: value for key, value in example(schema).items() if key in schema.get("required", [])}
    answer, text = ask(door, verb, path.replace("{id}", "42"), body)
    assert answer.status in (200, 201), text


@pytest.mark.parametrize("path,verb,operation", [row for row in OPERATIONS if body_schema(row[2])],
                         ids=[row[2]["operationId"] for row in OPERATIONS if body_schema(row[2])])
def test_bodies_are_taken_and_refused_as_described(door, path, verb, operation):
    schema, target = body_schema(operation), path.replace("{id}", "42")
    good = example(schema)
    wrong = [{**good, "no_such_field": 1}]
    wrong += [{key: value for key, value in good.items() if key != missing} for missing in schema.get("required", [])]
    for name, field in schema.get("properties", {}).items():
        wrong.append({**good, name: {"an": "object"}})
        wrong.append({**good, name: None})
        if "maxLength" in field:
            wrong.append({**good, name: "x" * (field["maxLength"] + 1)})
        if field.get("minLength") == 1:
            wrong.append({**good, name: ""})
        if "maxItems" in field:
            wrong.append({**good, name: ["x"] * (field["maxItems"] + 1)})
            assert ask(door, verb, target, {**good, name: ["x"] * field["maxItems"]})[0].status < 300
        if "maxLength" in field and name not in ("confirm", "entitlement"):
            assert ask(door, verb, target, {**good, name: "é" * field["maxLength"]})[0].status < 300, name
    for body in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(body, schema)
        answer, text = ask(door, verb, target, body)
        assert answer.status == 400, body
        is_problem(answer, text, operation)


@pytest.mark.parametrize("path,verb,operation", OPERATIONS, ids=NAMES)
def test_parameters_are_taken_and_refused_as_described(door, path, verb, operation):
    target = path.replace("{id}", "42")
    if not path.startswith("/v1"):
        return
    schema = body_schema(operation)
    body = example(schema) if schema else None
    wrong = ["no_such_parameter=1"]
    for parameter in (p for p in operation.get("parameters", []) if p["in"] == "query"):
        field = parameter["schema"]
        if "maximum" in field:
            wrong.append(f"{parameter['name']}={field['maximum'] + 1}")
        if "minimum" in field:
            wrong.append(f"{parameter['name']}={field['minimum'] - 1}")
        if "enum" in field:
            wrong.append(f"{parameter['name']}=none-of-them")
            for word in field["enum"]:
                assert ask(door, verb, f"{target}?{parameter['name']}={word}", body)[0].status == 200
        if "maxLength" in field:
            wrong.append(f"{parameter['name']}={'x' * (field['maxLength'] + 1)}")
        if field.get("format") == "date-time":
            wrong.append(f"{parameter['name']}=yesterday")
    for query in wrong:
        answer, text = ask(door, verb, f"{target}?{query}", body)
        assert answer.status == 400, query
        is_problem(answer, text, operation)


@pytest.mark.parametrize("path", SPEC["paths"])
def test_takes_no_other_method(door, path):
    allowed = {verb.upper() for verb in VERBS if verb in SPEC["paths"][path]}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    for verb in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - allowed:
        answer, text = ask(door, verb, path.replace("{id}", "42"))
        assert answer.status == 405
        assert {word.strip() for word in answer.getheader("Allow").split(",")} == allowed
        assert is_problem(answer, text) == "method_not_allowed"


@pytest.mark.parametrize("path", [path for path, item in SPEC["paths"].items() if "get" in item])
def test_head_answers_where_get_does(door, path):
    answer, text = ask(door, "HEAD", path.replace("{id}", "42"))
    assert (answer.status, text) == (200, b"")


def test_every_path_of_the_door_is_described():
    rows = set(re.findall(r'^    (get|post|open|stream)\("([^"]+)"', ROUTES.read_text(encoding="utf-8"), re.M))
    assert len(rows) >= 20
    built = {("post" if kind == "post" else "get", path) for kind, path in rows}
    assert built == {(verb, path) for path, verb, _ in OPERATIONS}


def test_headers_are_as_described(door):
    key = resolved(SPEC["components"]["parameters"]["idempotency_key"])["schema"]["pattern"]
    body = {"entitlement": "e", "reason": "r"}
    for text in ("k", "k" * 128, "k" * 129, "", "a b", "a\tb"):
        answer, _ = ask(door, "post", "/v1/requests", body, {"Idempotency-Key": text})
        assert (answer.status == 201) == bool(re.fullmatch(key, text)), repr(text)
    assert is_problem(*ask(door, "get", "/v1/whoami", None, {"Stint-Act-As": "ben"})) == "not_permitted"


def test_what_is_not_there_says_so(door):
    assert is_problem(*ask(door, "get", "/v1/nowhere")) == "path_unknown"
    for path in ("/v1/people/ada/contain", "/v1/access-reviews", "/v1/report", "/v1/audit/export", "/r/17"):
        answer, text = ask(door, "post" if "people" in path else "get", path)
        assert answer.status == 404
        assert is_problem(answer, text) == "not_there_yet"


def test_the_stream_carries_requests(door):
    connection = LocalConnection(door)
    connection.request("GET", "/v1/events?request=42")
    answer = connection.getresponse()
    event = {}
    while (line := answer.readline().decode().rstrip("\n")) or not event:
        name, _, value = line.partition(": ")
        event[name] = value
    connection.close()
    assert event["event"] == "request"
    assert int(event["id"]) >= 0
    jsonschema.validate(json.loads(event["data"]), strict(resolved({"$ref": "#/components/schemas/Request"})))


def test_the_description_is_sound():
    for schema in SPEC["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert len(set(NAMES)) == len(NAMES)
    text = pathlib.Path(os.environ["OPENAPI"]).read_text(encoding="utf-8")
    for kind in ("schemas", "parameters", "responses"):
        for name in SPEC["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, f"{kind}/{name} is used by nothing"
