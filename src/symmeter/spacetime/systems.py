"""Systems of differential equations: their point symmetries, with a statement of how many there are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symmeter.errors import InputError, InputTypeError
from symmeter.spacetime.denominators import canonical
from symmeter.spacetime.determining import Linear, determining_equations
from symmeter.spacetime.genericity import numerator
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.orthonomic import Orthonomic, solved
from symmeter.spacetime.parsing import parse_equation, parse_expression
from symmeter.spacetime.polynomials import Poly
from symmeter.spacetime.superposition import added_solution, homogeneous_part, is_superposition
from symmeter.spacetime.symmetry_fields import SymmetryFields, search, simplicity
from symmeter.spacetime.vector_fields import VectorField

__all__ = ["PDESystem", "PointSymmetries"]


class PDESystem:
    """Ordinary or partial differential equations.

    Equations that have sums in denominators are multiplied by those.

    Parameters
    ----------
    equations : str or sequence of str
        ``"u_t + 6*u*u_x + u_xxx"`` (set to zero), or with ``=``. Several in one text are separated by ``;``.
    indep, dep : str
        Names of the independent and dependent variables, separated by spaces or commas.
    parameters : str
        Names of constants; results hold for their general values.
    functions : str
        Names of arbitrary functions, f in ``f(u)``.
    complete : bool
        Add what follows from cross-derivatives, without which symmetries would be spurious or missed.

    Raises
    ------
    InputError
        For text that cannot be read, pointing at the character, and for equations that no leading derivative solves.

    Examples
    --------
    >>> kdv = PDESystem("u_t + 6*u*u_x + u_xxx", indep="t x", dep="u")
    >>> symmetries = kdv.point_symmetries()
    >>> symmetries.dim, symmetries.complete
    (4, True)
    >>> for field in symmetries: print(field)
    ∂_t
    ∂_x
    6*t ∂_x + ∂_u
    -3*t ∂_t - x ∂_x + 2*u ∂_u
    """

    def __init__(
        self,
        equations: str | Sequence[str],
        indep: str | Sequence[str] = "t x",
        dep: str | Sequence[str] = "u",
        *,
        parameters: str | Sequence[str] = "",
        functions: str | Sequence[str] = "",
        complete: bool = True,
    ) -> None:
        if not isinstance(equations, (str, list, tuple)) or not all(isinstance(t, str) for t in equations):
            raise InputTypeError(f"equations are {equations!r}; give a text such as 'u_t = u_xx', or a list of them")
        texts = [t for t in (equations.split(";") if isinstance(equations, str) else equations) if t.strip()]
        if not texts:
            raise InputError("there is no equation; give one such as 'u_t = u_xx'")
        self.texts = tuple(t.strip() for t in texts)
        self.functions = tuple(_names(functions, "functions"))
        names = _some(indep, "indep"), _some(dep, "dep"), tuple(_names(parameters, "parameters"))
        self.space, self.equations, divided = _read(self.texts, names, self.functions)
        #: Equations as they read once multiplied by what they were divided by; empty where nothing had to be cleared.
        self.cleared = tuple(self.space.text(p) for p in self.equations) if divided else ()
        for text, p in zip(self.texts, self.equations):
            if self.space.order(p) < 0:
                raise InputError(f"{text!r} has no {' or '.join(self.space.dependent)} in it")
        self.complete = complete

    @classmethod
    def from_sympy(cls, *equations: Any, **options: Any) -> PDESystem:
        """A system from SymPy expressions or equalities in functions such as ``u(t, x)``.

        Parameters
        ----------
        *equations : sympy expressions
        **options
            ``complete``, as above.

        Examples
        --------
        >>> import sympy
        >>> t, x = sympy.symbols("t x")
        >>> u = sympy.Function("u")(t, x)
        >>> PDESystem.from_sympy(sympy.Eq(u.diff(t), u.diff(x, 2))).point_symmetries().by_degree
        (6, 8, 10)
        """
        from symmeter.spacetime.sympy_exchange import read_sympy

        found = read_sympy(equations)
        return cls(
            found.texts,
            found.independent,
            found.dependent,
            parameters=found.parameters,
            functions=found.functions,
            **options,
        )

    def with_denominators(self) -> PDESystem:
        """The same equations in a ring in which sums have inverses and roots."""
        out = object.__new__(PDESystem)
        names = self.space.independent, self.space.dependent, self.space.parameters
        out.texts, out.functions, out.complete, out.cleared = self.texts, self.functions, self.complete, self.cleared
        out.space = JetSpace(*names, denominators=True)
        out.equations = tuple(
            out.space.reduced(parse_equation(self.space.text(p), out.space, self.functions)) for p in self.equations
        )
        return out

    @cached_property
    def orthonomic(self) -> Orthonomic:
        """The equations solved for their leading derivatives, with what follows from them."""
        return solved(self.space, self.equations, complete=self.complete)

    @cached_property
    def determining(self) -> list[Linear]:
        """The linear equations for the coefficients of a point symmetry."""
        rules = self.orthonomic
        # A square that vanishes has no slope there, what it was solved for has.
        return determining_equations(rules, [] if rules.branches else [*self.equations, *rules.added])

    def special_cases(self, degree: int | None = None, **options: Any) -> dict[str, PointSymmetries]:
        """Symmetries where a parameter is zero, which is taken to be general otherwise; only where they are more.

        Parameters
        ----------
        degree, **options
            Of :meth:`point_symmetries`.

        Examples
        --------
        >>> cases = PDESystem("u_t = u_xx + k*u^2", parameters="k").special_cases(2)
        >>> {name: found.dim for name, found in cases.items()}
        {'k = 0': 8}
        """
        general = self.point_symmetries(degree, **options)
        out: dict[str, PointSymmetries] = {}
        for name in self.space.parameters:
            word = re.compile(rf"(?<![A-Za-z_]){re.escape(name)}(?![A-Za-z0-9_])")
            if not any(word.search(t) for t in self.texts):
                continue
            texts = [word.sub("(0)", t) for t in self.texts]
            rest = [p for p in self.space.parameters if p != name]
            try:
                case = PDESystem(
                    texts, self.space.independent, self.space.dependent, parameters=rest, functions=self.functions
                )
                found = case.point_symmetries(degree, **options)
            except InputError:
                # The equation loses its leading derivative, or is divided by the parameter.
                continue
            if found.dim > general.dim or (found.size and found.size.functions_of and not _has_functions(general)):
                out[f"{name} = 0"] = found
        return out

    def expression(self, text: str) -> Poly:
        """A differential polynomial in the variables of this system."""
        return self.space.reduced(parse_expression(text, self.space, self.functions))

    def on_solutions(self, p: Poly) -> Poly:
        """A differential polynomial without principal derivatives."""
        return self.orthonomic.reduced(p)

    def is_symmetry(self, field: VectorField) -> bool:
        """Whether a vector field maps solutions to solutions: exact."""
        from symmeter.spacetime.prolonged import prolonged

        field = field.in_space(self.space)
        rules = self.orthonomic.rules
        for (a, index), right in rules.items():
            delta = dict(self.space.poly(self.space.jet(a, index)))
            for m, c in right.items():
                delta[m] = delta.get(m, 0) - c
            if self.on_solutions(prolonged(field, delta)):
                return False
        return True

    def point_symmetries(
        self, degree: int | None = None, *, factors: Sequence[str] = (), size: bool = True, seed: int = 0
    ) -> PointSymmetries:
        """Symmetries whose coefficients are polynomials in x and u, and how many there are in all.

        Parameters
        ----------
        degree : int, optional
            Largest total degree; raised until the number of symmetries does not change any more, when omitted.
        factors : sequence of str
            Functions that polynomials may also be multiplied by, such as ``"sin(x)"`` or ``"exp(t)"``.
        size : bool
            Count all symmetries without solving, by Taylor series; without it nothing is said on completeness.
        seed : int
            Of the random points for counting.

        Returns
        -------
        PointSymmetries
        """
        unknowns = len(self.space.independent) + len(self.space.dependent)
        found, counted, numbers = search(
            self.space, self.determining, unknowns, degree, lambda: [self.expression(f) for f in factors], size, seed
        )
        fields = tuple(sorted((VectorField(self.space, c) for c in found), key=simplicity))
        return PointSymmetries(fields, counted, numbers, self)

    def conservation_laws(self, order: int = 2, degree: int = 2, **options: Any) -> Any:
        """Multipliers up to a differential order, and the conserved currents; see :mod:`conservation`."""
        from symmeter.spacetime.conservation import conservation_laws

        return conservation_laws(self, order, degree, **options)

    def generalised_symmetries(self, order: int = 3, degree: int = 2, **options: Any) -> Any:
        """Symmetries whose characteristics have derivatives; see :mod:`generalised`."""
        from symmeter.spacetime.generalised import generalised_symmetries

        return generalised_symmetries(self, order, degree, **options)

    def reduced_by(self, field: VectorField) -> Any:
        """The system for solutions that a symmetry keeps, in one variable less; see :mod:`reductions`."""
        from symmeter.spacetime.reductions import reduced_by

        return reduced_by(self, field)

    def residual(self, **solution: str) -> tuple[Poly, ...]:
        """What is left of the equations for explicit functions of x: empty polynomials for a solution, exactly.

        Parameters
        ----------
        **solution : str
            Each unknown as a text in the independent variables and parameters.

        Examples
        --------
        >>> PDESystem("u_t + 6*u*u_x + u_xxx").residual(u="x/(6*t)")
        ({},)
        """
        from symmeter.spacetime.jet_maps import JetMap

        space = self.space
        if unknown := sorted(set(solution) ^ set(space.dependent)):
            raise InputError(f"give a function for each of {', '.join(space.dependent)}; {unknown[0]!r} does not match")
        target = JetSpace(space.independent, (), space.parameters, denominators=True)
        given = [parse_expression(solution[name], target, self.functions) for name in space.dependent]
        numbers = range(len(space.independent))
        jets = JetMap(space, target, [target.poly(i) for i in numbers], given, [{i: {0: 1}} for i in numbers])
        return tuple(canonical(target, jets(e)) for e in self.equations)

    def __repr__(self) -> str:
        return f"<{'; '.join(self.texts)}>"


@dataclass(frozen=True, eq=False)
class PointSymmetries(SymmetryFields):
    """Point symmetries of a system.

    Attributes
    ----------
    generators : tuple of VectorField
    size : SolutionSize or None
        All symmetries, counted without solving.
    by_degree : tuple of int
        How many were found with polynomials of each degree tried.
    system : PDESystem
    """

    system: PDESystem

    @cached_property
    def homogeneous(self) -> tuple[str, ...]:
        """Linear equations without what has no dependent variable, every solution of which may be added to u; empty for
        others.
        """
        system = self.system
        parts = homogeneous_part(system.space, system.equations)
        return () if parts is None else tuple(system.space.text(p) for p in parts)

    @cached_property
    def superpositions(self) -> tuple[VectorField, ...]:
        """Those generators that add a solution of the homogeneous equations; none where equations are not linear."""
        return tuple(g for g in self.generators if is_superposition(g)) if self.homogeneous else ()

    @property
    def finite(self) -> bool:
        """Whether there are finitely many in all, as counted."""
        return self.size is not None and self.size.dimension is not None

    @property
    def where(self) -> tuple[str, ...]:
        """What does not vanish where this holds: factors of leading derivatives, by which equations were divided."""
        return tuple(self.system.space.text(p) for p in self.system.orthonomic.divisors)

    @property
    def statement(self) -> str:
        """One sentence on how many there are, and where."""
        said, where = super().statement, self.where
        if where:
            said += f", where {' and '.join(where)} {'is' if len(where) == 1 else 'are'} not zero"
        if self.homogeneous and not self.finite:
            added = added_solution(self.system.space.dependent)
            few, equations = len(self.superpositions), ", ".join(f"{p} = 0" for p in self.homogeneous)
            rest = f"{self.dim - few} other{'s' * (self.dim - few != 1)}"
            said += f"; linear: {added} for every solution of {equations} ({few} of these) and {rest}"
        return said


def _read(
    texts: Sequence[str], names: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], functions: tuple[str, ...]
) -> tuple[JetSpace, tuple[Poly, ...], bool]:
    """A space, what vanishes in it, and whether that was multiplied; its ring divides by sums only for their roots."""

    def equations(space: JetSpace, given: Sequence[str]) -> tuple[Poly, ...]:
        return tuple(space.reduced(p) for p in [parse_equation(t, space, functions) for t in given])

    space = JetSpace(*names)
    try:
        return space, equations(space, texts), False
    except InputError as error:
        if "has no rule" not in str(error):
            raise
    wide = JetSpace(*names, denominators=True)
    given = equations(wide, texts)
    cleared = tuple(numerator(wide, p) for p in given)
    try:
        space = JetSpace(*names)
        return space, equations(space, [wide.text(p) for p in cleared]), True
    except InputError:
        return wide, cleared, cleared != given


def _has_functions(found: PointSymmetries) -> bool:
    return found.size is not None and bool(found.size.functions_of)


def _names(given: str | Sequence[str], what: str) -> list[str]:
    if isinstance(given, str):
        found = given.replace(",", " ").split()
    elif isinstance(given, (list, tuple)):
        found = [str(g) for g in given]
    else:
        raise InputTypeError(f"{what} is {given!r}; give names such as 't x'")
    for name in found:
        if not (name[:1].isalpha() and name.replace("_", "").isalnum()):
            raise InputError(f"{what}: {name!r} is no name; use letters and digits")
    return found


def _some(given: str | Sequence[str], what: str) -> tuple[str, ...]:
    found = _names(given, what)
    if not found:
        raise InputError(f"{what} names no variable")
    for name in found:
        if "_" in name:
            raise InputError(f"{what}: {name!r} has an underscore, which marks derivatives")
    return tuple(found)
