#!/usr/bin/env python3
"""A second verifier, written from docs/record-format.md alone: standard library only.

usage: verify.py RECORD [--key JWK_FILE] [--head HASH] [--case ID]
Prints one line, `intact ENTRIES HEAD` or `broken CODE LINE`, and exits 0 or 1.
"""
import base64
import hashlib
import json
import re
import sys

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
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(k, point):
    result = None
    while k:
        if k & 1:
            result = add(result, point)
        point, k = add(point, point), k >> 1
    return result


def is_on_curve(point):
    x, y = point
    return x < P and y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0


def is_signed(point, text, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s <= N // 2):  # only the lower s is a spelling of the format
        return False
    e, w = int.from_bytes(hashlib.sha256(text).digest(), "big"), pow(s, -1, N)
    at = add(multiply(e * w % N, G), multiply(r * w % N, point))
    return at is not None and at[0] % N == r


# --- canonical JSON (RFC 8785) ---------------------------------------------------------------------------------
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def number(value):
    if isinstance(value, int):
        if abs(value) < 10**21 and int(float(value)) == value:
            return str(value)
        value = float(value)
    if value == 0:
        return "0"
    sign, (digits, _, exponent) = ("-" if value < 0 else ""), f"{abs(value)!r}".partition("e")
    whole, _, fraction = digits.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        body = digits.ljust(point, "0")[:point] + ("." + digits[point:] if len(digits) > point else "")
    elif -6 < point <= 0:
        body = "0." + "0" * -point + digits
    else:
        body = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"e{point - 1:+d}"
    return sign + body


def canonical(value, depth=0):
    if depth > 64 or (depth == 64 and isinstance(value, (list, dict))):
        raise Broken("malformed-line")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return '"' + "".join(ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, depth + 1) for item in value) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(canonical(name) + ":" + canonical(value[name], depth + 1) for name in names) + "}"


# --- the record ------------------------------------------------------------------------------------------------
FIELDS = {"seq": int, "at": str, "caseId": str, "actor": dict, "type": str, "id": str, "data": dict, "prev": str, "hash": str}
SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


class Broken(Exception):
    pass


def refuse(constant):
    raise ValueError(constant)


def read_entry(line):
    try:
        text = line.decode("utf-8")
        entry = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise Broken("malformed-line")
    if not isinstance(entry, dict) or set(entry) != set(FIELDS):
        raise Broken("malformed-line")
    if any(type(entry[name]) is not kind for name, kind in FIELDS.items()):
        # 4.0 is a number with the value 4: a spelling, not a type.
        raise Broken("non-canonical" if type(entry["seq"]) is float else "malformed-line")
    hashes = re.fullmatch(r"[0-9a-f]{128}", entry["prev"] + entry["hash"]) and len(entry["hash"]) == 64
    instant = re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{3}Z", entry["at"])
    kind = re.fullmatch(r"[a-z]+(-[a-z]+)*", entry["type"])
    if not (hashes and instant and kind and entry["caseId"] and entry["id"]) or not 0 < entry["seq"] < 2**53:
        raise Broken("malformed-line")
    if canonical(entry) != text:
        raise Broken("non-canonical")
    body = {name: value for name, value in entry.items() if name != "hash"}
    if hashlib.sha256(canonical(body).encode()).hexdigest() != entry["hash"]:
        raise Broken("edited")
    return entry


def coordinates(key):
    if not isinstance(key, dict) or {"kty": "EC", "crv": "P-256"}.items() - key.items() or set(key) != {"kty", "crv", "x", "y"}:
        return None
    raw = [base64.urlsafe_b64decode(key[name] + "=") for name in "xy" if re.fullmatch(r"[\w-]{43}", key[name], re.A)]
    point = tuple(int.from_bytes(part, "big") for part in raw)
    same = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in raw] == [key["x"], key["y"]]
    return point if same and is_on_curve(point) else None


def check_checkpoint(entry, trusted):
    """None when the signature is good for this entry by a key that counts, else what is wrong."""
    data, origin = entry["data"], "tourniquet.record/" + entry["caseId"]
    fixed = entry["actor"] == {"kind": "system", "component": "record"} and entry["id"] == f"checkpoint:{entry['seq']}"
    point = coordinates(data.get("key"))
    if not fixed or set(data) != {"key", "note"} or point is None or not isinstance(data["note"], str):
        return "bad-checkpoint"
    note = re.fullmatch(r"((?:[^\n]+\n){4}key ([!-~]+)\n)\n— ([^\n ]+) ([A-Za-z0-9+/]{91}=)\n", data["note"])
    if not note:
        return "bad-checkpoint"
    text, key_id, name, stamp = note.groups()
    root = base64.b64encode(bytes.fromhex(entry["prev"])).decode()
    if text != f"{origin}\n{entry['seq'] - 1}\n{root}\nat {entry['at']}\nkey {key_id}\n" or name != origin:
        return "rewritten"
    raw = base64.b64decode(stamp)
    spki = SPKI_P256 + b"".join(part.to_bytes(32, "big") for part in point)
    if base64.b64encode(raw).decode() != stamp or raw[:4] != hashlib.sha256(spki).digest()[:4]:
        return "bad-checkpoint"
    if not is_signed(point, text.encode(), raw[4:]):
        return "bad-checkpoint"
    return "re-signed" if trusted and point not in trusted else None


def verify(lines, trusted, heads, case):
    seq, prev, fault, last, missing = 0, "0" * 64, None, None, set(heads)
    for number_, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            return "truncated", number_
        try:
            entry = read_entry(line[:-1])
        except Broken as broken:
            return str(broken), number_
        case = case or entry["caseId"]
        if entry["caseId"] != case:
            return "wrong-case", number_
        if entry["seq"] != seq + 1 or entry["prev"] != prev:
            return "out-of-place", number_  # removed, inserted, reordered or rewritten: the spec leaves the word to the verifier
        seq, prev, last = entry["seq"], entry["hash"], entry
        missing.discard(prev)
        if entry["type"] == "checkpoint":
            wrong = check_checkpoint(entry, trusted)
            fault = (fault or (wrong, number_)) if wrong else None
    if fault:
        return fault
    if last is None or last["type"] != "checkpoint":
        return "truncated", seq + 1
    return ("head-mismatch", seq + 1) if missing else ("intact", seq, prev)


def main(arguments):
    path, options = arguments[0], list(zip(arguments[1::2], arguments[2::2]))
    trusted = [coordinates(json.load(open(value))) for name, value in options if name == "--key"]
    heads = [value for name, value in options if name == "--head"]
    case = next((value for name, value in options if name == "--case"), None)
    with open(path, "rb") as record:
        verdict = verify(record, trusted, heads, case)
    print(*verdict) if verdict[0] == "intact" else print("broken", *verdict)
    return 0 if verdict[0] == "intact" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
