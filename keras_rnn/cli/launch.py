"""Several processes of the same command on this machine, and what becomes of them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import click
from click.core import ParameterSource

NOT_PASSED_ON = ("processes", "process", "coordinator")


def same_line(context: click.Context) -> tuple[list[str], list[str]]:
    """The command and the options that it was given, as words, but for the processes; and its arguments."""
    words, arguments = context.command_path.split()[1:], []
    for param in context.command.params:
        name, value = str(param.name), context.params[str(param.name)]
        if name in NOT_PASSED_ON or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        if isinstance(param, click.Argument):
            arguments += value
        elif isinstance(param, click.Option) and param.is_flag:
            words.append(param.opts[-1])
        else:
            words += [param.opts[-1], str(value)]
    return words, arguments


def run_together(words: list[str], arguments: list[str], count: int) -> int:
    """Run `keras-rnn` with these in `count` processes that know of each other; the first shows its output.

    Returns:
        The exit code: of the first one that failed, which ends the others, or 0.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    env = {**os.environ, "KERAS_BACKEND": "jax"}
    line = [sys.executable, "-m", "keras_rnn", *words, "--processes", str(count), "--coordinator", coordinator]
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [  # in sessions of their own: a terminal's Ctrl-C reaches this process alone, which passes it on once
        subprocess.Popen(
            [*line, "--process", str(i), "--", *arguments], env=env, start_new_session=True, **(silent if i else {})
        )
        for i in range(count)
    ]
    try:
        while True:
            codes = [process.poll() for process in started]
            if failed := [i for i, code in enumerate(codes) if code]:
                time.sleep(0.5)  # what it has to say
                first, code = failed[0], int(codes[failed[0]] or 0)
                if first or code < 0:
                    raise ChildProcessError(f"process {first} of {count} ended with code {code}")
                return code
            if None not in codes:
                return 0
            time.sleep(0.1)
    except KeyboardInterrupt:
        for process in started:
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            started[0].wait(60)
        raise
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
            process.wait()
