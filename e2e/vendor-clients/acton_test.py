"""PyPI requests-oauthlib 2.0.0, unmodified, against the simulated Act-On: the vendor has no client of its own."""

import os

os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"  # the answer's scope is another than the one asked for

import requests
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from requests_oauthlib import OAuth2Session

from check import Rehosted, check, done, order

HOST = "https://restapi.actonsoftware.com"
API = HOST + "/api/1"
CALLBACK = "https://app.example/cb"
CLIENT, SECRET = "app", "secret"

order("/reset", {"vendor": "acton"})


def session(**more):
    made = OAuth2Session(CLIENT, redirect_uri=CALLBACK, scope=["PRODUCTION"], **more)
    made.mount("https://", Rehosted("acton"))
    return made


def consented(made):
    """The address that the browser ends at."""
    url, _ = made.authorization_url(HOST + "/authorize", sandbox_decision="approve")
    browser = requests.Session()
    browser.mount("https://", Rehosted("acton"))
    return browser.get(url, allow_redirects=False, timeout=10).headers["location"]


acton = session()


@check("exchanges a code for tokens, and reads lists with them")
def _():
    token = acton.fetch_token(
        HOST + "/token", authorization_response=consented(acton), client_secret=SECRET, include_client_id=True
    )
    assert token["expires_in"] == 3600 and token["refresh_token"], token
    page = acton.get(API + "/list", params={"listingtype": "contact_list", "count": 2, "offset": 1}).json()
    assert (page["offset"], page["count"], page["result"][0]["id"]) == (1, 2, "l-0002"), page


@check("writes a contact, finds it by its address and deletes it")
def _():
    made = acton.post(API + "/list/l-0002/record", json={"email": "py@example.com", "Company": "Snake"}).json()
    assert made["status"] == "success", made
    found = acton.get(API + "/list/lookup/l-0002", params={"email": "py@example.com"}).json()
    assert found["Company"] == "Snake", found
    cells = acton.get(API + "/list/l-0002/record/" + made["id"]).json()
    assert cells[0] == made["id"], cells
    assert acton.delete(API + "/list/l-0002/record/" + made["id"]).json()["message"] == "Record deleted"
    assert acton.get(API + "/list/l-0002/record/" + made["id"]).json()["errorCode"] == "10008"


@check("uploads a list and looks at its job until it is done")
def _():
    form = {"listname": "Py", "headings": "Y", "fieldseparator": "SEMICOLON", "quotecharacter": "NONE"}
    form["uploadspecs"] = '[{"columnHeading":"Email","columnType":"EMAIL"},{"columnHeading":"Town"}]'
    file = {"file": ("list.csv", "Email;Town\na@example.com;Bonn\nb@example.com;Rome\n")}
    made = acton.post(API + "/list", data=form, files=file).json()
    looks = [acton.get(API + f"/list/{made['jobId']}/status").json() for _ in range(3)]
    assert looks[2]["details"]["appendCount"] == 2, looks
    table = acton.get(API + "/list/" + made["listId"]).json()
    assert table["data"][1][1:] == ["b@example.com", "Rome"], table


@check("sends a message and reads its report")
def _():
    made = acton.post(API + "/message", data={"type": "draft", "subject": "Py"}).json()
    sent = acton.post(API + f"/message/{made['id']}/send", data={"sendtolists": "l-0003"}).json()
    assert acton.get(API + f"/message/{sent['id']}/report").json()["sent"] == 13
    assert acton.get(API + "/message/none/report").status_code == 404


@check("outlives an expired token by its refresh token, which serves once")
def _():
    order("/tokens/expire", {"vendor": "acton"})
    dead = acton.get(API + "/list")
    assert (dead.status_code, dead.json()["httpMessage"]) == (401, "Unauthorized"), dead.text
    old = acton.token["refresh_token"]
    more = {"client_id": CLIENT, "client_secret": SECRET}
    acton.refresh_token(HOST + "/token", refresh_token=old, **more)
    assert acton.get(API + "/list", params={"count": 1}).json()["count"] == 1
    try:
        acton.refresh_token(HOST + "/token", refresh_token=old, **more)
    except InvalidGrantError as error:
        assert "Unknown or invalid refresh token" in str(error), error
    else:
        raise AssertionError("the refresh token served twice")


@check("is told to slow down")
def _():
    order("/rate-limit", {"vendor": "acton", "limit": 1})
    answers = [acton.get(API + "/account").status_code for _ in range(3)]
    assert 429 in answers, answers
    order("/rate-limit", {"vendor": "acton"})


done()
