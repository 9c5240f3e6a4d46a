// What: refuses a body that does not name contacts by id, before anything is asked.
// Why: the vendor would take a list without members for one that stays as it is.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-1.0-assets-contact-list-id-put.html
'use strict';
const sent = Array.isArray(request_body_map) ? request_body_map : [request_body_map];
const named = (item) => item && typeof item === 'object' && /^[0-9]+$/.test(String(item.id));
if (sent.length === 0 || !sent.every(named)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Each contact needs its numeric id: [{"id":"1"}].' });
}
done();
