"""marketorestpython, unmodified, against the simulated Marketo: the assets that node-marketo-rest does not know."""

import tempfile

from check import check, done, order, origin, refused
from marketorestpython.client import MarketoClient

order("/reset", {"vendor": "marketo"})
CLIENT = MarketoClient("123-ABC-456", "id", "secret")
CLIENT.host = origin("marketo")
FOLDER = {"folderId": 1916, "folderType": "Folder"}


def ask(method, **arguments):
    return CLIENT.execute(method=method, **arguments)


@check("makes a static list that the lead database knows, fills it, deletes it")
def _():
    made = ask("create_list", name="Booth", description="Spring fair", **FOLDER)[0]
    assert ask("get_list_by_name", name="Booth")[0]["id"] == made["id"]
    ask("update_list", id=made["id"], name="Booth 2")
    assert ask("get_multiple_lists", id=[made["id"]])[0]["name"] == "Booth 2"
    assert ask("add_leads_to_list", listId=made["id"], id=[1, 2])[0]["status"] == "added"
    assert [lead["id"] for lead in ask("get_multiple_leads_by_list_id", listId=made["id"])] == [1, 2]
    assert ask("remove_leads_from_list", listId=made["id"], id=[2])[0]["status"] == "removed"
    assert ask("delete_list", id=made["id"]) == [{"id": made["id"]}]
    assert ask("get_multiple_lists", id=[made["id"]]) == []
    refused(lambda: ask("create_list", name="x", folderId=99, folderType="Folder"), "710")


@check("makes, clones, activates and deactivates smart campaigns")
def _():
    made = ask("create_smart_campaign", name="Follow up", folderId=1001, folderType="Program")[0]
    assert made["folder"]["type"] == "Program"
    assert ask("get_smart_campaign_by_name", name="Follow up")[0]["id"] == made["id"]
    copy = ask("clone_smart_campaign", id=1, name="Welcome again", isExecutable=True, **FOLDER)[0]
    assert ask("activate_smart_campaign", id=copy["id"]) == [{"id": copy["id"]}]
    assert ask("get_campaign_by_id", id=copy["id"])[0]["active"] is True
    assert ask("deactivate_smart_campaign", id=copy["id"]) == [{"id": copy["id"]}]
    refused(lambda: ask("activate_smart_campaign", id=2), "709")
    assert ask("get_smart_list_by_smart_campaign_id", id=1)[0]["id"] == 501


@check("keeps tokens of folders and programs")
def _():
    ask("create_token", id=1001, folderType="Program", type="text", name="venue", value="Hall 3")
    tokens = ask("get_tokens", id=1001, folderType="Program")[0]
    assert tokens["folder"] == {"type": "Program", "value": 1001}
    assert [(token["name"], token["value"]) for token in tokens["tokens"]] == [("my.venue", "Hall 3")]
    ask("delete_tokens", id=1001, folderType="Program", name="my.venue", type="text")
    refused(lambda: ask("delete_tokens", id=1001, folderType="Program", name="my.venue", type="text"), "702")


@check("clones programs, approves those of e-mail, finds them by tag")
def _():
    made = ask("create_program", folderId=2006, folderType="Folder", name="Launch", type="Email", channel="Email Send",
               tags={"Region": "North"})[0]
    assert ask("approve_program", id=made["id"]) == [{"id": made["id"]}]
    assert ask("unapprove_program", id=made["id"]) == [{"id": made["id"]}]
    refused(lambda: ask("approve_program", id=1001), "709")
    copy = ask("clone_program", id=1001, name="Newsletter 2", folderId=2006, folderType="Folder")[0]
    assert copy["channel"] == "Newsletter"
    refused(lambda: ask("clone_program", id=1001, name="Newsletter 2", folderId=2006, folderType="Folder"), "709")


