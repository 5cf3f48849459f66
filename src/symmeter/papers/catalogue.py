"""The nineteen works that symmeter is built from: facts, one line each in our own words, and how to cite them.

An entry says "built" only when its experiment module exists. Author names stand here only as far as we have them; the
number of authors is always the paper's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from symmeter.errors import UnknownNameError, nearest_name

if TYPE_CHECKING:
    from symmeter.papers.paper import Paper

__all__ = ["CATALOGUE", "FIND_RESTS_ON", "Entry", "bibtex", "entry", "load_paper", "software_bibtex"]

#: Slugs of the papers that `symmeter find` rests on.
FIND_RESTS_ON = ("group-selection",)


@dataclass(frozen=True)
class Entry:
    """Facts about one paper.

    Attributes
    ----------
    slug : str
        Our name for it, as in ``symmeter reproduce SLUG``.
    title : str
    authors : int
        How many authors it has.
    date : str
        Day of publication, ISO 8601.
    summary : str
        What it gives, one line in our own words.
    eprint : str
        Its arXiv number, or empty.
    names : tuple of str
        Authors as far as we know them; fewer than ``authors`` when we do not know them all.
    venue : str
        Journal, conference or school, or empty.
    """

    slug: str
    title: str
    authors: int
    date: str
    summary: str
    eprint: str = ""
    names: tuple[str, ...] = ()
    venue: str = ""

    @property
    def module(self) -> str:
        """Import path of its experiment."""
        return f"symmeter.papers.{self.slug.replace('-', '_')}"

    @property
    def status(self) -> str:
        """``"built"`` when the experiment exists, else ``"not built yet"``."""
        return "built" if find_spec(self.module) is not None else "not built yet"

    @property
    def credit(self) -> str:
        """The authors in a few words."""
        if self.names and len(self.names) == self.authors <= 3:
            return " and ".join([", ".join(self.names[:-1]), self.names[-1]] if self.authors > 1 else self.names)
        if self.names:
            return f"{self.names[0]} and {self.authors - 1} others"
        return "1 author" if self.authors == 1 else f"{self.authors} authors"

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "slug": self.slug,
            "title": self.title,
            "date": self.date,
            "authors": self.authors,
            "summary": self.summary,
            "status": self.status,
        }


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        "soft-equivariance",
        "Regularizing Towards Soft Equivariance Under Mixed Symmetries",
        4,
        "2023-06-01",
        "Trains an ordinary network with one penalty per candidate symmetry and tunes their strengths, which then tell "
        "how exact each symmetry is.",
        "2306.00356",
        ("H. Kim", "H. Lee", "H. Yang", "J. Lee"),
        "International Conference on Machine Learning (ICML), 2023",
    ),
    Entry(
        "symmetry-bootstrap",
        "Bootstrapping Symmetries in Quantum Many-Body Systems from the Cross Spectral Form Factor",
        4,
        "2026-03-31",
        "From correlations between the spectra of the sectors of a known subgroup, works out which larger hidden "
        "symmetry group a Hamiltonian has.",
        "2604.01296",
        ("C. Bai", "Z. Zhou", "B. Lapierre", "S. Ryu"),
    ),
    Entry(
        "lie-decompositions",
        "Lie Group Decompositions for Equivariant Neural Networks",
        2,
        "2023-10-17",
        "Splits invertible matrices into a stretch and a rotation, so that convolutions over affine groups get global "
        "coordinates and invariant integrals.",
        "2310.11366",
        ("M. Mironenco", "P. Forré"),
        "International Conference on Learning Representations (ICLR), 2024",
    ),
    Entry(
        "symmetry-optimizers",
        "Symmetry-Compatible Principle for Optimizer Design: Embeddings, LM Heads, SwiGLU MLPs, and MoE Routers",
        2,
        "2026-05-18",
        "Gives each block of a transformer the update rule that commutes with that block's own symmetry group.",
        "2605.18106",
        ("T. T.-K. Lau", "W. Su"),
    ),
    Entry(
        "asymptotic-symmetries",
        "Symmetries and Asymptotically Flat Space",
        1,
        "2020-03-16",
        "Symmetries and conservation laws of field equations, and the charge algebra at the edges of "
        "three-dimensional flat space.",
        "",
        ("F. Schöller",),
        "PhD thesis, TU Wien, 2020",
    ),
    Entry(
        "group-selection",
        "Polynomial-Time Optimal Group Selection via the Double-Commutator Eigenvalue Problem",
        1,
        "2026-05-07",
        "Turns the question which transformations leave a covariance unchanged into a small eigenvalue problem whose "
        "lowest eigenvalue certifies the answer.",
        "2605.00834",
        ("M. A. Thornton",),
    ),
    Entry(
        "frame-averaging",
        "Frame Averaging for Invariant and Equivariant Network Design",
        7,
        "2021-10-07",
        "Makes any network exactly invariant or equivariant by averaging it over a few poses that are computed from "
        "the input itself.",
        "2110.03336",
        ("O. Puny", "M. Atzmon", "E. Smith", "I. Misra", "A. Grover", "H. Ben-Hamu", "Y. Lipman"),
        "International Conference on Learning Representations (ICLR), 2022",
    ),
    Entry(
        "yukawa-unification",
        "Non-Holomorphic Impact on t-b-τ Yukawa Unification in minimal GMSB",
        3,
        "2026-05-02",
        "Asks how closely the top, bottom and tau couplings meet at high energy when gauge mediation is extended by "
        "non-holomorphic soft terms.",
        "2605.01980",
        ("A. Çiçi", "B. Niş", "C. S. Ün"),
    ),
    Entry(
        "polyhedra-benchmark",
        "GIQ: Benchmarking 3D Geometric Reasoning of Vision Foundation Models with Simulated and Real Polyhedra",
        7,
        "2026-02-04",
        "Tests with 224 polyhedra whether vision models see three-dimensional symmetry; needs exact solids and exact "
        "point groups.",
        "2506.08194",
        ("M. Michalkiewicz",),
        "International Conference on Learning Representations (ICLR), 2026",
    ),
    Entry(
        "teleparallel-defects",
        "General teleparallel geometric theory of defects",
        3,
        "2026-02-01",
        "Describes dislocations, disclinations and point defects of a crystal as torsion and non-metricity of a "
        "geometry without curvature.",
        "2602.01408",
    ),
    Entry(
        "gaunt-tensor-products",
        "Enabling Efficient Equivariant Operations in the Fourier Basis via Gaunt Tensor Products",
        3,
        "2024-01-18",
        "Replaces costly products of spherical tensors by pointwise products of functions on the sphere, done by "
        "Fourier transform.",
        "2401.10216",
        ("Luo", "Chen", "Krishnapriyan"),
        "International Conference on Learning Representations (ICLR), 2024",
    ),
    Entry(
        "echo-search",
        "Model-agnostic search for the quasinormal modes of gravitational wave echoes",
        4,
        "2023-08-02",
        "Looks for an evenly spaced comb of narrow lines after a merger, the sign of an echoing remnant, without "
        "assuming a waveform.",
        "2308.01017",
        ("Wu", "Gao", "Ren", "Afshordi"),
        "Physical Review D, 2023",
    ),
    Entry(
        "cmt-benchmark",
        "CMT-Benchmark: A Benchmark for Condensed Matter Theory Built by Expert Researchers",
        19,
        "2025-10-06",
        "Fifty research-level problems in condensed-matter theory whose answers, non-commuting operators included, a "
        "machine can grade.",
        "2510.05228",
        (
            "H. Pan",
            "J. V. Roggeveen",
            "E. Berg",
            "J. Carrasquilla",
            "D. Chowdhury",
            "S. Ganguli",
            "F. Ghimenti",
            "J. Hasik",
            "H. Hunt",
            "H.-C. Jiang",
            "M. Kamb",
            "Y.-J. Kao",
            "E. Khatami",
            "M. J. Lawler",
            "D. Luo",
            "T. Neupert",
            "X. Qi",
            "M. P. Brenner",
            "E.-A. Kim",
        ),
    ),
    Entry(
        "lorentz-eqgnn",
        "Lorentz-Equivariant Quantum Graph Neural Network for High-Energy Physics",
        5,
        "2024-11-03",
        "Classifies jets of particles with a Lorentz-equivariant graph network in which small quantum circuits stand "
        "in for some of its layers.",
        "2411.01641",
        ("Jahin", "Masud", "Suva", "Mridha", "Dey"),
    ),
    Entry(
        "flow-equivariant-rnn",
        "Flow Equivariant Recurrent Neural Networks",
        1,
        "2025-07-19",
        "Recurrent networks whose hidden state moves along with a set of velocities, so that they stay right for "
        "motions never seen in training.",
        "2507.14793",
        ("T. Anderson Keller",),
        "Advances in Neural Information Processing Systems (NeurIPS), 2025",
    ),
    Entry(
        "multiflavor-mott",
        "Multiflavor Mott insulators in quantum materials and ultracold atoms",
        2,
        "2021-12-05",
        "Reviews magnets with many local states; what we build is the machine that goes from microscopic hopping to "
        "their exchange Hamiltonians.",
        "2112.02630",
        ("G. Chen", "C. Wu"),
    ),
    Entry(
        "quantum-krylov",
        "Quantum Krylov subspace algorithms for ground and excited state energy estimation",
        2,
        "2021-10-13",
        "Energies of ground and excited states from overlaps at a few times, with a symmetry in place of the ancilla "
        "of a Hadamard test.",
        "2109.06868",
        ("C. L. Cortes", "S. K. Gray"),
        "Physical Review A 105, 022417 (2022)",
    ),
    Entry(
        "pta-anisotropy",
        "Characterising gravitational wave stochastic background anisotropy with Pulsar Timing Arrays",
        4,
        "2013-06-23",
        "How pairs of pulsars respond to a gravitational-wave sky that is not the same in all directions, multipole "
        "by multipole.",
        "1306.5394",
        ("Mingarelli", "Sidery", "Mandel", "Vecchio"),
        "Physical Review D 88, 062005 (2013)",
    ),
    Entry(
        "noether-learning-dynamics",
        "Noether's Learning Dynamics: Role of Symmetry Breaking in Neural Networks",
        2,
        "2021-05-06",
        "Treats training as motion: which symmetries a network's parameters have, what they would conserve, and why "
        "these quantities drift.",
        "2105.02716",
        ("H. Tanaka", "D. Kunin"),
        "Advances in Neural Information Processing Systems (NeurIPS), 2021",
    ),
)


def entry(slug: str) -> Entry:
    """The paper called ``slug``.

    Raises
    ------
    UnknownNameError
        With the nearest slug.

    Examples
    --------
    >>> entry("group-selection").authors
    1
    """
    for candidate in CATALOGUE:
        if candidate.slug == slug:
            return candidate
    near = nearest_name(slug, [e.slug for e in CATALOGUE], cutoff=0.4)
    right = f"did you mean {near}?" if near else "symmeter papers lists them"
    raise UnknownNameError(f"no paper is called {slug!r}; {right}")


def load_paper(slug: str) -> Paper:
    """The paper with its experiment.

    Raises
    ------
    UnknownNameError
        If there is no such paper, or it is not built yet.
    """
    found = entry(slug)
    if found.status != "built":
        built = ", ".join(e.slug for e in CATALOGUE if e.status == "built") or "none so far"
        raise UnknownNameError(f"{slug} is not built yet, so it cannot be reproduced; built: {built}")
    return import_module(found.module).PAPER


def bibtex(slug: str) -> str:
    """BibTeX of a paper; authors appear only as far as their names are known to us.

    Examples
    --------
    >>> print(bibtex("pta-anisotropy"))
    @article{pta-anisotropy,
      title = {{Characterising gravitational wave stochastic background anisotropy with Pulsar Timing Arrays}},
      author = {Mingarelli and Sidery and Mandel and Vecchio},
      year = {2013},
      eprint = {1306.5394},
      archivePrefix = {arXiv},
      journal = {Physical Review D 88, 062005 (2013)}
    }
    """
    found = entry(slug)
    thesis = "thesis" in found.venue
    fields = [("title", f"{{{_tex(found.title)}}}")]
    if found.names:
        known = [*found.names, *(["others"] if len(found.names) < found.authors else [])]
        fields.append(("author", _tex(" and ".join(known))))
    fields.append(("year", found.date[:4]))
    if found.eprint:
        fields += [("eprint", found.eprint), ("archivePrefix", "arXiv")]
    if thesis:
        fields.append(("school", "TU Wien"))
    elif found.venue:
        fields.append(("journal" if "Physical" in found.venue else "booktitle", found.venue))
    if not found.names:
        fields.append(("note", f"{found.authors} authors"))
    kind = "phdthesis" if thesis else _kind(found.venue)
    body = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields)
    return f"@{kind}{{{found.slug},\n{body}\n}}"


def software_bibtex() -> str:
    """BibTeX of symmeter itself."""
    from symmeter import __version__

    fields = (
        ("title", "{symmeter: a meter for symmetry}"),
        ("author", "{The symmeter developers}"),
        ("version", __version__),
        ("year", "2026"),
    )
    body = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields)
    return f"@software{{symmeter,\n{body}\n}}"


def _kind(venue: str) -> str:
    return "misc" if not venue else "article" if "Physical" in venue else "inproceedings"


def _tex(text: str) -> str:
    return text.replace("τ", r"$\tau$")
