"""评价对象: what an evaluation is of, and where that is shown."""

from collections.abc import Mapping
from typing import Any, Final

from api.console.asked import Asked
from api.console.names import Names
from api.console.table import Column, Row
from domain.evaluation import SubjectKind

LISTS: Final[Mapping[str, str]] = {
    SubjectKind.PROJECT: "projects",
    SubjectKind.UNIT: "units",
    SubjectKind.APPROPRIATION: "appropriations",
}
"""Where the name of a subject stands; a programme is its name."""


def address_of(asked: Asked, subject: Mapping[str, Any]) -> str:
    """The page of the subject, or the list of what belongs to it."""
    kind, subject_id = subject["kind"], subject["id"]
    if kind == SubjectKind.PROGRAMME:
        return asked.view.url("projects", programme=subject_id)
    if kind == SubjectKind.UNIT:
        return asked.view.url("lines", unit_id=subject_id)
    return asked.view.url(f"{LISTS[kind]}/{subject_id}")


def name_of(names: Names, subject: Mapping[str, Any]) -> str:
    """What the subject is called; its id where no name is known."""
    known = names.get(LISTS.get(subject["kind"], ""), {})
    name: str = known.get(subject["id"], subject["id"])
    return name


def subject_columns(asked: Asked, names: Names) -> dict[str, Column]:
    """The subject by name, and for files its kind and id."""

    def kind(row: Row) -> str:
        return asked.word(SubjectKind, row["subject"]["kind"])

    return {
        "subject": Column(
            title=asked.say("评价对象"),
            value=lambda row: name_of(names, row["subject"]),
            link=lambda row: address_of(asked, row["subject"]),
            note=kind,
        ),
        "subject_kind": Column(title=asked.say("评价对象类型"), value=kind),
        "subject_id": Column(title=asked.say("评价对象编号"), value=lambda row: row["subject"]["id"]),
    }
