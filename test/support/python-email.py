"""Reads messages with Python's email package under its strict policy: four octets of length and the message in, one line
of JSON out, until the input ends. A message with a defect is answered with it."""

import base64
import email
import email.policy
import json
import struct
import sys

POLICY = email.policy.SMTP.clone(raise_on_defect=True)
ADDRESS_FIELDS = ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"]


def read(raw):
    # The reader of bytes knows no UTF-8 in headers (RFC 6532); that of text does, and none in bodies.
    message = (
        email.message_from_bytes(raw, policy=POLICY)
        if raw.split(b"\r\n\r\n", 1)[0].isascii()
        else email.message_from_string(raw.decode("utf-8"), policy=POLICY)
    )
    defects = []
    for part in message.walk():
        for name, value in part.items():
            defects += [f"{name}: {defect!r}" for defect in value.defects]
    return {
        "defects": defects,
        "headers": [[name, str(value)] for name, value in message.items()],
        "addresses": {name: addresses(message[name]) for name in ADDRESS_FIELDS if message[name] is not None},
        "parts": [describe(part) for part in message.walk() if not part.is_multipart() or is_message(part)],
    }


def addresses(field):
    return [
        {
            "group": group.display_name,
            "members": [{"name": member.display_name, "address": member.addr_spec} for member in group.addresses],
        }
        for group in field.groups
    ]


def is_message(part):
    return part.get_content_maintype() == "message"


def describe(part):
    content_type = part["Content-Type"]
    disposition = part["Content-Disposition"]
    return {
        "type": part.get_content_type(),
        "parameters": dict(content_type.params) if content_type is not None else {},
        "disposition": part.get_content_disposition(),
        # Not get_filename(), which takes quotes and angle brackets off what was decoded.
        "filename": disposition.params.get("filename") if disposition is not None else None,
        "contentId": part["Content-ID"],
        "content": None if is_message(part) else base64.b64encode(part.get_payload(decode=True)).decode("ascii"),
    }


while head := sys.stdin.buffer.read(4):
    raw = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
    try:
        answer = read(raw)
    except Exception as error:  # What Python cannot read is an answer, too.
        answer = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
