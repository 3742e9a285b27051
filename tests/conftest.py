"""What holds for every test run."""

import signal
from collections.abc import Callable, Generator
from types import FrameType

import pytest

from dev.errors import WitwError

pytest_plugins = ["tests.stack_kit"]


def pytest_configure(config: pytest.Config) -> None:
    """Let SIGTERM take the way of Ctrl-C, so that containers and stacks of the tests are taken down."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def pytest_keyboard_interrupt() -> None:
    """Hear no second signal, which would end the cleaning up: tox sends one after that of the terminal."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # SIG_IGN would be inherited by the programs that clean up


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what an error of ours knows beside its message: the last lines of a command, a remedy."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if report.failed and isinstance(error, WitwError) and error.details:
        report.sections.append(("what the error knows", f"{error.details}\n{error.remedy}".strip()))
    return report


told = pytest.StashKey[list[str]]()


@pytest.fixture
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Put something that is worth knowing into the summary, also of a run in which all is well."""
    return pytestconfig.stash.setdefault(told, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what the tests had to tell, and why one needed a second try: a bug not to be forgotten."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try: {report.nodeid}", sep="_")
        terminalreporter.write_line(report.longreprtext)
        for title, text in report.sections:
            terminalreporter.section(title, sep="-")
            terminalreporter.write_line(text)
    if lines := config.stash.get(told, []):
        terminalreporter.section("what the tests had to tell")
        for line in lines:
            terminalreporter.write_line(line)
