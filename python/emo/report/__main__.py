# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import argparse
import os
import sys

from ..errors import Error
from . import page, profiles


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m emo.report", description="One HTML page, without anything outside it, on how a model's experts are used."
    )
    parser.add_argument("profiles", nargs="+", metavar="PROFILE", help="files that a program's command profile wrote, one a domain")
    parser.add_argument("-o", dest="output", required=True, metavar="FILE", help="the page to write")
    parser.add_argument("--loss", metavar="FILE", help="measured losses: {\"curves\": [{\"name\": ..., \"points\": [[experts, loss], ...]}, ...]}")
    parser.add_argument("--name", action="append", default=[], help="name of a domain, once for each profile; default: the file's")
    parser.add_argument("--clusters", type=int, help="clusters of documents; default: by their number")
    options = parser.parse_args(arguments)
    if options.name and len(options.name) != len(options.profiles):
        parser.error("--name expects a name for each of %d profiles, got %d" % (len(options.profiles), len(options.name)))
    if options.clusters is not None and not 2 <= options.clusters <= 1000:
        parser.error("--clusters expects a number from 2 to 1000, got %d" % options.clusters)
    return options


def write(path, text):
    """Through a temporary, so that a failure leaves what was there."""
    temporary = "%s.tmp%d" % (path, os.getpid())
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise Error("cannot write '%s': %s" % (path, error.strerror))


def main():
    options = parse(sys.argv[1:])
    try:
        domains = profiles.read_domains(options.profiles, options.name)
        losses = profiles.read_loss(options.loss) if options.loss else None
        write(options.output, page.page(domains, losses, options.clusters))
    except Error as error:
        sys.exit("error: %s" % error)


main()
