"""Everything that the extras install has a permissive licence, read from the metadata of what is installed here.

The closure of each extra is walked through `Requires-Dist`. Development-only extras (`dev`, `peers`) and the generators
of `jets`, which are GPL and run in a process of their own, are not part of what we offer in `all`. An extra that is not
installed in this environment is skipped by name, so that the report shows what was not looked at.
"""

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXCLUDED = {"dev", "peers", "jets"}

#: SPDX names that we accept.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "HPND",
    "ISC",
    "MIT",
    "MIT-CMU",
    "MPL-2.0",
    "NCSA",
    "PSF-2.0",
    "Python-2.0",
    "Python-2.0.1",
    "Unlicense",
    "Zlib",
}

#: Other spellings, compared without case and punctuation.
SPELLINGS = {
    "3clausebsdlicense": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache20": "Apache-2.0",
    "apachelicense20": "Apache-2.0",
    "apachelicenseversion20": "Apache-2.0",
    "apachesoftwarelicense": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd3": "BSD-3-Clause",
    "bsd3clauselicense": "BSD-3-Clause",
    "bsdlicense": "BSD-3-Clause",
    "historicalpermissionnoticeanddisclaimerhpnd": "HPND",
    "isclicenseiscl": "ISC",
    "mitlicense": "MIT",
    "mozillapubliclicense20mpl20": "MPL-2.0",
    "newbsd": "BSD-3-Clause",
    "psf": "PSF-2.0",
    "pythonsoftwarefoundationlicense": "PSF-2.0",
    "theunlicenseunlicense": "Unlicense",
}
SPELLINGS.update({re.sub(r"[^a-z0-9]", "", name.lower()): name for name in ALLOWED})

#: An Apache licence with the LLVM exception is Apache with more permission.
EXCEPTIONS_TO_TERMS = {"LLVM-exception"}

#: Accepted by hand, outside `all` only: python-flint is MIT around FLINT, an LGPL library that stays a library of its
#: own; it speeds exact arithmetic up and is never required.
ACCEPTED = {"exact": {"python-flint": "LGPL-3.0-or-later"}}

#: How licence files begin when the metadata name no licence.
BEGINNINGS = {
    "the mit license": "MIT",
    "mit license": "MIT",
    "apache license": "Apache-2.0",
    "bsd 3-clause": "BSD-3-Clause",
}


def licence_of(distribution: metadata.Distribution) -> str:
    """The licence as stated: the expression, else the classifiers, a short text, or how the licence file begins."""
    message = distribution.metadata
    expression = message.get("License-Expression")
    if expression:
        return expression
    classifiers = [c.split("::")[-1].strip() for c in message.get_all("Classifier") or [] if c.startswith("License ::")]
    named = [c for c in classifiers if c != "OSI Approved"]
    if named:
        return " AND ".join(named)
    text = (message.get("License") or "").strip()
    if text and "\n" not in text:
        return text
    for file in distribution.files or []:
        if file.name.upper().startswith("LICEN"):
            first = file.read_text().strip().lower()
            return next((name for start, name in BEGINNINGS.items() if first.startswith(start)), "")
    return ""


def refused(expression: str) -> list[str]:
    """The terms of an SPDX-like expression that are not on the list; an OR needs one allowed side only."""
    if not expression:
        return ["no licence stated"]
    expression = re.sub(r"\bWITH\s+(\S+)", lambda m: "" if m[1] in EXCEPTIONS_TO_TERMS else f"AND {m[1]}", expression)
    bad = []
    for part in re.split(r"\s+AND\s+", expression):
        choices = [c.strip(" ()") for c in re.split(r"\s+OR\s+", part)]
        if not any(re.sub(r"[^a-z0-9]", "", c.lower()) in SPELLINGS for c in choices):
            bad.append(part.strip(" ()"))
    return bad


def closure(extra: str | None) -> tuple[dict[str, metadata.Distribution], set[str]]:
    """Installed distributions that symmeter with this extra pulls in, and the names that are not installed."""
    found: dict[str, metadata.Distribution] = {}
    missing: set[str] = set()
    seen: set[tuple[str, str]] = set()
    queue: list[tuple[str, frozenset[str]]] = [("symmeter", frozenset({extra} if extra else ()))]
    while queue:
        name, extras = queue.pop()
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            missing.add(name)
            continue
        found[canonicalize_name(name)] = distribution
        for wanted in ("", *extras):
            if (canonicalize_name(name), wanted) in seen:
                continue
            seen.add((canonicalize_name(name), wanted))
            for line in distribution.requires or []:
                requirement = Requirement(line)
                if requirement.marker is None:
                    follow = wanted == ""
                else:
                    follow = requirement.marker.evaluate({"extra": wanted})
                if follow:
                    queue.append((requirement.name, frozenset(requirement.extras)))
    return found, missing


def offered() -> list[str | None]:
    try:
        extras = metadata.metadata("symmeter").get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return [None]
    return [None, *(e for e in extras if e not in EXCLUDED)]


@pytest.mark.parametrize("extra", offered(), ids=lambda e: e or "core")
def test_everything_an_extra_installs_is_permissive(extra):
    try:
        metadata.distribution("symmeter")
    except metadata.PackageNotFoundError:
        pytest.skip("symmeter runs from its source folder: no metadata to read")
    found, missing = closure(extra)
    verdicts = {name: refused(licence_of(d)) for name, d in sorted(found.items())}
    accepted = ACCEPTED.get(extra or "", {})
    assert {name: bad for name, bad in verdicts.items() if bad and bad != [accepted.get(name)]} == {}
    if extra is None:
        assert missing == set()
        assert {"numpy", "scipy", "click", "rich", "jinja2", "jaxtyping", "joblib", "pyyaml"} <= set(found)
    elif missing:
        pytest.skip(f"not installed here, not looked at: {', '.join(sorted(missing))}")


def test_what_is_accepted_by_hand_stays_out_of_all():
    found, missing = closure("all")
    names = {canonicalize_name(name) for name in (*found, *missing)}
    assert not names.intersection(*(set(packages) for packages in ACCEPTED.values()))


def test_the_closure_goes_more_than_one_step_deep():
    try:
        found, _ = closure(None)
    except metadata.PackageNotFoundError:
        found = {}
    if "symmeter" not in found:
        pytest.skip("symmeter runs from its source folder: no metadata to read")
    # rich -> markdown-it-py -> mdurl
    assert "mdurl" in found


@pytest.mark.parametrize(
    ("expression", "bad"),
    [
        ("MIT", []),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", []),
        ("Apache Software License", []),
        ("Apache-2.0 WITH LLVM-exception", []),
        ("Apache-2.0 OR BSD-2-Clause", []),
        ("GPL-3.0-or-later OR MIT", []),
        ("GPL-2.0-only", ["GPL-2.0-only"]),
        ("LGPL-3.0-or-later", ["LGPL-3.0-or-later"]),
        ("MIT AND GPL-3.0-or-later", ["GPL-3.0-or-later"]),
        ("GNU Lesser General Public License v3 (LGPLv3)", ["GNU Lesser General Public License v3 (LGPLv3"]),
        ("Proprietary", ["Proprietary"]),
        ("", ["no licence stated"]),
    ],
)
def test_the_reading_of_licences(expression, bad):
    assert refused(expression) == bad
