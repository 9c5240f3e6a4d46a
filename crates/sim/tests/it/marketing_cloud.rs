//! Marketing Cloud's own manners, which no element of ours asks for: web applications, tenants, partial failures.

mod actions;

use serde_json::{Value, json};

use crate::world::{Answer, JSON, World};

const VENDOR: &str = "marketingcloud";
const REDIRECT: &str = "https://app.example/cb";

async fn token(world: &World, body: Value) -> Answer {
    world
        .send("POST", "/v2/token", &[JSON], body.to_string())
        .await
}

async fn server(world: &World) -> String {
    let body = json!({"grant_type": "client_credentials", "client_id": "a", "client_secret": "s"});
    let answer = token(world, body).await.json();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn soap(world: &World, token: &str, body: &str) -> String {
    let envelope = format!(
        "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsi=\"x\"><Header><fueloauth>{token}</fueloauth></Header>\
         <Body>{body}</Body></Envelope>"
    );
    let kind = ("content-type", "text/xml");
    let answer = world
        .send("POST", "/soap/Service.asmx", &[kind], envelope)
        .await;
    answer.text
}

#[tokio::test]
async fn a_web_application_gets_a_code_with_pkce_and_refresh_tokens_that_rotate() {
    let world = World::start(VENDOR).await;
    // The example of RFC 7636.
    let authorize = format!(
        "/v2/authorize?response_type=code&client_id=a&redirect_uri={REDIRECT}&state=s&scope=email_read%20offline\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    let page = world.send("GET", &authorize, &[], "").await;
    assert!(page.status == 200 && page.text.contains("name=\"decision\" value=\"deny\""));
    let path = format!("{authorize}&sandbox_decision=deny");
    let denied = world.send("GET", &path, &[], "").await;
    assert_eq!(denied.redirected("error").as_deref(), Some("access_denied"));
    let path = format!("{authorize}&sandbox_decision=approve");
    let code = world
        .send("GET", &path, &[], "")
        .await
        .redirected("code")
        .unwrap();
    let exchange = |verifier: &str| {
        json!({"grant_type": "authorization_code", "code": code, "client_id": "a", "client_secret": "s",
            "redirect_uri": REDIRECT, "code_verifier": verifier})
    };
    assert_eq!(token(&world, exchange("another")).await.status, 400);
    let granted = token(
        &world,
        exchange("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    )
    .await
    .json();
    assert_eq!(granted["scope"], "email_read offline");
    let refresh = |token: &Value| json!({"grant_type": "refresh_token", "refresh_token": token, "client_id": "a", "client_secret": "s"});
    let second = token(&world, refresh(&granted["refresh_token"]))
        .await
        .json();
    assert_ne!(second["refresh_token"], granted["refresh_token"]);
    let again = token(&world, refresh(&granted["refresh_token"])).await;
    assert_eq!(
        (again.status, again.json()["error"].as_str()),
        (400, Some("invalid_grant"))
    );
    assert_eq!(
        token(&world, refresh(&second["refresh_token"]))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_tenant_is_told_its_own_hosts() {
    let world = World::start(VENDOR).await;
    let body = json!({"grant_type": "client_credentials", "client_id": "a", "client_secret": "s"});
    let headers = [
        JSON,
        ("host", "mc1.auth.marketingcloudapis.com"),
        ("x-forwarded-proto", "https"),
    ];
    let told = world
        .send("POST", "/v2/token", &headers, body.to_string())
        .await
        .json();
    assert_eq!(
        told["rest_instance_url"],
        "https://mc1.rest.marketingcloudapis.com/"
    );
    assert_eq!(
        told["soap_instance_url"],
        "https://mc1.soap.marketingcloudapis.com/"
    );
    assert_eq!(told["expires_in"], 1079);
    assert!(told.get("refresh_token").is_none());
    for (change, error) in [
        (json!({"client_secret": ""}), "invalid_client"),
        (json!({"grant_type": "password"}), "unsupported_grant_type"),
        (json!({"account_id": "x"}), "invalid_request"),
    ] {
        let mut wrong = body.clone();
        for (name, value) in change.as_object().unwrap() {
            wrong[name] = value.clone();
        }
        let refused = token(&world, wrong).await.json();
        assert_eq!(refused["error"], error);
    }
}

#[tokio::test]
async fn each_object_of_a_write_has_its_own_result() {
    let world = World::start(VENDOR).await;
    let token = server(&world).await;
    let list = |inside: &str| format!("<Objects xsi:type=\"List\">{inside}</Objects>");
    let mixed = format!(
        "<CreateRequest>{}{}</CreateRequest>",
        list("<ListName>One</ListName>"),
        list("<Description>no name</Description>")
    );
    let told = soap(&world, &token, &mixed).await;
    assert!(
        told.contains("<OverallStatus>Has Errors</OverallStatus>"),
        "{told}"
    );
    assert!(
        told.contains("<StatusMessage>Created List.</StatusMessage><OrdinalID>0</OrdinalID>"),
        "{told}"
    );
    assert!(
        told.contains("is required.</StatusMessage><OrdinalID>1</OrdinalID>"),
        "{told}"
    );
    // A known subscriber is refused, unless the caller says that it may be known.
    let create = |options: &str| {
        format!(
            "<CreateRequest>{options}<Objects xsi:type=\"Subscriber\"><EmailAddress>x@example.com</EmailAddress></Objects></CreateRequest>"
        )
    };
    assert!(
        soap(&world, &token, &create(""))
            .await
            .contains("<OverallStatus>OK<")
    );
    assert!(
        soap(&world, &token, &create(""))
            .await
            .contains("<ErrorCode>12014</ErrorCode>")
    );
    let adds = "<Options><SaveOptions><SaveOption><PropertyName>*</PropertyName><SaveAction>UpdateAdd</SaveAction></SaveOption></SaveOptions></Options>";
    assert!(
        soap(&world, &token, &create(adds))
            .await
            .contains("<OverallStatus>OK<")
    );
}

#[tokio::test]
async fn a_cursor_is_good_once_and_a_broken_request_is_a_fault() {
    let world = World::start(VENDOR).await;
    let token = server(&world).await;
    let ask = |inside: &str| {
        format!(
            "<RetrieveRequestMsg><RetrieveRequest>{inside}</RetrieveRequest></RetrieveRequestMsg>"
        )
    };
    let first = soap(&world, &token, &ask("<ObjectType>List</ObjectType><Properties>ID</Properties><Options><BatchSize>4</BatchSize></Options>")).await;
    assert!(
        first.contains("MoreDataAvailable") && first.matches("<Results ").count() == 4,
        "{first}"
    );
    let id = first
        .split_once("<RequestID>")
        .unwrap()
        .1
        .split_once('<')
        .unwrap()
        .0;
    let rest = ask(&format!(
        "<ObjectType>List</ObjectType><ContinueRequest>{id}</ContinueRequest>"
    ));
    let second = soap(&world, &token, &rest).await;
    assert!(
        second.contains("<OverallStatus>OK<") && second.matches("<Results ").count() == 2,
        "{second}"
    );
    assert!(
        soap(&world, &token, &rest)
            .await
            .contains("Error: The ContinueRequest ID is unknown")
    );
    assert!(
        soap(&world, "nobody", &rest)
            .await
            .contains("<faultstring>Login Failed</faultstring>")
    );
    assert!(
        soap(&world, &token, "<a></b>")
            .await
            .contains("Server was unable to read request")
    );
}

#[tokio::test]
async fn definitions_of_sends_queries_and_contents_are_kept_like_any_object() {
    let world = World::start(VENDOR).await;
    let token = server(&world).await;
    let retrieve = |kind: &str, property: &str, filter: &str| {
        format!(
            "<RetrieveRequestMsg><RetrieveRequest><ObjectType>{kind}</ObjectType><Properties>{property}</Properties>{filter}\
             </RetrieveRequest></RetrieveRequestMsg>"
        )
    };
    for (kind, name, more) in [
        ("TriggeredSendDefinition", "Name", ""),
        ("EmailSendDefinition", "Name", ""),
        ("SenderProfile", "Name", ""),
        ("DeliveryProfile", "Name", ""),
        ("SendClassification", "Name", ""),
        ("QueryDefinition", "Name", "<QueryText>SELECT 1</QueryText>"),
        ("Template", "TemplateName", ""),
        ("ContentArea", "Name", ""),
    ] {
        let object = |inner: &str| format!("<Objects xsi:type=\"{kind}\">{inner}</Objects>");
        let inner = format!("<CustomerKey>mine</CustomerKey><{name}>Mine</{name}>{more}");
        let body = format!("<CreateRequest>{}</CreateRequest>", object(&inner));
        let made = soap(&world, &token, &body).await;
        assert!(
            made.contains("<OverallStatus>OK</OverallStatus>"),
            "{kind}: {made}"
        );
        let nameless = format!(
            "<CreateRequest>{}</CreateRequest>",
            object("<CustomerKey>x</CustomerKey>")
        );
        let refused = soap(&world, &token, &nameless).await;
        assert!(refused.contains("is required"), "{kind}: {refused}");
        let filter = "<Filter xsi:type=\"SimpleFilterPart\"><Property>CustomerKey</Property>\
            <SimpleOperator>equals</SimpleOperator><Value>mine</Value></Filter>";
        let found = soap(&world, &token, &retrieve(kind, name, filter)).await;
        assert!(
            found.contains(&format!("<{name}>Mine</{name}>")),
            "{kind}: {found}"
        );
    }
    for (kind, property, shown) in [
        ("BusinessUnit", "Name", "Ligand Sandbox"),
        ("AccountUser", "UserID", "sandbox.user"),
        ("SenderProfile", "FromAddress", "news@example.com"),
    ] {
        let found = soap(&world, &token, &retrieve(kind, property, "")).await;
        assert!(found.contains(shown), "{kind}: {found}");
    }
}
