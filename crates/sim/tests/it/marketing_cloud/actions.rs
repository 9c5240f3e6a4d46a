//! What is performed, scheduled, configured, executed and sent by SOAP.

use super::{VENDOR, server, soap};
use crate::world::World;

#[tokio::test]
async fn what_is_not_a_record_is_performed_scheduled_configured_and_executed() {
    let world = World::start(VENDOR).await;
    let token = server(&world).await;
    let ask = |body: String| {
        let (world, token) = (&world, &token);
        async move { soap(world, token, &body).await }
    };
    let message = |word: &str, inner: &str| {
        format!("<{word} xmlns=\"http://exacttarget.com/wsdl/partnerAPI\">{inner}</{word}>")
    };
    let perform = |kind: &str, key: &str, action: &str| {
        message(
            "PerformRequestMsg",
            &format!(
                "<Action>{action}</Action><Definitions><Definition xsi:type=\"{kind}\"><CustomerKey>{key}</CustomerKey></Definition></Definitions>"
            ),
        )
    };
    let done = ask(perform("Automation", "nightly-orders", "Start")).await;
    assert!(
        done.contains("<OverallStatus>OK</OverallStatus>") && done.contains("<Task>"),
        "{done}"
    );
    let runs = retrieve(
        &world,
        &token,
        "AutomationInstance",
        "Name,StatusMessage",
        "",
    )
    .await;
    assert!(
        runs.contains("<Name>Nightly orders</Name><StatusMessage>Complete</StatusMessage>"),
        "{runs}"
    );
    let cleared = ask(perform("DataExtension", "CUSTOMERS", "ClearData")).await;
    assert!(cleared.contains("<OverallStatus>OK"), "{cleared}");
    let rows = retrieve(&world, &token, "DataExtensionObject[CUSTOMERS]", "Id", "").await;
    assert!(!rows.contains("<Results"), "{rows}");
    for (kind, key, action, why) in [
        (
            "Automation",
            "nothing",
            "Start",
            "Unable to find the Automation.",
        ),
        ("List", "Newsletter", "Start", "cannot be performed on List"),
        (
            "Cake",
            "x",
            "Start",
            "Unable to find a handler for object type: Cake",
        ),
    ] {
        let told = ask(perform(kind, key, action)).await;
        assert!(
            told.contains("<OverallStatus>Error</OverallStatus>") && told.contains(why),
            "{told}"
        );
    }
    let plan = message(
        "ScheduleRequestMsg",
        "<Action>start</Action><Schedule><StartDateTime>2026-12-01T00:00:00</StartDateTime></Schedule><Interactions>\
         <Interaction xsi:type=\"Automation\"><CustomerKey>weekly-report</CustomerKey></Interaction></Interactions>",
    );
    let scheduled = ask(plan).await;
    assert!(
        scheduled.contains("<ScheduleResponseMsg") && scheduled.contains("<OverallStatus>OK"),
        "{scheduled}"
    );
    let filter = simple("CustomerKey", "equals", "weekly-report");
    let program = retrieve(&world, &token, "Program", "Name,Status", &filter).await;
    assert!(
        program.contains("<Name>Weekly report</Name><Status>6</Status>"),
        "{program}"
    );
    let attribute = |action: &str| {
        message(
            "ConfigureRequestMsg",
            &format!(
                "<Action>{action}</Action><Configurations><Configuration xsi:type=\"PropertyDefinition\"><Name>Shoe size</Name>\
                 <PropertyType>string</PropertyType></Configuration></Configurations>"
            ),
        )
    };
    assert!(ask(attribute("create")).await.contains("<OverallStatus>OK"));
    assert!(ask(attribute("create")).await.contains("exists already"));
    let describe = message(
        "DefinitionRequestMsg",
        "<DescribeRequests><ObjectDefinitionRequest><ObjectType>Subscriber</ObjectType></ObjectDefinitionRequest></DescribeRequests>",
    );
    assert!(
        ask(describe)
            .await
            .contains("<ExtendedProperty><Name>Shoe size</Name>")
    );
    let leave = message(
        "ExecuteRequestMsg",
        "<Requests><Name>LogUnsubEvent</Name><Parameters><Name>SubscriberID</Name><Value>70000001</Value></Parameters></Requests>",
    );
    assert!(ask(leave).await.contains("Event posted"));
    let filter = simple("ID", "equals", "70000001");
    let left = retrieve(&world, &token, "Subscriber", "Status", &filter).await;
    assert!(left.contains("<Status>Unsubscribed</Status>"), "{left}");
    let other = message(
        "ExecuteRequestMsg",
        "<Requests><Name>Dance</Name></Requests>",
    );
    assert!(
        ask(other)
            .await
            .contains("The request name &#39;Dance&#39; is not valid.")
    );
    let version = message(
        "VersionInfoRequestMsg",
        "<IncludeVersionHistory>false</IncludeVersionHistory>",
    );
    assert!(ask(version).await.contains("<VersionInfo><Version>"));
}

