// What: skips the look-up of fields unless the body names one by its internal name (C_…, M_…).
// Why: most writes use the vendor's properties and need no second call.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-2.0-assets-contact-fields-get.html
'use strict';
const sent = request_body_map;
if (!sent || typeof sent !== 'object' || Array.isArray(sent)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'The body must be one JSON object.' });
}
if (!Object.keys(sent).some((name) => /^[CM]_/.test(name))) done({ continue: false });
done();
