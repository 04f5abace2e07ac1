"""What is wrong in params.yaml, told with the line, the key, what was found and what is allowed there."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml
from pydantic import BaseModel


def syntax(path: Path, error: yaml.YAMLError | UnicodeDecodeError) -> str:
    """The sentence for a file that cannot be read as YAML."""
    mark = getattr(error, "problem_mark", None)
    where = f"{path.name} line {mark.line + 1}" if mark else path.name
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{where}: this is not YAML: {problem}; look for a missing colon, bracket or quote there or above"


def repeated(node: yaml.Node, prefix: str = "") -> Iterator[tuple[int, str]]:
    """The (line, fault) of every key that is set twice, of which YAML would silently keep the last."""
    first: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        name, line = str(key.value), key.start_mark.line + 1
        if name in first:
            yield line, f"{prefix}{name} is already set in line {first[name]}; keep one of the two"
        first.setdefault(name, line)
        yield from repeated(value, f"{prefix}{name}.")


def lacking(node: yaml.MappingNode, model: type[BaseModel], prefix: str = "") -> Iterator[tuple[int, str]]:
    """The (line of its section, fault) of every key of the model that the file leaves out, with the line to add."""
    there = {str(key.value): value for key, value in node.value}
    for name, field in model.model_fields.items():
        nested = field.default if isinstance(field.default, BaseModel) else None
        if name not in there:
            default = field.default if nested is None else nested.model_dump(mode="json")
            value = yaml.safe_dump({name: list(default) if isinstance(default, tuple) else default}, sort_keys=False)
            yield (
                node.start_mark.line + 1,
                f"{prefix}{name} is missing; add it, by default\n{indent(value.strip(), '  ')}",
            )
        elif nested is not None and isinstance(there[name], yaml.MappingNode):
            yield from lacking(there[name], type(nested), f"{prefix}{name}.")


def at_odds(node: yaml.MappingNode, params: Any) -> Iterator[tuple[int, str]]:
    """The (line, fault) of a plan that looks further ahead than the forecasts, and of windows that judge none."""
    shown = params.base.horizon_days
    if params.train.fold_days <= shown:
        yield (
            _line(node, ("train", "fold_days")),
            f"train.fold_days is {params.train.fold_days}; it must be more than base.horizon_days, which is {shown}: "
            "a window judges the forecasts that are made and come due in it",
        )
    days, reach = params.orders.plan_horizon_days, max(shown, params.forecast.reach_days)
    if params.orders.policy == "planner" and days > reach:
        yield (
            _line(node, ("orders", "plan_horizon_days")),
            f"orders.plan_horizon_days is {days}; it must be at most {reach}, the larger of base.horizon_days "
            f"({shown}) and forecast.reach_days ({params.forecast.reach_days}): no day is weighed that is not forecast",
        )


def thousands(node: yaml.Node, prefix: str = "") -> Iterator[tuple[int, str]]:
    """The (line, fault) of every number that may be meant in thousands: YAML reads 100.000 as one hundred."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        name = f"{prefix}{key.value}"
        plain = isinstance(value, yaml.ScalarNode) and value.style is None
        if plain and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", value.value):
            whole = value.value.replace(".", "")
            yield (
                key.start_mark.line + 1,
                f"{name} is {value.value}, which is {float(value.value):g}: write {whole} or {float(value.value)}",
            )
        yield from thousands(value, f"{name}.")


def _line(node: yaml.Node, location: tuple[int | str, ...]) -> int:
    """The line of the innermost part of `location` that stands in the file."""
    line = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            key, node = next(((k, v) for k, v in reversed(node.value) if k.value == str(part)), (node, node))
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def explain(node: yaml.Node, error: Any, root: type[BaseModel]) -> tuple[int, str]:
    """The (line, fault) of one pydantic error, with the key's own description as the reason."""
    location = error["loc"]
    model = root
    description = ""
    for part in location:
        field = model.model_fields.get(str(part))
        if field is None:
            break
        description = field.description or ""
        model = type(field.default) if isinstance(field.default, BaseModel) else model
    name = ".".join(map(str, location))
    if error["type"] in ("extra_forbidden", "invalid_key"):
        return _line(node, location), f"{name} is not a key; {_nearest(name, model, root)}"
    name = re.sub(r"\.(\d+)$", lambda match: f" item {int(match[1]) + 1}", name)
    found = "empty" if error["input"] is None else repr(error["input"])
    return _line(node, location), f"{name} is {found}; {_cure(error)} ({description})"


def _nearest(name: str, model: type[BaseModel], root: type[BaseModel]) -> str:
    section, dot, key = name.rpartition(".")
    near = get_close_matches(key, model.model_fields, n=1)
    elsewhere = [known for known in _keys(root) if known.split(".")[-1] == key]
    if near or elsewhere:
        return f"did you mean {section + dot + near[0] if near else elsewhere[0]}?"
    return f"the keys here are {', '.join(section + dot + known for known in model.model_fields)}"


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        if isinstance(field.default, BaseModel):
            yield from _keys(type(field.default), f"{prefix}{name}.")


def _cure(error: Any) -> str:
    """What is allowed instead, in words; pydantic's own words for a kind that is not named here."""
    limits = error.get("ctx", {})
    match error["type"]:
        case "greater_than_equal":
            return f"it must be at least {limits['ge']}"
        case "greater_than":
            return f"it must be more than {limits['gt']}"
        case "less_than_equal":
            return f"it must be at most {limits['le']}"
        case "less_than":
            return f"it must be less than {limits['lt']}"
        case "int_type" | "int_from_float":
            return "it must be a whole number"
        case "float_type":
            return "it must be a number, written like 0.05"
        case "finite_number":
            return "it must be a finite number"
        case "string_type":
            return "it must be text; put it in quotes"
        case "string_too_short":
            return "it must not be empty"
        case "model_type":
            return "it must be a section with keys of its own"
        case "tuple_type":
            return "it must be a list of days such as [7, 14, 28]"
        case "literal_error":
            near = get_close_matches(str(error["input"]), re.findall(r"\w+", limits["expected"]), n=1)
            return f"it must be {limits['expected']}" + (f"; did you mean {near[0]}?" if near else "")
        case "value_error":
            return str(limits["error"])
        case _:
            return str(error["msg"])
