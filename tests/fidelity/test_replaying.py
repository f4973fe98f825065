"""Recorded answers of the real Fortnox against the emulator; and that a difference would be noticed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.fidelity.recordings import Recording, read_recording, read_recordings
from sandbox.fidelity.replaying import Replayer, replay_folder, replayer
from tests.support.fidelity.reference import EXAMPLES, needs

RECORDINGS = read_recordings(EXAMPLES) if EXAMPLES.exists() else []


@pytest.fixture(scope="module")
def served() -> Iterator[Replayer]:
    with replayer() as one:
        yield one


@needs(EXAMPLES, "the emulator was not compared with the real Fortnox's recorded answers")
@pytest.mark.parametrize("recording", RECORDINGS, ids=[one.name for one in RECORDINGS])
def test_the_emulator_answers_as_recorded(served: Replayer, recording: Recording) -> None:
    assert served.replay(recording).failures == ()


UNIT = {"@url": "https://api.fortnox.se/3/units/burk", "Code": "burk", "CodeEnglish": "", "Description": "Burk"}


def _written(folder: Path, name: str = "rec-units-create", status: int = 201, **changes: Any) -> Recording:
    """Write a recording of our own making; ``changes`` spoil the unit that the answer shows."""
    answer = {"Unit": {key: value for key, value in (UNIT | changes).items() if value is not ...}}
    data = {
        "recorded": "Mon, 30 Jan 2023 11:57:04 GMT",
        "request": {
            "method": "POST",
            "url": "https://api.fortnox.se/3/units/",
            "headers": {},
            "body": {"Unit": {"Code": "burk", "Description": "Burk"}},
        },
        "response": {
            "status": status,
            "headers": {"Content-Type": "application/json", "Location": "units"},
            "body": answer,
        },
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(data))
    return read_recording(path)


def test_an_equal_answer_is_equal(served: Replayer, tmp_path: Path) -> None:
    assert served.replay(_written(tmp_path)).verdict == "equal"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"Description": "Dosa"}, "value at /Unit/Description"),
        ({"Description": None}, "type at /Unit/Description"),
        ({"CodeEnglish": ...}, "extra at /Unit/CodeEnglish"),
        ({"Colour": "blue"}, "missing at /Unit/Colour"),
        ({"status": 200}, "status at /"),
    ],
)
def test_a_difference_is_told_with_its_place(
    served: Replayer, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    outcome = served.replay(_written(tmp_path, **changes))

    assert outcome.verdict == "different"
    assert outcome.failures[0].startswith(told)


def test_any_folder_can_be_replayed_and_none_is_left_out(tmp_path: Path) -> None:
    _written(tmp_path, "rec-one")
    _written(tmp_path, "rec-two", Description="Dosa")

    assert [(one.name, one.verdict) for one in replay_folder(tmp_path)] == [
        ("rec-one", "equal"),
        ("rec-two", "different"),
    ]
