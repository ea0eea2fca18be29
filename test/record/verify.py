#!/usr/bin/env python3
"""A second verifier, written from docs/record-format.md alone: standard library only.

usage: verify.py RECORD [--key JWK_FILE] [--head HASH] [--case ID]
Prints one line, `intact ENTRIES HEAD` or `broken CODE LINE`, and exits 0 or 1.
"""
import base64
import hashlib
import json
import math
import re
import sys
from decimal import Decimal

# --- ECDSA on P-256, verification only -------------------------------------------------------------------------
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] ** 2 - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(k, point):
    if k == 0:
        return None
    rest = multiply(k >> 1, add(point, point))
    return add(rest, point) if k & 1 else rest


def is_on_curve(x, y):
    return x < P and y < P and (y * y - (x**3 - 3 * x + B)) % P == 0


def is_signed(point, text, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s <= N // 2):  # only the lower s is a spelling of the format
        return False
    e, w = int.from_bytes(hashlib.sha256(text).digest(), "big"), pow(s, -1, N)
    at = add(multiply(e * w % N, G), multiply(r * w % N, point))
    return at is not None and at[0] % N == r


# --- canonical JSON (RFC 8785) ---------------------------------------------------------------------------------
def number(value):
    """As ECMAScript writes it: the shortest digits that read back as the same double, which are also Python's."""
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    digits, point = "".join(map(str, digits)), len(digits) + exponent
    if value == 0:
        return "0"
    if 0 < point <= 21:
        body = digits[:point].ljust(point, "0") + ("." + digits[point:] if len(digits) > point else "")
    elif -6 < point <= 0:
        body = "0." + "0" * -point + digits
    else:
        body = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"e{point - 1:+d}"
    return "-" * sign + body


def canonical(value, depth=0):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    if not isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    if depth == 64:
        raise Broken("malformed-line")
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, depth + 1) for item in value) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(canonical(name) + ":" + canonical(value[name], depth + 1) for name in names) + "}"


# --- the record ------------------------------------------------------------------------------------------------
FIELDS = dict(seq=int, at=str, caseId=str, actor=dict, type=str, id=str, data=dict, prev=str, hash=str)
FORMS = {
    "at": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", "caseId": r"(?s:.+)", "id": r"(?s:.+)",
    "type": r"[a-z]+(-[a-z]+)*", "prev": r"[0-9a-f]{64}", "hash": r"[0-9a-f]{64}",
}
SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


class Broken(Exception):
    pass


def finite(text):
    """A number as JSON has them: 4.0 is 4, a spelling; refused is what no double holds, which Python would read."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return int(value) if value.is_integer() else value


def read_entry(line):
    try:
        text = line.decode("utf-8")
        entry = json.loads(text, parse_int=finite, parse_float=finite, parse_constant=finite)
    except (ValueError, RecursionError):
        raise Broken("malformed-line")
    if not isinstance(entry, dict) or {name: type(value) for name, value in entry.items()} != FIELDS:
        raise Broken("malformed-line")
    if not 0 < entry["seq"] < 2**53 or not all(re.fullmatch(form, entry[name]) for name, form in FORMS.items()):
        raise Broken("malformed-line")
    if canonical(entry) != text:
        raise Broken("non-canonical")
    hashed = canonical({name: value for name, value in entry.items() if name != "hash"})
    if hashlib.sha256(hashed.encode()).hexdigest() != entry["hash"]:
        raise Broken("edited")
    return entry


def point_of(key):
    """The point of a public JWK, None unless it is spelled as the format has it and on the curve."""
    if not isinstance(key, dict) or set(key) != {"kty", "crv", "x", "y"} or (key["kty"], key["crv"]) != ("EC", "P-256"):
        return None
    texts = [str(key[name]) for name in "xy"]
    raw = [base64.urlsafe_b64decode(text + "=") for text in texts if re.fullmatch(r"[\w-]{43}", text, re.A)]
    if [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in raw] != [key["x"], key["y"]]:
        return None
    point = tuple(int.from_bytes(part, "big") for part in raw)
    return point if is_on_curve(*point) else None


def fault_of(entry, trusted):
    """What is wrong with a checkpoint; None when its signature is good for this entry, by a key that counts."""
    data, origin = entry["data"], "tourniquet.record/" + entry["caseId"]
    point = point_of(data.get("key"))
    note = re.fullmatch(
        r"((?:[^\n]+\n){4}key ([!-~]+)\n)\n— ([^\n ]+) ([A-Za-z0-9+/]{91}=)\n", str(data.get("note")))
    fixed = [entry["actor"], entry["id"]] == [{"kind": "system", "component": "record"}, f"checkpoint:{entry['seq']}"]
    if not fixed or set(data) != {"key", "note"} or not point or not note:
        return "bad-checkpoint"
    text, key_id, name, stamp = note.groups()
    root = base64.b64encode(bytes.fromhex(entry["prev"])).decode()
    if text != f"{origin}\n{entry['seq'] - 1}\n{root}\nat {entry['at']}\nkey {key_id}\n" or name != origin:
        return "rewritten"
    raw, spki = base64.b64decode(stamp), SPKI_P256 + b"".join(part.to_bytes(32, "big") for part in point)
    hint = hashlib.sha256(spki).digest()[:4]
    if base64.b64encode(raw).decode() != stamp or raw[:4] != hint or not is_signed(point, text.encode(), raw[4:]):
        return "bad-checkpoint"
    return "re-signed" if trusted and point not in trusted else None


def verify(lines, trusted, heads, case):
    seq, prev, fault, last, missing = 0, "0" * 64, None, None, set(heads)
    for at, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            return "truncated", at
        try:
            entry = read_entry(line[:-1])
        except Broken as broken:
            return str(broken), at
        case = case or entry["caseId"]
        if entry["caseId"] != case:
            return "wrong-case", at
        if entry["seq"] != seq + 1 or entry["prev"] != prev:
            return "out-of-place", at  # which word for it is the verifier's affair
        seq, prev, last = entry["seq"], entry["hash"], entry
        missing.discard(prev)
        if entry["type"] == "checkpoint":
            wrong = fault_of(entry, trusted)
            fault = (fault or (wrong, at)) if wrong else None
    if fault:
        return fault
    if last is None or last["type"] != "checkpoint":
        return "truncated", seq + 1
    return ("head-mismatch", seq + 1) if missing else ("intact", seq, prev)


def main(arguments):
    path, options = arguments[0], list(zip(arguments[1::2], arguments[2::2]))
    trusted = [point_of(json.load(open(value))) for name, value in options if name == "--key"]
    heads = [value for name, value in options if name == "--head"]
    case = next((value for name, value in options if name == "--case"), None)
    with open(path, "rb") as record:
        verdict = verify(record, trusted, heads, case)
    print(*verdict) if verdict[0] == "intact" else print("broken", *verdict)
    return 0 if verdict[0] == "intact" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
