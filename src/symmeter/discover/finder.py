"""The finder for samples and covariances: tests candidates, confirms them, joins them, searches without a dictionary.

Second moments decide first (on the larger part of the samples), the whole distribution confirms (on the rest). Nothing
is a bare yes or no: each candidate gets a defect with an interval, and the ladder tells which group holds at which
tolerance.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symmeter.discover.candidate_findings import UNSURE, candidate_findings, verdict_of
from symmeter.discover.continuous import continuous_findings
from symmeter.discover.covariance_tests import sphericity_p_value
from symmeter.discover.group_findings import FOUND, free_search, joint_findings, not_known
from symmeter.discover.ladder import ladder_of
from symmeter.discover.search_data import SearchData, prepare, read_dictionary
from symmeter.discover.unidentifiable import white_finding
from symmeter.finders import Finder, FindOptions
from symmeter.findings import VERDICTS, Finding, Report
from symmeter.subjects import Subject

__all__ = ["SecondMomentFinder", "verdict_of"]

_RANK = {verdict: rank for rank, verdict in enumerate(VERDICTS)}


class SecondMomentFinder(Finder):
    """Symmetries of the second moments of a table or a covariance, confirmed on the whole distribution.

    Examples
    --------
    >>> from symmeter.finders import FindOptions
    >>> from symmeter.subjects import Covariance
    >>> R = np.array([[2.0, 0.5, 0.1], [0.5, 2.0, 0.1], [0.1, 0.1, 1.0]])
    >>> report = SecondMomentFinder().find(Covariance(R), FindOptions(dictionary="exchanges"))
    >>> report.best.name, report.best.verdict
    ('swap(0,1)', 'exact')
    """

    name = "second moments"

    def find(self, subject: Subject, options: FindOptions) -> Report:
        rng = np.random.default_rng(options.rng)
        data, notes = prepare(subject, options, rng)
        described = subject.describe()
        shown = {"alpha": options.alpha, "holdout": options.holdout, "dictionary": _dictionary_text(options)}
        if isinstance(options.rng, (int, np.integer)):
            shown["seed"] = int(options.rng)
        candidates, matrices, said = read_dictionary(options.dictionary, data.space)
        if all(sphericity_p_value(m) >= options.alpha for m in data.moments):
            finding = white_finding(data.moments, data.space)
            return Report(described, (finding,), (), tuple(notes), shown, ("group-selection",))
        notes += said
        options.report_progress(0.1, f"testing {len(candidates)} candidates")
        findings, tested = candidate_findings(candidates, data, options, rng)
        groups, said = joint_findings(tested, findings, data, options)
        findings += groups
        notes += said
        if matrices or options.dictionary is None:
            flows, said = continuous_findings(
                matrices, data.moments, data.space, options.alpha, options.rng, data.held_out
            )
            findings += flows
            notes += said
        if options.dictionary is None:
            options.report_progress(0.7, "searching without a dictionary")
            standing = [f.generators[0] for f in findings if f.verdict == "symmetric" and len(f.generators) == 1]
            free, said = free_search(data, options, rng, standing)
            findings += not_known(free, findings)
            notes += said
        options.report_progress(0.95, "ladder")
        ladder = ladder_of(tested, data.space, data.moments, UNSURE)
        findings = [_with_code(f, data, options) for f in findings]
        findings.sort(key=_order)
        options.report_progress(1.0, "done")
        return Report(described, tuple(findings), ladder, tuple(notes), shown, ("group-selection",))


def _order(finding: Finding) -> tuple:
    # Flows and unnamed permutations come after named finite groups of the same standing.
    size = finding.order if finding.order is not None else 1
    unnamed = finding.name == FOUND
    return (_RANK[finding.verdict], -size if finding.holds else 0, unnamed, finding.defect, finding.name)


def _dictionary_text(options: FindOptions) -> str:
    if options.dictionary is None:
        return "chosen from the shape"
    return options.dictionary if isinstance(options.dictionary, str) else f"{len(options.dictionary)} given elements"


def _with_code(finding: Finding, data: SearchData, options: FindOptions) -> Finding:
    """Lines that a user can paste: the same search, and the covariance with exactly this symmetry."""
    if finding.verdict in ("broken", "unidentifiable", "undecided"):
        return replace(finding, code="")
    item = "data.items[0]" if len(data.moments) > 1 else "data"
    moments = f"{item}.matrix" if data.sample is None else f"np.cov({item}.values.T)"
    load, search = options.call
    found = f"sm.find(data{search})[{finding.name!r}]"
    return replace(finding, code=f"data = sm.load({load}); S = {found}.symmetrize({moments})")
