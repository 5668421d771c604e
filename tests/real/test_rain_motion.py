"""Where real rain goes: images of the KNMI, extrapolated and met by the ones that followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from citytwin.formats.radar_hdf5 import RadarParams, decode_radar_hdf5
from citytwin.kernels.rain_advection import extrapolate
from citytwin.kernels.rain_motion import motion

FILES = [f"RAD_NL25_RAP_5min_2010082600{minute:02d}.h5" for minute in (0, 5, 10)]


def test_rain_over_the_netherlands_is_met_better_than_by_persistence(samples: Path) -> None:
    """Five minutes ahead, where either image has rain: half the error, and most of the correlation."""
    folder = samples / "feeds" / "radar"
    first, last, truth = (
        decode_radar_hdf5((folder / name).read_bytes(), name, RadarParams())[0].rate[
            100:500, 150:550
        ]
        for name in FILES
    )
    (found,) = extrapolate(last, *motion(first, last), [1.0])
    wet = np.isfinite(found) & np.isfinite(truth) & np.isfinite(last)
    wet &= (truth > 0.1) | (last > 0.1)
    assert wet.sum() > 10_000
    ours, kept = (np.abs(image - truth)[wet].mean() for image in (found, last))
    assert ours < 0.5 * kept
    correlation = [np.corrcoef(image[wet], truth[wet])[0, 1] for image in (found, last)]
    assert correlation[0] > 0.93 > 0.83 > correlation[1]
