"""Opens layers in QGIS without a window, and draws each: run by QGIS's own Python (Debian: python3-qgis).

Usage: python3 qgis_layers.py CASES.json FOLDER. Each case has a `name`, a `kind` (vector, raster or
project), a `provider`, a `source`, and may have a `token` and a `box` to draw (west, south, east,
north). A line is printed of each, and a picture `NAME.png` written.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsNetworkAccessManager,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtNetwork import QNetworkRequest

SIZE = QSize(700, 500)


class Sender:
    """Lets QGIS send a token with its requests, as its method *API Header* does (3.24 and later)."""

    def __init__(self) -> None:
        self.token = ""
        QgsNetworkAccessManager.setRequestPreprocessor(self.prepare)

    def prepare(self, request: QNetworkRequest) -> None:
        """Add the header, where there is a token."""
        if self.token:
            request.setRawHeader(b"Authorization", f"Bearer {self.token}".encode())


def layers_of(case: dict[str, str]) -> list:
    """Layers of a case, whether valid or not."""
    if case["kind"] == "project":
        assert QgsProject.instance().read(case["source"]), case["source"]
        root = QgsProject.instance().layerTreeRoot()
        return [node.layer() for node in root.findLayers() if node.layer() is not None]
    kind = QgsVectorLayer if case["kind"] == "vector" else QgsRasterLayer
    return [kind(case["source"], case["name"], case["provider"])]


def drawn(layers: list, box: str, file: Path) -> int:
    """Draw layers over each other, and return how many colours the picture has."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[-1].crs())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(SIZE)
    whole = settings.fullExtent()
    if box:  # tiles reach around the Earth
        lonlat = QgsCoordinateReferenceSystem("EPSG:4326")
        there = QgsCoordinateTransform(lonlat, layers[-1].crs(), QgsProject.instance())
        whole = there.transformBoundingBox(QgsRectangle(*map(float, box.split(","))))
    settings.setExtent(whole)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(str(file))
    return len({image.pixel(x, y) for x in range(0, 700, 5) for y in range(0, 500, 5)})


def main() -> int:
    """Print a line of each case; return how many fail."""
    cases, folder = json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2])
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    sender = Sender()
    print(f"QGIS {Qgis.QGIS_VERSION}\n")
    print("| what | layers | not valid | features | colours | well |\n|---|---:|---|---:|---:|---|")
    failed = 0
    for case in cases:
        sender.token = case.get("token", "")
        layers = layers_of(case)
        broken = [layer.name() for layer in layers if not layer.isValid()]
        sound = [layer for layer in layers if layer.isValid()]
        colours = drawn(sound, case.get("box", ""), folder / f"{case['name']}.png") if sound else 0
        rows = sum(layer.featureCount() for layer in sound if isinstance(layer, QgsVectorLayer))
        fails = bool(broken) or colours < 2
        failed += fails
        said = ", ".join(broken) or "all valid"
        well = "NO" if fails else "yes"
        row = (case["name"], len(layers), said, rows or "", colours, well)
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    QgsProject.instance().clear()
    application.exitQgis()
    return failed


if __name__ == "__main__":
    sys.exit(main())
