// What: adds the keys that were sent and that the vendor's answer does not have (C_EmailAddress, …).
// Why: callers that write by internal names read their answer by the same names.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-data-contact-id-put.html (the vendor answers its properties and fieldValues)
'use strict';
if (response_iserror || !response_body || typeof response_body !== 'object') done();
done({ response_body: Object.assign({}, request_body_map, response_body) });
