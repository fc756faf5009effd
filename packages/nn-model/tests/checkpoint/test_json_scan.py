"""The outline of JSON text: members are found where they stand, whatever is in them."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nn_model.checkpoint.json_scan import Span, members
from nn_model.checkpoint.strict_json import MAX_TEXT
from nn_model.errors import CheckpointError

marks = st.text(st.sampled_from('[]{}",:\\\n\u0416a'), max_size=40)
texts = marks | st.integers(200, 3_000).flatmap(lambda n: st.sampled_from(["\\" * n, '"' * n, "[" * n, "a\\" * n]))
values = st.recursive(
    texts | st.integers() | st.none(), lambda v: st.lists(v, max_size=4) | st.dictionaries(marks, v, max_size=4)
)


def found_in(text: str, **large: bool) -> dict[str, Any]:
    data = bytearray(text.encode())
    spans = members(data, Span(0, len(data)), "it", 10, large)
    return {key: json.loads(data[slice(*span)]) for key, span in spans.items()}


@given(st.dictionaries(marks, values, max_size=5), st.sampled_from([None, 1]), st.booleans())
@example({"a": ["x" * 253 + "\\", "]"]}, None, True)
@example({"a": ["x" * 252 + "\\\\", "]"]}, None, True)
@example({"a": ["x" * 252 + '\\"', "]"]}, None, True)
@example({"a": ["x" * 255 + "[", "]"] * 99}, None, True)
def test_every_value_is_found(value: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert found_in(f" \n{text}\t"[2:]) == value
    assert found_in(text) == value


@given(st.lists(values, min_size=1, max_size=4), st.data())
def test_what_is_cut_off_has_no_end(value: list[Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(CheckpointError, match=r"it is not valid JSON|a is not valid JSON: the end of what begins in l"):
        found_in('{"a":' + text[:cut])


def test_how_deep_and_how_long() -> None:
    deepest = "[" * 64 + "]" * 64
    assert found_in(f'{{"a":{deepest}}}') == {"a": json.loads(deepest)}
    for before in ("", "0," * 200, "0," * 100_000):
        with pytest.raises(CheckpointError, match="a may be nested at most 64 deep; found more"):
            found_in(f'{{"a":[{before}{deepest}], "b": 1}}', a=True)
    longest = f'["{"a" * (MAX_TEXT - 4)}"]'
    assert len(found_in(f'{{"a":{longest}}}')["a"][0]) == MAX_TEXT - 4
    with pytest.raises(CheckpointError, match="a: a value beside the arrays may take at most 2,097,152 bytes; found m"):
        found_in(f'{{"a": [{longest} ]}}')
    with pytest.raises(CheckpointError, match="a: a value beside the arrays may take at most 2,097,152 bytes; found m"):
        found_in(f'{{"a": [{longest}, {longest}')
    assert found_in(f'{{"a": [{longest}, 3]}}', a=True)["a"][1] == 3
