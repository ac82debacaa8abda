"""`keras-rnn web`."""

import sys
import webbrowser

import click

from keras_rnn.cli.commands import Command


@click.command(cls=Command)
@click.option("--port", type=click.IntRange(0, 65535), default=8015, help="0 takes any that is free")
@click.option("--no-browser", is_flag=True, help="only serve it")
@click.option("--out", metavar="FOLDER", help="write the page there, for a web server of yours, in place of serving it")
@click.option("--litert", metavar="FOLDER", help="in which `npm install @litertjs/core` was run",
              show_default="fetched once, by npm")  # fmt: skip
def command(port: int, no_browser: bool, out: str | None, litert: str | None) -> None:
    """Show the character models and GS10 in a browser, which runs them itself, through LiteRT.js.

    The page is for this machine. A phone has it from an https server, or by a cable: `adb reverse tcp:8015 tcp:8015`.
    """
    from keras_rnn.web.server import PageServer
    from keras_rnn.web.site import site, write_site

    if out is not None:
        print(write_site(out, litert))
        return
    with PageServer(site(litert), port) as server:
        print(f"{server.address}  (Ctrl-C ends it)")
        sys.stdout.flush()
        if not no_browser:
            webbrowser.open(server.address)
        server.serve_forever()
