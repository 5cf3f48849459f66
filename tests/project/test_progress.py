"""Progress: silent in pipes and at first, a bar on a terminal once work has gone on for a while."""

import io

from symmeter.progress import progress_bar, silent


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_pipe_stays_silent():
    stream = io.StringIO()
    with progress_bar(stream=stream, patience=0) as progress:
        assert progress is silent
        progress(0.5, "counting")
    assert stream.getvalue() == ""


def test_quick_work_shows_nothing_on_a_terminal():
    stream = Terminal()
    with progress_bar(stream=stream, patience=60) as progress:
        progress(0.5, "counting")
    assert stream.getvalue() == ""


def test_long_work_shows_what_is_done():
    stream = Terminal()
    with progress_bar(stream=stream, patience=0) as progress:
        progress(0.25, "counting [sheep]")
        progress(1.0, "counting [sheep]")
    assert "counting [sheep]" in stream.getvalue()


def test_quiet_wins():
    stream = Terminal()
    with progress_bar(quiet=True, stream=stream, patience=0) as progress:
        progress(1.0, "counting")
    assert stream.getvalue() == ""
