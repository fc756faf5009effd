"""pydantic's validation errors as one sentence that says where in the network, which option, and what came."""

from dataclasses import fields
from typing import Any

from pydantic import ValidationError

from nn_model.checkpoint.strict_json import cut, cut_text

__all__ = ["sentence"]


def sentence(error: ValidationError, cls: type, where: str) -> str:
    """Put the first of the faults into words."""
    faults = error.errors(include_url=False)
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return cut_text(f"{where}: {cls.__name__}{_fault(faults[0], cls)}{more}", 500)


def _fault(fault: Any, cls: type) -> str:
    option = ".".join(cut_text(str(part), 60) for part in fault["loc"])
    options = ", ".join(field.name for field in fields(cls) if field.init and field.name != "kind") or "none"
    match fault["type"]:
        case "missing":
            return f" needs the option {option}; its options are {options}"
        case _:
            rule = fault["msg"].removeprefix("Value error, ")
            said = f": {rule[:1].lower()}{rule[1:]}"  # of the whole, or of one option, which then is shown
            return f": {option}{said}; found {cut(fault['input'])}" if option else said
