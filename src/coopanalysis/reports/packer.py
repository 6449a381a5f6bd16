"""How a kernel of a report writes its messages: text that UTF-8 has no bytes for is replaced.

Half of a pair, as a field of fixed width cuts an emoji, would otherwise stop the message that
holds it within the kernel: a printed line, or the error of a cell, would be lost.
"""

from __future__ import annotations

from typing import Any

from jupyter_client.session import json_packer


def pack(message: Any) -> bytes:
    """Write a message as JSON in UTF-8."""
    try:
        return json_packer(message)
    except UnicodeEncodeError:
        return json_packer(_mended(message))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(name): _mended(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(one) for one in value]
    return value
