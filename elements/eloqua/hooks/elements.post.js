// What: takes the list out of the vendor's envelope where it comes in one.
// Why: membership is documented as a bare list and answered by some sites as a page of `elements`.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-data-contact-id-membership-get.html
'use strict';
if (response_iserror || Array.isArray(response_body)) done();
done({ response_body: (response_body && response_body.elements) || [] });
