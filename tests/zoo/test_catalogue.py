"""What the zoo lists: its files are read strictly, and every net in them is what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc.compiler import check
from netc.compiler.lint import lint
from netc.compiler.zoo.catalogue import FOLDER, Entry, catalogue, read
from netc.compiler.zoo.listing import listed

ENTRIES = catalogue()
FAMILIES = sorted(FOLDER.glob("*.net"))
GOOD = """
source = "Somebody 2015"
[[net]]
name = "a"
net = "A"
variant = "theirs"
"""


@pytest.mark.quick(3)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_count_is_the_published_one(entry: Entry) -> None:
    found = listed(entry)
    assert found.published in (found.params, None)


@pytest.mark.quick(4)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda path: path.stem)
def test_every_text_is_listed_and_clean(family: Path) -> None:
    assert any(entry.file == family for entry in ENTRIES), f"{family.name} has no .toml that lists its nets"
    assert check(str(family)).diagnostics == []
    assert lint([family]).diagnostics == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (GOOD + 'color = "red"\n', "x.toml: net `a` has an unknown key `color`"),
        ('color = "red"\n' + GOOD, "x.toml has an unknown key `color`"),
        (GOOD.replace('variant = "theirs"', ""), "x.toml: net `a` has no `variant`"),
        (GOOD.replace('source = "Somebody 2015"', ""), "x.toml: net `a` has no `source`"),
        (GOOD + "training = 1\n", "x.toml: net `a`: `training` is a truth value, found 1"),
        (GOOD + "set = 5\n", "x.toml: net `a`: `set` is a table, found 5"),
        (GOOD + "arguments = { aux_logits = true }\n", "`arguments` without `torchvision`"),
        (GOOD + 'torchvision = "alexnet"\n', "no map `torchvision`"),
        (GOOD + 'torchvision = "alexnet"\nmap = "b"\n[maps]\ntorchvision = []\n', "no map `b`"),
        (GOOD + "[maps]\ntorchvision = [['(', '']]\n", "map `torchvision`: `(` is no regular expression"),
        (GOOD + "[maps]\ntorchvision = [['a']]\n", "map `torchvision` is a list of [pattern, replacement]"),
        (GOOD + "[maps]\ntorchvision = [['a', '\\1']]\n", "map `torchvision`: `a` is no regular expression"),
        (GOOD + "maps = 1\nnet = 2\n", "x.toml: Cannot"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, wrong: str, message: str) -> None:
    (tmp_path / "x.net").write_text("net A { input x: 1\n dense(1) }\n")
    (tmp_path / "x.toml").write_text(wrong)
    with pytest.raises(ValueError) as error:  # noqa: PT011
        read(tmp_path / "x.toml")
    assert message in str(error.value)


def test_a_file_without_its_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(GOOD)
    with pytest.raises(ValueError, match=r"x\.toml has no x\.net beside it"):
        read(tmp_path / "x.toml")


def test_a_name_is_used_once(tmp_path: Path) -> None:
    for stem in "xy":
        (tmp_path / f"{stem}.net").write_text("net A { input x: 1\n dense(1) }\n")
        (tmp_path / f"{stem}.toml").write_text(GOOD)
    with pytest.raises(ValueError, match=r"y\.net and x\.net both have a net `a`"):
        catalogue(tmp_path)
