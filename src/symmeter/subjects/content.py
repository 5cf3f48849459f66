"""What kind of file this is, from its first bytes and not from its name."""

from __future__ import annotations

import re

from symmeter.errors import FileFormatError

__all__ = ["READABLE", "is_known_suffix", "kind_of_content", "suffix_note"]

READABLE = "symmeter reads .npy, .npz, .csv/.tsv/.txt tables, Parquet and Feather"

_READ = (
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "npz"),
    (b"PK\x05\x06", "npz"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "feather"),
    (b"FEA1", "feather"),
)

# (first bytes, what it is, what to do instead)
_REFUSED = (
    (b"\x1f\x8b", "a gzip archive", "unpack it first (gunzip)"),
    (b"BZh", "a bzip2 archive", "unpack it first (bunzip2)"),
    (b"\xfd7zXZ\x00", "an xz archive", "unpack it first (unxz)"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it first (unzstd)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 (or NetCDF 4) file", "save the array you mean with np.save"),
    (b"CDF\x01", "a NetCDF file", "save the array you mean with np.save"),
    (b"CDF\x02", "a NetCDF file", "save the array you mean with np.save"),
    (b"MATLAB ", "a MATLAB file", "save the array you mean with np.save"),
    (b"SIMPLE  =", "a FITS file", "save the array you mean with np.save"),
    (b"\x89PNG\r\n", "a PNG picture", "stack pictures into an array (n, h, w) and np.save it"),
    (b"\xff\xd8\xff", "a JPEG picture", "stack pictures into an array (n, h, w) and np.save it"),
    (b"GIF8", "a GIF picture", "stack pictures into an array (n, h, w) and np.save it"),
    (b"II*\x00", "a TIFF picture", "stack pictures into an array (n, h, w) and np.save it"),
    (b"MM\x00*", "a TIFF picture", "stack pictures into an array (n, h, w) and np.save it"),
    (b"%PDF-", "a PDF document", "export the table as .csv"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Office document", "export the table as .csv"),
    (b"ORC", "an ORC table", "save it as Parquet"),
    (b"SQLite format 3\x00", "an SQLite database", "export the table as .csv"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_WORDS = {
    "npy": "a NumPy array (.npy)",
    "npz": "a NumPy archive (.npz)",
    "parquet": "a Parquet table",
    "feather": "a Feather table",
    "text": "a text table",
}
_SUFFIXES = {
    ".npy": "npy",
    ".npz": "npz",
    ".csv": "text",
    ".tsv": "text",
    ".tab": "text",
    ".txt": "text",
    ".dat": "text",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
}


def kind_of_content(head: bytes, where: str) -> str:
    """``"npy"``, ``"npz"``, ``"parquet"``, ``"feather"`` or ``"text"``.

    Parameters
    ----------
    head : bytes
        The beginning of the file, some thousand bytes.
    where : str
        What the error text calls the file.

    Raises
    ------
    FileFormatError
        If it is empty or of a kind that is not read; the text says what it looks like.

    Examples
    --------
    >>> kind_of_content(b"a,b\\n1,2\\n", "x.npy")
    'text'
    """
    if not head:
        raise FileFormatError(f"{where}: the file is empty; {READABLE}")
    for magic, kind in _READ:
        if head.startswith(magic):
            return kind
    for magic, what, right in _REFUSED:
        if head.startswith(magic):
            raise FileFormatError(f"{where}: looks like {what}, which is not read: {right}; {READABLE}")
    if _PICKLE.match(head):
        raise FileFormatError(
            f"{where}: looks like a pickle, which is never loaded because it can run code: save plain numbers with "
            f"np.save; {READABLE}"
        )
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and b"\x00" in head:
        raise FileFormatError(f"{where}: a binary file of unknown kind (it begins {head[:8]!r}); {READABLE}")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        raise FileFormatError(f"{where}: looks like an HTML or XML page, not a table of numbers; {READABLE}")
    if start.startswith((b"{", b"[")):
        raise FileFormatError(f"{where}: looks like JSON, which is not read: export the table as .csv; {READABLE}")
    return "text"


def is_known_suffix(suffix: str) -> bool:
    """Whether files so named are usually of a kind that is read.

    Examples
    --------
    >>> is_known_suffix(".CSV"), is_known_suffix(".xyz")
    (True, False)
    """
    return suffix.lower() in _SUFFIXES


def suffix_note(suffix: str, kind: str) -> tuple[str, ...]:
    """A note when the name of a file promises another kind than its content is.

    Examples
    --------
    >>> suffix_note(".csv", "npy")
    ('named .csv but its content is a NumPy array (.npy)',)
    >>> suffix_note(".csv", "text"), suffix_note(".foo", "npy")
    ((), ())
    """
    promised = _SUFFIXES.get(suffix.lower())
    return () if promised in (None, kind) else (f"named {suffix} but its content is {_WORDS[kind]}",)
