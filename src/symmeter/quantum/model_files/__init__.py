"""Hamiltonians in small YAML files: a named model, or terms on the bonds and sites of a lattice.

.. code-block:: yaml

    name: dimerised chain
    lattice: {kind: chain, size: 8}
    space: {kind: spin, S: 1/2}
    parameters: {J: 1.0, h: 0.3}
    terms:
      - {coefficient: J, operators: Sz Sz, on: bonds}
      - {coefficient: J/2, operators: S+ S-, on: bonds, plus: h.c.}
      - {coefficient: -h, operators: Sx, on: sites}
      - {coefficient: 0.1, operators: Sz_0 Sz_4}
    symmetries: lattice
    subgroup: [T]

or

.. code-block:: yaml

    model: fermi_hubbard
    lattice: {kind: square, size: [2, 2]}
    parameters: {t: 1.0, U: 4.0}
    charges: {Nup: 2, Ndn: 2}

Files are data: YAML is read by the safe loader without aliases, coefficients by an arithmetic parser of our own.
"""

from __future__ import annotations

from symmeter.quantum.model_files.building import ModelFile, load_model, parse_model

__all__ = ["ModelFile", "load_model", "parse_model"]
