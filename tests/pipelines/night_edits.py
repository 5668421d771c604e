"""Random edits of a town between two nights: buildings, files, a gauge's correction, a parameter."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

_BUILDING = re.compile(r"<core:cityObjectMember>.*?</core:cityObjectMember>", re.DOTALL)
_PLACES = re.compile(r"(<gml:posList[^>]*>)([^<]*)(</gml:posList>)")
_MEANING = re.compile(r"<gml:description>([^<]*)</gml:description>")
_RAIN = "precipitation10m"


def lower_roofs(config: Path, dice: random.Random, number: int = 3) -> str:
    """Lower all that stands more than 3 m above the foot of some buildings of one file, by 0.5 m."""
    file = dice.choice(sorted((config.parent / "data" / "udx" / "bldg").glob("*.gml")))
    text = file.read_text("utf-8")
    found = [match.span() for match in _BUILDING.finditer(text)]
    number = min(number, len(found))  # a file that came has one
    for begin, end in sorted(dice.sample(found, number), reverse=True):
        text = text[:begin] + _lowered(text[begin:end]) + text[end:]
    file.write_text(text, "utf-8")
    return f"{number} buildings of {file.name}"


def _lowered(building: str) -> str:
    heights = [float(z) for _, said, _ in _PLACES.findall(building) for z in said.split()[2::3]]
    foot = min(heights)

    def lowered(match: re.Match[str]) -> str:
        numbers = match[2].split()
        for place in range(2, len(numbers), 3):
            height = float(numbers[place])
            if height > foot + 3.0:
                numbers[place] = f"{height - 0.5:.3f}"
        return f"{match[1]}{' '.join(numbers)}{match[3]}"

    return _PLACES.sub(lowered, building)


def correct_gauge(config: Path, dice: random.Random) -> str:
    """Correct what one gauge said of the rain of ten minutes that drive the flood."""
    folder = config.parent / "data" / "feeds" / "amedas"
    file = dice.choice(sorted(folder.glob("map_2026063019[123]*.json")))
    said = json.loads(file.read_text("utf-8"))
    station = dice.choice(sorted(name for name in said if _RAIN in said[name]))
    said[station][_RAIN][0] = round(said[station][_RAIN][0] + dice.randrange(1, 9) / 2, 1)
    file.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    return f"{station} in {file.name}"


def change_day(config: Path, dice: random.Random) -> str:
    """Ask for the sun of another day."""
    day = f"2026-{dice.randrange(1, 12):02d}-{dice.randrange(1, 29):02d}"
    text = config.read_text("utf-8")
    config.write_text(re.sub(r"date: 2026-\d\d-\d\d, step", f"date: {day}, step", text), "utf-8")
    return f"the sun of {day}"


def add_file(config: Path, dice: random.Random) -> str:
    """Bring a new file with one building more: one that there is, under other names, 30 m north."""
    folder = config.parent / "data" / "udx" / "bldg"
    file = dice.choice(sorted(folder.glob("*.gml")))
    text = file.read_text("utf-8")
    members = [match[0] for match in _BUILDING.finditer(text)]
    head, tail = text[: text.index(members[0])], "</core:CityModel>\n"
    name, copy = _copied(dice.choice(members), dice)
    new = folder / f"{name}_bldg_6697_op.gml"
    new.write_text(head + copy + tail, "utf-8")
    return f"new {new.name}"


def add_building(config: Path, dice: random.Random) -> str:
    """Bring a building into a file, before another: that one under another name, 30 m north."""
    file = dice.choice(sorted((config.parent / "data" / "udx" / "bldg").glob("*.gml")))
    text = file.read_text("utf-8")
    before = dice.choice(list(_BUILDING.finditer(text)))
    name, copy = _copied(before[0], dice)
    file.write_text(text[: before.start()] + copy + text[before.start() :], "utf-8")
    return f"{name} in {file.name}"


def remove_building(config: Path, dice: random.Random) -> str:
    """Take a building out of a file that has more."""
    for file in sorted((config.parent / "data" / "udx" / "bldg").glob("*.gml")):
        text = file.read_text("utf-8")
        found = list(_BUILDING.finditer(text))
        if len(found) > 1:
            gone = dice.choice(found)
            file.write_text(text[: gone.start()] + text[gone.end() :], "utf-8")
            return f"a building of {file.name} gone"
    return "the only building of every file stays"


def _copied(building: str, dice: random.Random) -> tuple[str, str]:
    """A new name, and the building under this name, elsewhere."""
    name = f"copy{dice.randrange(1_000_000)}"
    copy = re.sub(r'(gml:id="|href="#)', rf"\g<1>{name}_", building)
    copy = copy.replace("<uro:buildingID>", f"<uro:buildingID>{name}-")
    return name, _PLACES.sub(_moved, copy)


def _moved(match: re.Match[str]) -> str:
    numbers = match[2].split()
    for place in range(0, len(numbers), 3):
        numbers[place] = f"{float(numbers[place]) + 0.00027:.8f}"
    return f"{match[1]}{' '.join(numbers)}{match[3]}"


def remove_file(config: Path, dice: random.Random) -> str:
    """Take a file of buildings away; one stays."""
    files = sorted((config.parent / "data" / "udx" / "bldg").glob("*.gml"))
    if len(files) < 2:
        return "the only file of buildings stays"
    gone = dice.choice(files)
    gone.unlink()
    return f"{gone.name} gone"


def rename_file(config: Path, dice: random.Random) -> str:
    """Give a file of buildings another name, which stands in all that names the sources of a layer."""
    file = dice.choice(sorted((config.parent / "data" / "udx" / "bldg").glob("*.gml")))
    new = file.with_name(f"renamed{dice.randrange(1_000_000)}_bldg_6697_op.gml")
    file.rename(new)
    return f"{file.name} is {new.name}"


def edit_code_list(config: Path, dice: random.Random) -> str:
    """Say otherwise what a code of the list of usages means, which all files of buildings name."""
    file = config.parent / "data" / "codelists" / "Building_usage.xml"
    text = file.read_text("utf-8")
    begin, end = dice.choice([match.span(1) for match in _MEANING.finditer(text)])
    file.write_text(f"{text[:begin]}usage {dice.randrange(1_000_000)}{text[end:]}", "utf-8")
    return "a code of Building_usage.xml"


EDITS = {
    "buildings": lower_roofs,
    "gauge": correct_gauge,
    "parameter": change_day,
    "new file": add_file,
    "file gone": remove_file,
    "new building": add_building,
    "building gone": remove_building,
    "renamed file": rename_file,
    "code list": edit_code_list,
}
