// What: answers the contacts as they were sent, and nothing after one was taken off.
// Why: the vendor answers the list, which does not tell its members.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-1.0-assets-contact-list-id-put.html
'use strict';
if (response_iserror) done();
done({ response_body: request_method === 'DELETE' ? null : request_body_map });
