"""PyPI suds 1.2.0, which knows nothing of this vendor, made into a client by the WSDL of the simulated Marketing Cloud."""

import requests
from suds.client import Client
from suds.sax.element import Element

from check import check, done, order, origin

VENDOR = origin("marketingcloud")
order("/reset", {"vendor": "marketingcloud"})
grant = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "s"}
token = requests.post(VENDOR + "/v2/token", json=grant, timeout=10).json()["access_token"]
# No file is kept between runs.
soap = Client(VENDOR + "/etframework.wsdl", cache=None)
soap.set_options(soapheaders=Element("fueloauth", ns=("et", "http://exacttarget.com")).setText(token))


def made(kind, **members):
    """An object of a type of the WSDL."""
    one = soap.factory.create(kind)
    for name, value in members.items():
        setattr(one, name, value)
    return one


def simple(name, operator, *values):
    return made("SimpleFilterPart", Property=name, SimpleOperator=operator, Value=list(values))


def retrieve(kind, properties, wanted):
    return soap.service.Retrieve(made("RetrieveRequest", ObjectType=kind, Properties=properties, Filter=wanted))


@check("creates, finds, changes and deletes a list")
def _():
    answer = soap.service.Create(None, [made("List", ListName="By description")])
    assert answer.OverallStatus == "OK", answer
    new = answer.Results[0].NewID
    found = retrieve("List", ["ID", "ListName"], simple("ListName", "equals", "By description"))
    assert [one.ID for one in found.Results] == [new], found
    soap.service.Update(None, [made("List", ID=new, Description="changed")])
    assert retrieve("List", ["Description"], simple("ID", "equals", new)).Results[0].Description == "changed"
    assert soap.service.Delete(None, [made("List", ID=new)]).OverallStatus == "OK"
    assert "Results" not in retrieve("List", ["ID"], simple("ID", "equals", new))


@check("joins conditions, more than two of them")
def _():
    both = made(
        "ComplexFilterPart",
        LeftOperand=simple("ID", "greaterThan", 2), LogicalOperator="AND", RightOperand=simple("ID", "lessThan", 6),
        AdditionalOperands=made("ArrayOfOperand", Operand=[simple("ID", "notEquals", 4)]),
    )
    assert [one.ID for one in retrieve("List", ["ID"], both).Results] == [3, 5]


@check("sends by a definition, and is told whom it did not reach")
def _():
    send = made(
        "TriggeredSend",
        TriggeredSendDefinition=made("TriggeredSendDefinition", CustomerKey="welcome"),
        Subscribers=[made("Subscriber", EmailAddress=mail, SubscriberKey=mail) for mail in ("s@example.com", "nobody")],
    )
    result = soap.service.Create(None, [send]).Results[0]
    assert result.StatusCode == "OK" and result.SubscriberFailures[0].ErrorCode == "12002", result


@check("starts an automation and describes what a subscriber has")
def _():
    started = made("ArrayOfDefinition", Definition=[made("Automation", CustomerKey="nightly-orders")])
    assert soap.service.Perform(None, "Start", started).Results.Result[0].StatusCode == "OK"
    asked = made("ArrayOfObjectDefinitionRequest", ObjectDefinitionRequest=[{"ObjectType": "Subscriber"}])
    told = soap.service.Describe(asked).ObjectDefinition[0]
    assert "EmailAddress" in [one.Name for one in told.Properties]


done()
