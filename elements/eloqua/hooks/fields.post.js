// What: hands the record that was read before, if any, and the fields of the site on to the writing step.
// Why: a chain passes on one answer only.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-assets-contact-fields-get.html
'use strict';
if (response_iserror) done();
done({
  response_body: {
    record: request_previous_response || {},
    fields: (response_body && response_body.elements) || [],
  },
});
