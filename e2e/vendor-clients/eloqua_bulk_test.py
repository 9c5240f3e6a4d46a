"""PyPI pyeloqua 0.5.11, unmodified, against the simulated Eloqua: activities, lead scores, linked records, forms."""

import requests
from check import Rehosted, check, done, order
from pyeloqua import Bulk, Form

order("/reset", {"vendor": "eloqua"})
# The client calls `requests` itself, so every session of it gets the adapter.
ADAPTER = Rehosted("eloqua")
requests.Session.get_adapter = lambda self, url: ADAPTER if "eloqua.com" in url else requests.adapters.HTTPAdapter()


def signed_in(kind=Bulk, **more):
    return kind(username="Vendor.Client", password="secret", company="Sandbox", **more)


def exported(bulk):
    """Runs the job to its end; answers how many records it has, and them."""
    bulk.create_def("job")
    assert bulk.sync(sleeptime=0.01) == "success"
    return bulk.get_export_count(), bulk.get_export_data()


@check("exports activities with every field that their type has")
def _():
    for kind in ("EmailSend", "EmailOpen", "EmailClickthrough", "FormSubmit", "WebVisit", "Bounceback"):
        bulk = signed_in()
        bulk.exports("activities", act_type=kind)
        bulk.add_fields()
        bulk.filter_date("ActivityDate", start="2014-12-01 00:00:00", end="2015-01-05 00:00:00")
        count, rows = exported(bulk)
        if kind == "EmailOpen":
            assert count == len(rows) > 50, count
            assert all(row["ActivityType"] == kind and row["IpAddress"].startswith("192.0.2.") for row in rows)
            assert rows[0]["ActivityDate"] < rows[-1]["ActivityDate"] < "1420500000"
        elif not kind.startswith("Email"):
            assert (count, rows) == (0, [])


@check("exports contacts of a list with their scores and their account")
def _():
    bulk = signed_in()
    bulk.exports("contacts")
    bulk.add_fields(["contactID", "C_EmailAddress"])
    bulk.add_leadscore_fields(model_id=1)
    bulk.add_linked_fields("accounts", ["M_CompanyName"])
    bulk.asset_exists("lists", name="Partners")
    count, rows = exported(bulk)
    assert count == 37, count
    assert (rows[0]["contactID"], rows[0]["Sandbox Model - Rating"]) == ("7", "D2")
    assert rows[0]["M_CompanyName"]
    bulk = signed_in()
    bulk.exports("contacts")
    bulk.add_fields(["contactID"])
    bulk.asset_exists("segments", asset_id=1)
    assert exported(bulk)[0] == 260


@check("exports rows of a custom object with their contact")
def _():
    bulk = signed_in()
    bulk.exports("customobjects", obj_id=1)
    bulk.add_fields(["Code"])
    bulk.add_linked_fields("contacts", ["C_EmailAddress"])
    _, rows = exported(bulk)
    assert (rows[0]["Code1"], rows[0]["C_EmailAddress"]) == ("code-01", "bulker1@donotdelete.com")


@check("reads what came through a form")
def _():
    form = signed_in(Form, form_id=1)
    assert form.get_count(0, 2_000_000_000) == 12
    rows = form.get_data(0, 2_000_000_000)
    assert rows[0]["emailAddress"] == "visitor1@example.com" and len(rows) == 12


done()
