// What: answers the kinds of activities without asking the vendor.
// Why: it documents them and has no call that lists them.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-1.0-data-activities-contact-id-get.html
'use strict';
const KINDS = [
  'emailOpen', 'emailSend', 'emailClickThrough', 'emailSubscribe', 'emailUnsubscribe', 'formSubmit', 'webVisit', 'campaignMembership', 'bounceback',
];
done({ continue: false, response_body: KINDS.map((kind) => ({ id: kind, name: kind })) });
