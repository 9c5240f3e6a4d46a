// What: nothing, where something was deleted or taken off a list.
// Why: the vendor echoes what it was asked.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/soap-web-service-api.html
'use strict';
if (response_iserror) done();
done({ response_body: null });
