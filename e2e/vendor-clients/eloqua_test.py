"""PyPI eloqua-python-sdk 0.4.9, unmodified, against the simulated Eloqua."""

from eloquasdk.bulk import EloquaBulkClient
from eloquasdk.rest import EloquaRestClient

from check import check, done, order, origin, refused

USER, PASSWORD = "Sandbox\\Vendor.Client", "secret"
BULK_URL = origin("eloqua") + "/api/bulk/2.0"
bulk = EloquaBulkClient(USER, PASSWORD, BULK_URL)
rest = EloquaRestClient(USER, PASSWORD, origin("eloqua") + "/api/REST/2.0")

order("/reset", {"vendor": "eloqua"})


def finished(uri):
    """Runs a sync of a definition to its end."""
    sync = bulk.create_sync(uri)
    while True:
        state = bulk.check_sync_status(sync["uri"])
        if state["status"] not in ("pending", "active"):
            return sync["uri"], state["status"]


@check("lists assets, whose first page it calls 0")
def _():
    emails = rest.get_assets("emails", count=10, search="name='Email 0*'", order_by="name")
    assert [one["name"] for one in emails["elements"]][:2] == ["Email 01", "Email 02"], emails
    assert rest.get_assets("EmailGroups")["total"] >= 1
    assert rest.get_assets("campaigns", depth="complete")["elements"][17]["elements"][0]["segmentId"] == "1"


@check("exports contacts with all their fields, page by page")
def _():
    made = bulk.create_export("all contacts", "contacts")
    uri, status = finished(made["uri"])
    assert status == "success", status
    first = bulk.get_synced_data(uri, 0, 200)
    second = bulk.get_synced_data(uri, 200, 200)
    assert (len(first["items"]), first["hasMore"], len(second["items"])) == (200, True, 60)
    assert first["items"][0]["C_EmailAddress"] == "bulker1@donotdelete.com"


@check("exports the rows of a custom object by its name, and activities by type")
def _():
    made = bulk.create_export("rows", "customObjects", customObjectName="customTest")
    uri, _ = finished(made["uri"])
    assert bulk.get_synced_data(uri, 0, 100)["totalResults"] == 30
    made = bulk.create_export(
        "opened", "activities", activityType="EmailOpen", filter="'{{Activity.Type}}' = 'EmailOpen'"
    )
    uri, _ = finished(made["uri"])
    assert bulk.get_synced_data(uri, 0, 10)["totalResults"] == 260


@check("imports contacts onto a list; what is refused is told")
def _():
    fields = {"mail": "{{Contact.Field(C_EmailAddress)}}", "first": "{{Contact.Field(C_FirstName)}}"}
    made = bulk.create_import(
        "people", "contacts", fields, identifier_field_name="mail",
        sync_actions=[{"action": "add", "destination": "{{ContactList[2]}}"}],
    )
    rows = [{"mail": "py@example.com", "first": "Py"}, {"mail": "nobody", "first": "No"}]
    assert bulk.upload_data(made["uri"] + "/data", rows) is None
    uri, status = finished(made["uri"])
    assert status == "warning", status
    # This client sends the window of a page as headers, so they have to be text.
    rejects = bulk.get_sync_rejects(uri, "0", "100")
    assert rejects["items"][0]["statusCode"] == "ELQ-00002", rejects
    found = rest.get(origin("eloqua") + "/api/REST/2.0/data/contacts", search="emailAddress=py@example.com")
    assert found["total"] == 1, found


@check("is told what is wrong with a definition, and refused with a wrong password")
def _():
    refused(lambda: bulk.create_export("x", "contacts", {"a": "{{Contact.Field(C_No)}}"}), "Bad Request")
    refused(lambda: EloquaBulkClient(USER, "sandbox-invalid", BULK_URL).get_fields("contacts"), "Unauthorized")


done()
