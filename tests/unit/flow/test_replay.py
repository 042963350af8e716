"""Entries folded back into the row, and the order in which erasure and gaps show."""

import pytest

from anlan.flow.replay import Said, files_of, reason_key, replay


def said(version: int, **content: object) -> Said:
    header = {"version": version, "actor": 7, "institution": "A", "source": None}
    return Said(header=header, content=content)


def test_the_last_entry_that_names_a_column_wins() -> None:
    told = replay([said(1, name="药房", state="listed"), said(2, name="中药房"), said(3, state="checked")])
    assert told.values == {"name": "中药房", "state": "checked"}
    assert (told.version, told.missing, told.is_partial) == (3, (), False)


def test_what_is_no_column_stays_outside_the_row() -> None:
    told = replay([said(1, name="药房", evidence=["ab"], evidence_files=[["a.pdf", "application/pdf", 9]])])
    assert told.values == {"name": "药房"}
    assert told.files == {1: (("ab", "a.pdf", "application/pdf", "9"),)}


def test_after_an_erasure_only_what_later_entries_name_is_known() -> None:
    erased = Said(header={"version": 2}, content=None)
    told = replay([said(1, name="药房", state="listed"), erased, said(3, state="checked")])
    assert told.values == {"state": "checked"}
    assert told.is_partial


def test_versions_that_are_gone_are_named() -> None:
    assert replay([said(2, a=1), said(5, a=2)]).missing == (1, 3, 4)


def test_a_record_without_entries_is_refused() -> None:
    with pytest.raises(ValueError, match="without entries"):
        replay([])


def test_a_batch_is_read_from_the_first_header() -> None:
    first = Said(header={"version": 1, "source": {"batch": "ab12", "file_sha256": ""}}, content={})
    assert replay([first]).batch == "ab12"


def test_older_entries_name_files_by_hash_alone() -> None:
    assert files_of({"evidence": ["bb", "aa"]}) == (("aa",), ("bb",))


def test_the_reason_of_a_step_has_a_key_of_its_own_where_the_register_has_a_reason() -> None:
    assert (reason_key(("state", "reason")), reason_key(("state",))) == ("step_reason", "reason")
