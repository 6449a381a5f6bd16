"""Records in JSON that carry the hash of what they say, so that a digit changed later is seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "seal"


def parse_json(text: bytes | str) -> Any:
    """Return what a text in JSON says; `ValueError` if it is none, or is nested beyond any."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("is JSON nested too deeply") from error


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with its seal, as it will be read back from JSON; an older seal goes."""
    plain: dict[str, Any] = json.loads(json.dumps(record))
    plain.pop(SEAL, None)
    return {**plain, SEAL: _hash(plain)}


def is_sound(record: Mapping[str, Any]) -> bool:
    """Whether a record says what it said when it was sealed; one without a seal is believed."""
    said = {name: value for name, value in record.items() if name != SEAL}
    try:
        return SEAL not in record or record[SEAL] == _hash(said)
    except RecursionError:  # nested just less deeply than what cannot be read
        return False


def _hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
