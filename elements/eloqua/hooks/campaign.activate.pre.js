// What: activates at once when the caller names no time.
// Why: the vendor wants activateNow or scheduledFor; the body of this call may be empty.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-assets-campaign-active-id-post.html
'use strict';
if (request_vendor_parameters.scheduledFor || request_vendor_parameters.activateNow) done();
done({ request_vendor_parameters: { scheduledFor: 'now' } });