@check("fills, approves and clones snippets, templates, forms and pages")
def _():
    with tempfile.NamedTemporaryFile("w", suffix=".html") as page:
        page.write("<html>Hi</html>")
        page.flush()
        template = ask("create_email_template", name="Plain", content=page.name, **FOLDER)[0]
    assert ask("get_email_template_content", id=template["id"])[0]["content"] == "<html>Hi</html>"
    email = ask("create_email", name="Hi", template=template["id"], subject="S", fromName="N", fromEmail="a@example.com",
                replyEmail="b@example.com", **FOLDER)[0]
    assert ask("get_email_template_used_by", id=template["id"])[0]["id"] == email["id"]
    snippet = ask("create_snippet", name="Greeting", **FOLDER)[0]
    assert snippet["status"] == "draft"
    ask("update_snippet_content", id=snippet["id"], type="HTML", content="<b>Hi</b>")
    assert ask("get_snippet_content", id=snippet["id"])[0]["content"] == "<b>Hi</b>"
    ask("approve_snippet", id=snippet["id"])
    refused(lambda: ask("approve_snippet", id=snippet["id"]), "709")
    assert ask("clone_snippet", id=snippet["id"], name="Greeting 2", **FOLDER)[0]["status"] == "draft"
    ask("create_form_field", id=501, fieldId="FirstName")
    assert [field["id"] for field in ask("get_form_fields", id=501)] == ["Email", "FirstName"]
    ask("delete_form_field", id=501, fieldId="FirstName")
    section = ask("create_landing_page_content_section", id=501, type="HTML", value="<i>new</i>")[0]["id"]
    assert ask("get_landing_page_content", id=501)[-1]["content"] == "<i>new</i>"
    ask("delete_landing_page_content_section", id=501, contentId=section)
    assert ask("get_folder_contents", id=1916, type="Folder")


@check("moves people through programs, partitions and forms")
def _():
    assert ask("change_lead_program_status", id=1001, leadIds=[3], status="Engaged")[0]["status"] == "updated"
    changed = ask("change_lead_program_status", id=1001, leadIds=[3], status="Nowhere")[0]
    assert (changed["status"], changed["reasons"][0]["code"]) == ("skipped", "1025")
    assert "leadId" in [field["name"] for field in ask("describe_program_member")[0]["fields"]]
    assert ask("sync_program_member_data", id=1001, input=[{"leadId": 3, "registrationCode": "r"}])[0]["status"] == "updated"
    assert ask("update_leads_partition", input=[{"id": 1, "partitionName": "Europe"}])[0]["status"] == "updated"
    sent = ask("submit_form", formId=501, input={"leadFormFields": {"email": "form@example.com", "firstName": "F"}})
    assert sent[0]["status"] == "created"
    refused(lambda: ask("create_update_custom_object_type", apiName="q_c", displayName="Q"), "603")


@check("finds lists of named accounts, and pages through the accounts on one")
def _():
    found = next(ask("get_named_account_lists", filterType="dedupeFields", filterValues=["Account List 1"]))
    pages = list(ask("get_named_account_list_members", id=found[0]["marketoGUID"], batchSize=2))
    assert [len(page) for page in pages] == [2, 1], pages


@check("exports members of programs and custom objects")
def _():
    window = {"updatedAt": {"startAt": "2017-01-01T00:00:00Z", "endAt": "2017-01-20T00:00:00Z"}}
    for kind, arguments, first in [
        ("program_members", {"fields": ["leadId", "statusName"], "filters": {"programId": 1002}}, b"leadId,statusName\n10,"),
        ("custom_objects", {"object_name": "aw_c", "fields": ["name"], "filters": window}, b"name\nRow 1\n"),
    ]:
        named = {"object_name": "aw_c"} if kind == "custom_objects" else {}
        job = {"job_id": ask(f"create_{kind}_export_job", **arguments)[0]["exportId"], **named}
        assert ask(f"enqueue_{kind}_export_job", **job)[0]["status"] == "Queued"
        looks = [ask(f"get_{kind}_export_job_status", **job)[0]["status"] for _ in range(2)]
        assert looks == ["Processing", "Completed"], looks
        assert ask(f"get_{kind}_export_job_file", **job).startswith(first)


@check("sets who is replied to")
def _():
    ask("update_email_content", id=502, type="Text", replyTo="answers@example.com")
    assert ask("get_email_by_id", id=502)[0]["replyTO"]["value"] == "answers@example.com"


done()
