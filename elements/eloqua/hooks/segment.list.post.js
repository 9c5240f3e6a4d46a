// What: finds the shared list in a segment.
// Why: contacts are added to lists; a segment that holds filters alone has nothing to add to.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-assets-contact-segment-id-get.html
'use strict';
if (response_iserror) done();
const elements = (response_body && response_body.elements) || [];
const holder = elements.find((element) => element.list && element.list.id);
if (!holder) done({ response_status_code: 400, response_error_message: "The campaign's segment holds no shared list to add contacts to." });
done({ response_body: { listId: holder.list.id } });
