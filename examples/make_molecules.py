"""Write the molecules of examples/molecules: coordinates from published bond lengths and angles.

Each entry is idealised: the bond lengths and angles of one paper, which the second line of the file names, put together
with the symmetry of the molecule. Papers differ in what they call a length (at the minimum of the potential, averaged
over vibrations, or refined in a crystal); the numbers are taken as they stand there.

    python examples/make_molecules.py
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "molecules"
GOLDEN = (1 + 5**0.5) / 2


def ring(n, radius, z=0.0, turn=0.0):
    """Corners of a regular n-gon about the z axis; the turn in degrees."""
    t = 2 * np.pi * np.arange(n) / n + np.radians(turn)
    return np.column_stack([radius * np.cos(t), radius * np.sin(t), np.full(n, z)])


def sine(degrees):
    return float(np.sin(np.radians(degrees)))


def cosine(degrees):
    return float(np.cos(np.radians(degrees)))


def water(r=0.9572, angle=104.52):
    h = [[0, s * r * sine(angle / 2), -r * cosine(angle / 2)] for s in (1, -1)]
    return "OHH", np.array([[0, 0, 0], *h])


def ammonia(r=1.0124, angle=106.67):
    # Three bonds at equal angles: the chord between hydrogens gives the radius of their triangle.
    radius = 2 * r * sine(angle / 2) / 3**0.5
    return "NHHH", np.vstack([[0, 0, 0], ring(3, radius, -((r**2 - radius**2) ** 0.5))])


def methane(r=1.0870):
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 3**0.5
    return "CHHHH", np.vstack([[0, 0, 0], r * corners])


def ethane(cc=1.522, ch=1.089, cch=111.2):
    radius, z = ch * sine(cch), cc / 2 - ch * cosine(cch)
    hydrogens = [ring(3, radius, z), ring(3, radius, -z, 60)]
    return "CCHHHHHH", np.vstack([[0, 0, cc / 2], [0, 0, -cc / 2], *hydrogens])


def benzene(cc=1.397, ch=1.084):
    return "CCCCCCHHHHHH", np.vstack([ring(6, cc), ring(6, cc + ch)])


def ferrocene(turn, fe_c=2.064, cc=1.440, ch=1.104):
    # Hydrogens in the planes of the rings, as the earlier electron diffraction took them.
    radius = cc / (2 * sine(36))
    z = (fe_c**2 - radius**2) ** 0.5
    rings = [ring(5, r, s * z, turn * (s < 0)) for r in (radius, radius + ch) for s in (1, -1)]
    return ["Fe", *("C" * 10), *("H" * 10)], np.vstack([[0, 0, 0], *rings])


def allene(cc=1.3084, ch=1.0872, hch=118.2):
    y, z = ch * sine(hch / 2), cc + ch * cosine(hch / 2)
    return "CCCHHHH", np.array([[0, 0, 0], [0, 0, cc], [0, 0, -cc], [0, y, z], [0, -y, z], [y, 0, -z], [-y, 0, -z]])


def sulfur_hexafluoride(r=1.561):
    return "SFFFFFF", np.vstack([np.zeros((1, 3)), r * np.eye(3), -r * np.eye(3)])


def xenon_tetrafluoride(r=1.953):
    return ["Xe", *"FFFF"], np.vstack([[0, 0, 0], ring(4, r)])


def phosphorus_pentafluoride(axial=1.577, equatorial=1.534):
    return "PFFFFF", np.vstack([[0, 0, 0], ring(3, equatorial), [[0, 0, axial], [0, 0, -axial]]])


def cubane(cc=1.575, ch=1.100):
    corners = np.array(list(product((-1, 1), repeat=3)))
    return "C" * 8 + "H" * 8, np.vstack([corners * cc / 2, corners * (cc / 2 + ch / 3**0.5)])


def diborane(bb=1.743, terminal=1.184, bridge=1.314, angle=121.5):
    # To three decimals, as compilations of structures quote the paper.
    up = (bridge**2 - (bb / 2) ** 2) ** 0.5
    y, z = terminal * sine(angle / 2), bb / 2 + terminal * cosine(angle / 2)
    ends = [[0, s * y, t * z] for t in (1, -1) for s in (1, -1)]
    return "BBHHHHHH", np.array([[0, 0, bb / 2], [0, 0, -bb / 2], [up, 0, 0], [-up, 0, 0], *ends])


def dodecahydrododecaborate(bb=1.78, bh=1.12):
    # Lengths in the caesium salt, on a regular icosahedron.
    p = [x for a, b in product((-1, 1), repeat=2) for x in ((0, a, b * GOLDEN), (a, b * GOLDEN, 0), (b * GOLDEN, 0, a))]
    corners = np.array(p, dtype=float)
    unit = corners / np.linalg.norm(corners[0])
    radius = bb / 2 * np.linalg.norm(corners[0])
    return "B" * 12 + "H" * 12, np.vstack([radius * unit, (radius + bh) * unit])


def buckminsterfullerene(single=1.458, double=1.401):
    # Each edge of an icosahedron becomes a double bond and each corner a pentagon of single bonds.
    p = [x for a, b in product((-1, 1), repeat=2) for x in ((0, a, b * GOLDEN), (a, b * GOLDEN, 0), (b * GOLDEN, 0, a))]
    corners = np.array(p, dtype=float)
    length = 2 * single + double
    carbons = [
        length / 2 * (v + (w - v) * single / length)
        for v in corners
        for w in corners
        if abs(np.linalg.norm(v - w) - 2) < 1e-9
    ]
    return "C" * 60, np.array(carbons)


def carbon_dioxide(r=1.1600):
    return "COO", np.array([[0, 0, 0], [0, 0, r], [0, 0, -r]])


def hydrogen_cyanide(ch=1.0655, cn=1.1532):
    return "HCN", np.array([[0, 0, -ch], [0, 0, 0], [0, 0, cn]])


def hydrogen_peroxide(oo=1.475, oh=0.950, angle=94.8, torsion=119.8):
    out, along = oh * sine(angle), oo / 2 - oh * cosine(angle)
    half = torsion / 2
    h = [[out * cosine(s * half), out * sine(s * half), s * along] for s in (1, -1)]
    return "OOHH", np.array([[0, 0, oo / 2], [0, 0, -oo / 2], *h])


def hypochlorous_acid(oh=0.9643, ocl=1.6891, angle=102.96):
    return ["O", "H", "Cl"], np.array([[0, 0, 0], [oh, 0, 0], [ocl * cosine(angle), ocl * sine(angle), 0]])


def sulfur_ring(ss=2.055, sss=108.2):
    # A crown: eight bonds between two squares; the angle decides how far the squares are apart.
    second = 2 * ss * sine(sss / 2)
    radius = second / 2**0.5
    rise = (ss**2 - (2 * radius * sine(22.5)) ** 2) ** 0.5
    return "S" * 8, np.vstack([ring(4, radius, rise / 2), ring(4, radius, -rise / 2, 45)])


MOLECULES = {
    "water": (water(), "W. S. Benedict, N. Gailar, E. K. Plyler, J. Chem. Phys. 24 (1956) 1139"),
    "ammonia": (ammonia(), "W. S. Benedict, E. K. Plyler, Can. J. Phys. 35 (1957) 1235"),
    "methane": (methane(), "E. Hirota, J. Mol. Spectrosc. 77 (1979) 213"),
    "ethane": (ethane(), "M. D. Harmony, J. Chem. Phys. 93 (1990) 7522"),
    "benzene": (benzene(), "A. Langseth, B. P. Stoicheff, Can. J. Phys. 34 (1956) 350"),
    "ferrocene-eclipsed": (ferrocene(0), "A. Haaland, J. E. Nilsson, Acta Chem. Scand. 22 (1968) 2653"),
    "ferrocene-staggered": (
        ferrocene(36),
        "A. Haaland, J. E. Nilsson, Acta Chem. Scand. 22 (1968) 2653; one ring turned to the top of the barrier",
    ),
    "allene": (allene(), "A. G. Maki, R. A. Toth, J. Mol. Spectrosc. 17 (1965) 136"),
    "sulfur-hexafluoride": (sulfur_hexafluoride(), "L. S. Bartell, S. K. Doun, J. Mol. Struct. 43 (1978) 245"),
    "xenon-tetrafluoride": (xenon_tetrafluoride(), "J. H. Burns, P. A. Agron, H. A. Levy, Science 139 (1963) 1208"),
    "phosphorus-pentafluoride": (
        phosphorus_pentafluoride(),
        "K. W. Hansen, L. S. Bartell, Inorg. Chem. 4 (1965) 1775",
    ),
    "cubane": (cubane(), "A. Almenningen, T. Jonvik, H. D. Martin, T. Urbanek, J. Mol. Struct. 128 (1985) 239"),
    "diborane": (diborane(), "J. L. Duncan, J. Harper, Mol. Phys. 51 (1984) 371"),
    "dodecahydrododecaborate": (
        dodecahydrododecaborate(),
        "I. Tiritiris, T. Schleid, K. Müller, W. Preetz, Z. Anorg. Allg. Chem. 626 (2000) 323; in the caesium salt, "
        "charge -2",
    ),
    "buckminsterfullerene": (buckminsterfullerene(), "K. Hedberg et al., Science 254 (1991) 410"),
    "carbon-dioxide": (carbon_dioxide(), "G. Graner, C. Rossetti, D. Bailly, Mol. Phys. 58 (1986) 627"),
    "hydrogen-cyanide": (
        hydrogen_cyanide(),
        "G. Winnewisser, A. G. Maki, D. R. Johnson, J. Mol. Spectrosc. 39 (1971) 149",
    ),
    "hydrogen-peroxide": (
        hydrogen_peroxide(),
        "R. L. Redington, W. B. Olson, P. C. Cross, J. Chem. Phys. 36 (1962) 1311",
    ),
    "hypochlorous-acid": (
        hypochlorous_acid(),
        "R. M. Escribano, G. Di Lonardo, L. Fusina, Chem. Phys. Lett. 259 (1996) 614",
    ),
    "sulfur-ring": (
        sulfur_ring(),
        "S. J. Rettig, J. Trotter, Acta Cryst. C 43 (1987) 2260; mean bond and angle in the crystal",
    ),
}


def main():
    HERE.mkdir(exist_ok=True)
    for name, ((symbols, points), source) in MOLECULES.items():
        rows = [f"{s:<2} {x:11.6f} {y:11.6f} {z:11.6f}" for s, (x, y, z) in zip(symbols, points.round(6) + 0.0)]
        text = (
            "\n".join([str(len(rows)), f"{name.replace('-', ' ')}: idealised, bonds and angles of {source}", *rows])
            + "\n"
        )
        (HERE / f"{name}.xyz").write_text(text, encoding="utf-8")
    print(f"{len(MOLECULES)} molecules in {HERE.name}/")


if __name__ == "__main__":
    main()