#[tokio::test]
async fn a_triggered_send_tells_of_each_subscriber_and_a_send_of_its_list() {
    let world = World::start(VENDOR).await;
    let token = server(&world).await;
    let create = |kind: &str, inner: &str| {
        let body = format!(
            "<CreateRequest xmlns=\"http://exacttarget.com/wsdl/partnerAPI\"><Objects xsi:type=\"{kind}\">{inner}</Objects></CreateRequest>"
        );
        let (world, token) = (&world, &token);
        async move { soap(world, token, &body).await }
    };
    let to = |address: &str| {
        format!("<Subscribers><EmailAddress>{address}</EmailAddress></Subscribers>")
    };
    let by = |key: &str| {
        format!(
            "<TriggeredSendDefinition><CustomerKey>{key}</CustomerKey></TriggeredSendDefinition>"
        )
    };
    let mixed = create(
        "TriggeredSend",
        &(by("welcome") + &to("new@example.com") + &to("nobody")),
    )
    .await;
    assert!(mixed.contains("<StatusCode>OK</StatusCode>"), "{mixed}");
    assert!(
        mixed.contains("<SubscriberFailures><ErrorCode>12002</ErrorCode>"),
        "{mixed}"
    );
    let sent = retrieve(
        &world,
        &token,
        "SentEvent",
        "SubscriberKey",
        &simple("SubscriberKey", "equals", "new@example.com"),
    )
    .await;
    assert_eq!(sent.matches("<Results").count(), 1, "{sent}");
    for (inner, why) in [
        (
            by("welcome") + &to("nobody"),
            "There are no valid subscribers",
        ),
        (
            by("nothing") + &to("new@example.com"),
            "Unable to find the TriggeredSendDefinition",
        ),
    ] {
        let told = create("TriggeredSend", &inner).await;
        assert!(
            told.contains("<StatusCode>Error</StatusCode>") && told.contains(why),
            "{told}"
        );
    }
    let fresh = create(
        "TriggeredSendDefinition",
        "<Name>Fresh</Name><CustomerKey>fresh</CustomerKey><Email><ID>40001</ID></Email>",
    )
    .await;
    assert!(fresh.contains("<OverallStatus>OK"), "{fresh}");
    let kept = retrieve(
        &world,
        &token,
        "TriggeredSendDefinition",
        "Email.ID,TriggeredSendStatus",
        &simple("CustomerKey", "equals", "fresh"),
    )
    .await;
    assert!(
        kept.contains(
            "<Email><ID>40001</ID></Email><TriggeredSendStatus>New</TriggeredSendStatus>"
        ),
        "{kept}"
    );
    let early = create("TriggeredSend", &(by("fresh") + &to("new@example.com"))).await;
    assert!(early.contains("The definition is not active"), "{early}");
    let send = create(
        "Send",
        "<Email><ID>40001</ID></Email><List><ID>2</ID></List>",
    )
    .await;
    let id = send
        .split("<NewID>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .unwrap()
        .to_owned();
    let list = retrieve(
        &world,
        &token,
        "ListSend",
        "List.ID,NumberSent",
        &simple("SendID", "equals", &id),
    )
    .await;
    assert!(
        list.contains("<List><ID>2</ID></List><NumberSent>63</NumberSent>"),
        "{list}"
    );
}

#[tokio::test]
async fn rows_are_filtered_by_several_conditions_and_found_by_the_name_of_their_data_extension() {
    let world = World::start(VENDOR).await;
    let token = server(&world).await;
    let part = |side: &str, property: &str, operator: &str, value: &str| {
        format!(
            "<{side} xsi:type=\"SimpleFilterPart\"><Property>{property}</Property><SimpleOperator>{operator}</SimpleOperator><Value>{value}</Value></{side}>"
        )
    };
    let complex = |word: &str, more: &str| {
        format!(
            "<Filter xsi:type=\"ComplexFilterPart\">{}<LogicalOperator>{word}</LogicalOperator>{}{more}</Filter>",
            part("LeftOperand", "Id", "greaterThan", "9"),
            part("RightOperand", "Id", "lessThan", "13"),
        )
    };
    let count = |filter: String| {
        let (world, token) = (&world, &token);
        async move {
            let found = retrieve(
                world,
                token,
                "DataExtensionObject[Customers]",
                "Id",
                &filter,
            )
            .await;
            assert!(
                found.contains("<OverallStatus>OK</OverallStatus>"),
                "{found}"
            );
            found.matches("<Results").count()
        }
    };
    assert_eq!(count(complex("AND", "")).await, 3);
    assert_eq!(count(complex("OR", "")).await, 220);
    let more = format!(
        "<AdditionalOperands>{}</AdditionalOperands>",
        part("Operand", "Id", "notEquals", "11")
    );
    assert_eq!(count(complex("AND", &more)).await, 2);
    let wrong = complex("AND", "").replace(">Id<", ">Colour<");
    let told = retrieve(
        &world,
        &token,
        "DataExtensionObject[Customers]",
        "Id",
        &wrong,
    )
    .await;
    assert!(
        told.contains("The Filter Property &#39;colour&#39; does not match"),
        "{told}"
    );
}

/// A retrieve of some properties, with a filter or none.
async fn retrieve(
    world: &World,
    token: &str,
    kind: &str,
    properties: &str,
    filter: &str,
) -> String {
    let properties = properties.split(',').fold(String::new(), |all, name| {
        all + "<Properties>" + name + "</Properties>"
    });
    let body = format!(
        "<RetrieveRequestMsg xmlns=\"http://exacttarget.com/wsdl/partnerAPI\"><RetrieveRequest><ObjectType>{kind}</ObjectType>{properties}{filter}\
         </RetrieveRequest></RetrieveRequestMsg>"
    );
    soap(world, token, &body).await
}

fn simple(property: &str, operator: &str, value: &str) -> String {
    format!(
        "<Filter xsi:type=\"SimpleFilterPart\"><Property>{property}</Property><SimpleOperator>{operator}</SimpleOperator><Value>{value}</Value></Filter>"
    )
}

#[tokio::test]
async fn the_description_of_the_service_names_its_address_and_every_type_it_uses() {
    let world = World::start(VENDOR).await;
    let answer = world
        .send("GET", "/etframework.wsdl", &[], String::new())
        .await;
    assert_eq!(answer.status, 200);
    let text = answer.text;
    let address = format!("location=\"{}/soap/Service.asmx\"", world.origin());
    assert!(text.contains(&address), "{address}");
    let declared = |name: &str| text.contains(&format!("<xsd:complexType name=\"{name}\""));
    for used in text
        .split("type=\"tns:")
        .skip(1)
        .chain(text.split("base=\"tns:").skip(1))
    {
        let name = used.split('"').next().unwrap();
        assert!(
            declared(name) || name == "Soap",
            "{name} is used, but not declared"
        );
    }
    assert!(declared("Subscriber") && declared("Automation") && !text.contains('{'));
    let same = world
        .send("GET", "/soap/Service.asmx?WSDL", &[], String::new())
        .await;
    assert_eq!(same.text, text);
}
