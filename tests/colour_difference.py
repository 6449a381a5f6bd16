"""Perceived difference of two colours, as seen with and without colour blindness.

CIECAM02 and its uniform space (Luo, Cui and Li 2006) for the average surround and the D65
white of sRGB; colour blindness after Machado, Oliveira and Fernandes (2009), severity 1.
"""

from __future__ import annotations

import numpy as np

MACHADO = {
    "none": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_CAT02 = np.array([[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.0030, 0.0136, 0.9834]])
_HPE = np.array([[0.38971, 0.68898, -0.07868], [-0.22981, 1.18340, 0.04641], [0.0, 0.0, 1.0]])


def linear(colour: str) -> np.ndarray:
    """Linear sRGB of `#rrggbb`."""
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def cam02_ucs(rgb: np.ndarray, adapting: float = 64 / np.pi / 5) -> np.ndarray:
    """J', a', b' of a linear sRGB colour."""
    white = _TO_XYZ @ np.ones(3) * 100
    f, c, n_c, background = 1.0, 0.69, 1.0, 20.0
    k = 1 / (5 * adapting + 1)
    f_l = 0.2 * k**4 * 5 * adapting + 0.1 * (1 - k**4) ** 2 * (5 * adapting) ** (1 / 3)
    n = background / white[1]
    n_bb, z = 0.725 * n**-0.2, 1.48 + np.sqrt(n)
    adapted = f * (1 - np.exp((-adapting - 42) / 92) / 3.6)
    white_cone = _CAT02 @ white
    gain = white[1] * adapted / white_cone + 1 - adapted

    def respond(xyz: np.ndarray) -> np.ndarray:
        cone = _HPE @ np.linalg.inv(_CAT02) @ (gain * (_CAT02 @ xyz))
        power = (f_l * np.abs(cone) / 100) ** 0.42
        return np.sign(cone) * 400 * power / (27.13 + power) + 0.1

    def achromatic(response: np.ndarray) -> float:
        return float((2 * response[0] + response[1] + response[2] / 20 - 0.305) * n_bb)

    response = respond(_TO_XYZ @ np.clip(rgb, 0, 1) * 100)
    red, green, blue = response
    a, b = red - 12 * green / 11 + blue / 11, (red + green - 2 * blue) / 9
    hue = np.arctan2(b, a)
    lightness = 100 * (achromatic(response) / achromatic(respond(white))) ** (c * z)
    eccentric = (np.cos(hue + 2) + 3.8) / 4
    t = 50000 / 13 * n_c * n_bb * eccentric * np.hypot(a, b) / (red + green + 21 * blue / 20)
    chroma = t**0.9 * np.sqrt(lightness / 100) * (1.64 - 0.29**n) ** 0.73
    colourfulness = chroma * f_l**0.25
    j = 1.7 * lightness / (1 + 0.007 * lightness)
    m = np.log(1 + 0.0228 * colourfulness) / 0.0228
    return np.array([j, m * np.cos(hue), m * np.sin(hue)])


def difference(first: str, second: str, vision: str = "none") -> float:
    """CAM02-UCS distance of two colours as one kind of vision sees them."""
    seen = [cam02_ucs(np.clip(MACHADO[vision] @ linear(c), 0, 1)) for c in (first, second)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def lightness_step(first: str, second: str) -> float:
    """Difference in lightness alone, as on a grey print."""
    return float(abs(cam02_ucs(linear(first))[0] - cam02_ucs(linear(second))[0]))
