"""The room's public names."""

import pytest

import nn_model.checkpoint as room


def test_every_public_name_is_there() -> None:
    assert set(room.__all__) <= set(dir(room))
    assert all(getattr(room, name) is not None for name in room.__all__)
    with pytest.raises(AttributeError, match="no attribute 'pickle'"):
        room.pickle  # noqa: B018  # what is asked
