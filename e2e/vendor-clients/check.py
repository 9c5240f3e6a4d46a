"""What the Python scripts here share: where the simulated vendors are, one line a check, and the count at the end."""

import json
import os
import sys
import traceback
from urllib.parse import urlsplit, urlunsplit

import requests

RUNTIME = json.load(open(os.environ["LIGAND_RUNTIME"]))
COUNT = {"passed": 0, "failed": 0}


def origin(name):
    """The origin of a simulated vendor, or of `control`."""
    return RUNTIME["sandbox"][name]


def order(path, body):
    """Gives the control API an order."""
    answer = requests.post(origin("control") + path, json=body, timeout=10)
    assert answer.status_code == 200, answer.text


class Rehosted(requests.adapters.HTTPAdapter):
    """Sends what is meant for the vendor to its simulator; the client itself stays as it is."""

    def __init__(self, vendor):
        super().__init__()
        self.target = urlsplit(origin(vendor))

    def send(self, request, **more):
        asked = urlsplit(request.url)
        request.headers["Host"] = asked.netloc
        request.headers["X-Forwarded-Proto"] = asked.scheme
        request.url = urlunsplit(asked._replace(scheme=self.target.scheme, netloc=self.target.netloc))
        return super().send(request, **more)


def check(fact):
    """Runs one check and prints its line."""

    def run(act):
        try:
            act()
            COUNT["passed"] += 1
            print(f"ok   {fact}")
        except Exception:  # noqa: BLE001
            COUNT["failed"] += 1
            print(f"FAIL {fact}\n{traceback.format_exc()}")
        return act

    return run


def refused(act, status):
    """The error of a call that must be refused."""
    try:
        act()
    except Exception as error:  # noqa: BLE001
        assert status in repr(error.args), repr(error.args)
        return error
    raise AssertionError("was not refused")


def done():
    """Prints the count and ends the process, with 1 when a check failed."""
    print(f"{COUNT['passed']} passed, {COUNT['failed']} failed")
    sys.exit(1 if COUNT["failed"] else 0)
